import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Recording, replay } from "#test/support/recorded-bytes.ts";
import { bufferSource, type ByteSource } from "../../formats/byte-source.ts";
import { readGoBuildInfo } from "../../formats/go-build-info.ts";
import { goEntries, parseGoModules } from "./parse.ts";

function sample(name: string): ByteSource {
  return replay(JSON.parse(readFileSync(new URL(`samples/${name}.json`, import.meta.url), "utf8")) as Recording);
}

describe("readGoBuildInfo", () => {
  test.each(["linux-amd64", "linux-386", "linux-s390x", "darwin-arm64", "darwin-universal", "windows-amd64", "windows-386"])(
    "reads a program for %s",
    async (name) => {
      const info = await readGoBuildInfo(sample(name));
      expect(info?.go_version).toBe("go1.26.8");
      expect(parseGoModules(info?.modules ?? "")).toEqual({
        main: { path: "example.com/muster/sample", version: "(devel)" },
        dependencies: [{ path: "github.com/google/uuid", version: "v1.6.0" }],
      });
    },
  );

  test("follows the pointers that Go wrote before 1.18", async () => {
    const info = await readGoBuildInfo(sample("esbuild-0.11.23-linux-amd64"));
    expect(info?.go_version).toBe("go1.16.3");
    expect(parseGoModules(info?.modules ?? "")).toEqual({
      main: { path: "github.com/evanw/esbuild", version: "(devel)" },
      dependencies: [{ path: "golang.org/x/sys", version: "v0.0.0-20200501145240-bc7a7d42d5c3" }],
    });
  });

  test.each([
    ["empty", ""],
    ["a script", `#!/bin/sh\n${"echo\n".repeat(100)}`],
    ["a Java class", `${String.fromCodePoint(0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 61)}${"x".repeat(100)}`],
    ["an ELF magic and nothing else", `\u007fELF${"\u0002\u0001".repeat(100)}`],
    ["an MZ magic and nothing else", `MZ${"\u0000".repeat(100)}`],
  ])("%s has none", async (_what, text) => {
    expect(await readGoBuildInfo(bufferSource(Buffer.from(text, "latin1")))).toBeNull();
  });

  test("damage anywhere in the header's tables never throws and never reads without bound", async () => {
    const { size, reads } = JSON.parse(readFileSync(new URL("samples/windows-386.json", import.meta.url), "utf8")) as Recording;
    const whole = Buffer.alloc(64 * 1024);
    for (const { offset, base64 } of reads) Buffer.from(base64, "base64").copy(whole, Math.min(offset, whole.length));
    await fc.assert(
      fc.asyncProperty(fc.nat(2000), fc.nat(255), fc.boolean(), async (at, value, elf) => {
        const bytes = Buffer.from(whole);
        if (elf) bytes.write("\u007fELF\u0002\u0001", 0, "latin1");
        bytes[at] = value;
        let largest = 0;
        const source: ByteSource = {
          size,
          read: (offset, length) => {
            largest = Math.max(largest, length);
            return Promise.resolve(bytes.subarray(offset, offset + length));
          },
        };
        const info = await readGoBuildInfo(source);
        expect(info === null || typeof info.modules === "string").toBe(true);
        expect(largest).toBeLessThanOrEqual(32 * 1024 * 1024);
      }),
      { numRuns: 500 },
    );
  });
});

const info = (modules: string, go_version = "go1.22.1") => ({ go_version, modules });

describe("goEntries", () => {
  test("a program is named by its file, as Fleet's agent does; modules are rows of their own, with what they really are", () => {
    const modules = [
      "path\tgolang.org/x/tools/gopls",
      "mod\tgolang.org/x/tools/gopls\tv0.16.1\th1:x=",
      "dep\tgolang.org/x/text\tv0.14.0\th1:y=",
      "=>\tgithub.com/fork/text\tv0.15.0\th1:z=",
      "dep\tgolang.org/x/sync\tv0.7.0",
      "=>\t../sync\t",
      "build\t-compiler=gc",
      "",
    ];
    const rows = goEntries(info(modules.join("\n")), "/home/ada/go/bin/gopls", "ada");
    expect(rows.map((row) => [row.name, row.version, row.facts?.source_package, row.facts?.source_version])).toEqual([
      ["gopls", "v0.16.1", "golang.org/x/tools/gopls", "v0.16.1"],
      ["github.com/fork/text", "v0.15.0", "github.com/fork/text", "v0.15.0"],
      ["golang.org/x/sync", "v0.7.0", "golang.org/x/sync", "v0.7.0"],
      ["stdlib", "1.22.1", "stdlib", "1.22.1"],
    ]);
    expect(rows.every((row) => row.source === "go_binaries" && row.installed_by === "ada")).toBe(true);
    expect(rows.every((row) => row.installed_paths[0] === "/home/ada/go/bin/gopls")).toBe(true);
  });

  test("a working copy has no version to match; a program without modules still has a name", () => {
    expect(goEntries(info("mod\texample.com/x\t(devel)\t"), "C:\\go\\x.exe", "")[0]).toMatchObject({
      name: "x.exe",
      version: "(devel)",
      facts: { source_package: "example.com/x" },
    });
    expect(goEntries(info("path\tcmd/gofmt\n", "devel go1.27-abcdef0 X:y"), "/usr/local/go/bin/gofmt", "")).toMatchObject([
      { name: "gofmt", version: "", facts: null },
      { name: "stdlib", version: "1.27" },
    ]);
  });
});
