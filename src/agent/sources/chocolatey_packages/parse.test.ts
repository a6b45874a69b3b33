import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { collectChocolateyPackages } from "./collect.windows.ts";
import { parseNuspec } from "./parse.ts";

const sample = new URL("samples/git.nuspec", import.meta.url);

test("a package is what its metadata names, not what it depends on", () => {
  expect(parseNuspec(readFileSync(sample, "utf8"), "C:\\x")).toMatchObject({
    source: "chocolatey_packages",
    name: "git",
    version: "2.51.0",
    installed_paths: ["C:\\x"],
  });
  expect(parseNuspec("<package/>", "C:\\x")).toBeNull();
});

test("all packages of the library are collected, with the folder they are in", async () => {
  const root = mkdtempSync(join(tmpdir(), "muster-win-"));
  mkdirSync(join(root, "ProgramData/chocolatey/lib/git"), { recursive: true });
  mkdirSync(join(root, "ProgramData/chocolatey/lib/empty"), { recursive: true });
  cpSync(sample, join(root, "ProgramData/chocolatey/lib/git/git.nuspec"));
  const { entries } = await collectChocolateyPackages({ root, platform: "windows", signal: new AbortController().signal });
  expect(entries.map((entry) => [entry.name, entry.installed_paths])).toEqual([
    ["git", ["C:\\ProgramData\\chocolatey\\lib\\git"]],
  ]);
  rmSync(root, { recursive: true, force: true });
});
