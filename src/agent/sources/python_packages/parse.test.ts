import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { metadataFile, parsePythonMetadata } from "./parse.ts";

function sample(name: string): string {
  return readFileSync(new URL(`samples/${name}`, import.meta.url), "utf8");
}

describe("parsePythonMetadata", () => {
  test("reads the header only, not the description", () => {
    expect(parsePythonMetadata(sample("METADATA"))).toEqual({ name: "Example_Package", version: "1.2.3.post1" });
  });

  test("reads old metadata with carriage returns and field names in any case", () => {
    expect(parsePythonMetadata(sample("PKG-INFO"))).toEqual({ name: "older", version: "0.9-beta" });
  });

  test("metadata without a name describes no package", () => {
    expect(parsePythonMetadata("Version: 1\n")).toBeNull();
    expect(parsePythonMetadata("")).toBeNull();
  });
});

describe("metadataFile", () => {
  test("knows the two kinds of directories", () => {
    expect(["a-1.dist-info", "a.egg-info", "a", "dist-info"].map(metadataFile)).toEqual(["METADATA", "PKG-INFO", null, null]);
  });
});
