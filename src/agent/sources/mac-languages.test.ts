import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { collectNpmPackages } from "./npm_packages/collect.ts";
import { collectPythonPackages } from "./python_packages/collect.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "muster-mac-"));
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

function put(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

const context = () => ({ root, platform: "darwin", signal: new AbortController().signal });
const shown = (collected: { entries: { name: string; installed_by: string }[] }) =>
  collected.entries.map(({ name, installed_by }) => [name, installed_by]);

test("Python's places on a Mac, the machine's and people's", async () => {
  const metadata = (name: string) => `Metadata-Version: 2.1\nName: ${name}\nVersion: 1\n\n`;
  put("/opt/homebrew/lib/python3.13/site-packages/requests-1.dist-info/METADATA", metadata("requests"));
  put(
    "/Library/Frameworks/Python.framework/Versions/3.12/lib/python3.12/site-packages/pip-1.dist-info/METADATA",
    metadata("pip"),
  );
  put("/Users/ada/Library/Python/3.9/lib/python/site-packages/black-1.dist-info/METADATA", metadata("black"));
  put("/usr/lib/python3/dist-packages/linux-1.dist-info/METADATA", metadata("linux"));
  expect(shown(await collectPythonPackages(context()))).toEqual([
    ["pip", ""],
    ["requests", ""],
    ["black", "ada"],
  ]);
});

test("npm's places on a Mac, the machine's and people's", async () => {
  const manifest = (name: string) => JSON.stringify({ name, version: "1" });
  put("/opt/homebrew/lib/node_modules/npm/package.json", manifest("npm"));
  put("/Users/ada/.nvm/versions/node/v24/lib/node_modules/corepack/package.json", manifest("corepack"));
  expect(shown(await collectNpmPackages(context()))).toEqual([
    ["npm", ""],
    ["corepack", "ada"],
  ]);
});
