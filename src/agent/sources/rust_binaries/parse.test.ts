import { readFileSync } from "node:fs";
import { deflateSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Recording, replay } from "#test/support/recorded-bytes.ts";
import { readExecutable, readSection } from "../../formats/executable.ts";
import { crateEntry, parseAuditableSection, parseCargoInstalls } from "./parse.ts";

function sample(name: string): string {
  return readFileSync(new URL(`samples/${name}`, import.meta.url), "utf8");
}
const packed = (value: unknown) => deflateSync(Buffer.from(JSON.stringify(value)));

describe("parseAuditableSection", () => {
  test("reads the crates of a real program, without those that only built it", async () => {
    const executable = await readExecutable(replay(JSON.parse(sample("muster-sample-linux-amd64.json")) as Recording));
    if (executable === null) throw new Error("the sample is no executable");
    const section = await readSection(executable, ".dep-v0", 1_000_000);
    expect(parseAuditableSection(section ?? Buffer.alloc(0))).toEqual([
      { name: "itoa", version: "1.0.11", origin: "crates.io", root: false },
      { name: "muster-sample", version: "0.3.1", origin: "local", root: true },
      { name: "smallvec", version: "1.13.2", origin: "crates.io", root: false },
    ]);
  });

  test("a broken crate costs only itself", () => {
    const list = { packages: [null, 7, { name: "", version: "1" }, { name: "a", version: 2 }, { name: "b", version: "1.0.0" }] };
    expect(parseAuditableSection(packed(list))?.map(({ name, version }) => [name, version])).toEqual([
      ["a", ""],
      ["b", "1.0.0"],
    ]);
  });

  test("what is not such a list is none, and what inflates without end stops at the limit", () => {
    const bomb = deflateSync(Buffer.alloc(64 * 1024 * 1024));
    expect(bomb.length).toBeLessThan(100_000);
    expect([bomb, Buffer.from("no zlib"), packed({}), packed({ packages: {} })].map(parseAuditableSection)).toEqual([
      null,
      null,
      null,
      null,
    ]);
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(parseAuditableSection(Buffer.from(bytes))).toBeNull();
      }),
    );
  });
});

describe("parseCargoInstalls", () => {
  test("reads cargo's record", () => {
    expect(parseCargoInstalls(sample("crates2.json"))).toEqual([
      { name: "cargo-auditable", version: "0.7.7", origin: "crates.io", programs: ["cargo-auditable"] },
    ]);
  });

  test("tells where a crate is from, and drops what could lead out of the directory", () => {
    const installs = {
      "own 0.1.0 (path+file:///home/ada/own)": { bins: ["own", "../../etc/passwd", 3] },
      "tool 1.2.3 (git+https://example.com/tool#abc)": { bins: ["tool"] },
      "inner 2.0.0 (sparse+https://crates.example.com/)": { bins: [] },
      "no version": { bins: ["x"] },
      "broken 1.0.0 (x)": null,
    };
    expect(parseCargoInstalls(JSON.stringify({ installs }))).toEqual([
      { name: "own", version: "0.1.0", origin: "local", programs: ["own"] },
      { name: "tool", version: "1.2.3", origin: "git", programs: ["tool"] },
      { name: "inner", version: "2.0.0", origin: "registry", programs: [] },
    ]);
    expect(["", "{", "[]", '{"installs":3}'].map(parseCargoInstalls)).toEqual([[], [], [], []]);
  });
});

test("crateEntry keeps where a crate is from as a fact", () => {
  expect(crateEntry({ name: "rg", version: "1.0.0", origin: "git" }, ["/x/rg"], "ada")).toMatchObject({
    source: "rust_binaries",
    name: "rg",
    installed_by: "ada",
    facts: { source_package: "rg", source_version: "1.0.0", origin: "git" },
  });
});
