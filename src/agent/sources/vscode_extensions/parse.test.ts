import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { extensionEntry, parseExtensionList, parseExtensionManifest } from "./parse.ts";

const sample = (name: string) => readFileSync(new URL(`samples/${name}`, import.meta.url), "utf8");

describe("parseExtensionList", () => {
  test("reads the editor's list; broken records cost only themselves", () => {
    expect(parseExtensionList(sample("extensions.json"))).toEqual([
      {
        name: "ms-python.python",
        version: "2024.14.1",
        uuid: "f1f59ae4-9318-4f3c-a9b5-81b2eaa5f8a5",
        publisher: "Microsoft",
        path: "/home/ada/.vscode/extensions/ms-python.python-2024.14.1-linux-x64",
      },
      {
        name: "example.side-loaded",
        version: "0.0.3",
        uuid: "",
        publisher: "",
        path: "/home/ada/.vscode/extensions/example.side-loaded-0.0.3",
      },
      { name: "moved.home", version: "1.0.0", uuid: "", publisher: "", path: "moved.home-1.0.0" },
    ]);
  });

  test("an empty list is one; what is no list is not", () => {
    expect(["[]", "", "{}", "[{", "null"].map(parseExtensionList)).toEqual([[], null, null, null, null]);
  });
});

describe("parseExtensionManifest", () => {
  test("reads an extension's own description", () => {
    expect(parseExtensionManifest(sample("package.json"), "/x")).toEqual({
      name: "editorconfig.editorconfig",
      version: "0.16.4",
      uuid: "f60a60a6-95ba-42d4-b41c-3d24c1b89588",
      publisher: "EditorConfig",
      path: "/x",
    });
  });

  test("a package that is no extension is none", () => {
    const texts = ["", "{}", '{"name":"a","version":"1"}', '{"name":"a","publisher":"b","engines":{"node":"1"}}'];
    expect(texts.map((text) => parseExtensionManifest(text, "/x"))).toEqual([null, null, null, null]);
  });
});

test("extensionEntry keeps the publisher as vendor", () => {
  const extension = { name: "a.b", version: "1", uuid: "u", publisher: "A Ltd", path: "" };
  expect(extensionEntry(extension, "cursor", "ada")).toMatchObject({
    source: "vscode_extensions",
    vendor: "A Ltd",
    extension_id: "u",
    extension_for: "cursor",
    installed_by: "ada",
    installed_paths: [],
  });
});

test("any text is read without an error", () => {
  const extension = fc.record({
    identifier: fc.jsonValue(),
    version: fc.jsonValue(),
    metadata: fc.jsonValue(),
    location: fc.jsonValue(),
  });
  const list = fc.array(fc.oneof(extension, fc.jsonValue())).map((value) => JSON.stringify(value));
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json(), list), (text) => {
      const found = parseExtensionList(text);
      expect(found === null || found.every(({ name, path }) => name !== "" && typeof path === "string")).toBe(true);
      const manifest = parseExtensionManifest(text, "/x");
      expect(manifest === null || manifest.path === "/x").toBe(true);
    }),
  );
});
