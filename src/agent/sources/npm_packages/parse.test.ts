import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parseNpmManifest, parseNpmPrefix } from "./parse.ts";

function sample(name: string): string {
  return readFileSync(new URL(`samples/${name}`, import.meta.url), "utf8");
}

describe("parseNpmManifest", () => {
  test("reads name and version", () => {
    expect(parseNpmManifest(sample("package.json"))).toEqual({ name: "@example/tool", version: "4.5.6-rc.1" });
  });

  test("fields of another type are empty, and without a name there is no package", () => {
    expect(parseNpmManifest('{"name":"a","version":7}')).toEqual({ name: "a", version: "" });
    expect([parseNpmManifest('{"name":["a"]}'), parseNpmManifest("[]"), parseNpmManifest("null"), parseNpmManifest("{")]).toEqual(
      [null, null, null, null],
    );
  });
});

describe("parseNpmPrefix", () => {
  test("reads the prefix and fills in the home directory", () => {
    expect(parseNpmPrefix(sample("npmrc"), "/home/ada")).toBe("/home/ada/.npm-packages");
    expect(parseNpmPrefix("prefix=~/npm", "/home/ada")).toBe("/home/ada/npm");
  });

  test("ignores what is no absolute path in the end", () => {
    expect([parseNpmPrefix("", "/h"), parseNpmPrefix("prefix=npm", "/h"), parseNpmPrefix("prefix=${XDG}/npm", "/h")]).toEqual([
      null,
      null,
      null,
    ]);
  });
});
