import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { collectHomebrewPackages } from "./collect.ts";
import { receiptTap } from "./parse.ts";

const RECEIPT = readFileSync(new URL("samples/INSTALL_RECEIPT.json", import.meta.url), "utf8");

test("a receipt says where a formula is from, and any other text nothing", () => {
  expect(receiptTap(RECEIPT)).toBe("homebrew/core");
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      expect(typeof receiptTap(text)).toBe("string");
    }),
  );
});

test("formulae and casks are found with every version, by the directory of their name", async () => {
  const root = mkdtempSync(join(tmpdir(), "muster-brew-"));
  const make = (...paths: string[]) => paths.forEach((path) => mkdirSync(join(root, path), { recursive: true }));
  const prefix = "/home/linuxbrew/.linuxbrew";
  make(`${prefix}/Cellar/jq/1.7.1`, `${prefix}/Cellar/openssl@3/3.4.0_1`, `${prefix}/Cellar/openssl@3/3.4.1`);
  make(`${prefix}/Cellar/.keepme`, `${prefix}/Caskroom/font-example/2.0`, `${prefix}/Caskroom/with-app/1.0/Example.app`);
  make("/etc", "/home/ada/.linuxbrew/Cellar/tree/2.2.1", "/opt/homebrew/Cellar/only-on-macos/1");
  writeFileSync(join(root, "etc/passwd"), `builder:x:${process.getuid?.() ?? 0}:0::/home/ada:/bin/sh\n`);
  writeFileSync(join(root, `${prefix}/Cellar/jq/1.7.1/INSTALL_RECEIPT.json`), RECEIPT);
  const context = { root, signal: new AbortController().signal };
  const { entries, markers } = await collectHomebrewPackages({ ...context, platform: "debian" });
  expect(entries.map((e) => [e.name, e.version, e.installed_paths[0], e.installed_by])).toEqual([
    ["jq", "1.7.1", `${prefix}/Cellar/jq`, "builder"],
    ["openssl@3", "3.4.0_1", `${prefix}/Cellar/openssl@3`, "builder"],
    ["openssl@3", "3.4.1", `${prefix}/Cellar/openssl@3`, "builder"],
    ["font-example", "2.0", `${prefix}/Caskroom/font-example`, "builder"],
    ["tree", "2.2.1", "/home/ada/.linuxbrew/Cellar/tree", "builder"],
  ]);
  expect(entries[0]?.facts).toEqual({ origin: "homebrew/core" });
  expect(markers).toEqual(expect.arrayContaining([`${prefix}/Cellar`, `${prefix}/Cellar/jq`]));
  const darwin = await collectHomebrewPackages({ ...context, platform: "darwin" });
  expect(darwin.entries.map((e) => e.name)).toEqual(["only-on-macos"]);
  rmSync(root, { recursive: true });
});
