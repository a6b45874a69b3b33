import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { collectDebPackages } from "./collect.ts";
import { followAptHistory, historyFiles } from "./parse-history.ts";

const HISTORY = readFileSync(new URL("samples/history.log", import.meta.url), "utf8");
const follow = (...texts: string[]) => {
  const installedBy = new Map<string, string>();
  for (const text of texts) followAptHistory(text, installedBy);
  return Object.fromEntries(installedBy);
};
const paragraphs = HISTORY.split("\n\n");

describe("apt's history", () => {
  test("tells who asked for a package and what it needs, until it is removed", () => {
    expect(follow(paragraphs[0] ?? "")).toEqual({
      cowsay: "daemon",
      "libtext-charwidth-perl": "daemon",
      hello: "daemon",
    });
    expect(follow(HISTORY)).toEqual({ "libtext-charwidth-perl": "daemon" });
  });

  test("an upgrade changes nothing, another installation does, one without a name makes it unknown", () => {
    const by = (user: string | null, what: string) =>
      `\nStart-Date: x\n${user === null ? "" : `Requested-By: ${user} (1000)\n`}${what}\n`;
    const installed = by("ada", "Install: g++:amd64 (4:12.2.0-3), lib1.0:i386 (1, automatic)");
    expect(follow(installed, by("bob", "Upgrade: g++:amd64 (4:12.2.0-3, 4:12.2.1-1)"))).toEqual({
      "g++": "ada",
      "lib1.0": "ada",
    });
    expect(follow(installed, by("bob", "Reinstall: g++:amd64 (4:12.2.0-3)"))).toEqual({ "g++": "bob", "lib1.0": "ada" });
    expect(follow(installed, by(null, "Install: g++:amd64 (4:12.2.0-3)"))).toEqual({ "lib1.0": "ada" });
  });

  test("files are followed from the oldest on", () => {
    const names = ["term.log", "history.log", "history.log.2.gz", "history.log.10.gz", "history.log.1", "history.log.x.gz"];
    expect(historyFiles(names)).toEqual(["history.log.10.gz", "history.log.2.gz", "history.log.1", "history.log"]);
  });

  test("of any text is followed without a failure", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (noise) => {
        expect(follow(`Requested-By: ada (1)\nInstall: a:amd64 (1)\n\n${noise.replaceAll("Remove", "")}`)).toMatchObject({
          a: "ada",
        });
      }),
    );
  });
});

describe("deb packages", () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "muster-deb-"));
    put("/var/lib/dpkg/status", ["hello", "cowsay"].map(stanza).join("\n"));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  function put(path: string, content: string | Buffer): void {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  const stanza = (name: string) => `Package: ${name}\nStatus: install ok installed\nVersion: 1\nArchitecture: amd64\n`;
  const rows = async () =>
    (await collectDebPackages({ root, platform: "debian", signal: new AbortController().signal })).entries.map((e) => [
      e.name,
      e.installed_by,
      e.last_opened_at,
    ]);

  test("have who asked for them, by packed history too; a damaged or swollen file says nothing", async () => {
    put("/var/log/apt/history.log.2.gz", gzipSync(paragraphs[0] ?? ""));
    put("/var/log/apt/history.log.1.gz", "no gzip");
    put("/var/log/apt/history.log.3.gz", gzipSync(Buffer.alloc(64 * 1024 * 1024)));
    expect(await rows()).toEqual([
      ["hello", "daemon", null],
      ["cowsay", "daemon", null],
    ]);
  });

  test("have the day on which a program of theirs was last run, where access times tell", async () => {
    put("/var/lib/dpkg/info/hello.list", "/.\n/usr/bin\n/usr/bin/hello\n/usr/share/doc/hello\n");
    put("/var/lib/dpkg/info/cowsay:amd64.list", "/.\n/usr/games/cowsay\n/usr/share/cows\n");
    put("/usr/bin/hello", "");
    put("/usr/games/cowsay", "");
    const later = Math.floor(Date.now() / 1000) + 200_000;
    utimesSync(join(root, "usr/bin/hello"), later, later);
    // Read in the moment of its unpacking only: the change time that utimes sets now is later.
    utimesSync(join(root, "usr/games/cowsay"), 1_700_000_000, 1_700_000_000);
    expect(await rows()).toEqual([
      ["hello", "", Math.floor(later / 86_400) * 86_400],
      ["cowsay", "", null],
    ]);
  });
});
