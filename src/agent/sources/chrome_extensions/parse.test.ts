import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { extensionEntry, identifierOf, isLocalised, localise, outsidePaths, parseManifest } from "./parse.ts";

const sample = (name: string) => readFileSync(new URL(`samples/${name}`, import.meta.url), "utf8");

describe("parseManifest", () => {
  test("reads name, version, locale and the id that belongs to the key", () => {
    expect(parseManifest(sample("manifest.json"))).toEqual({
      name: "__MSG_extName__",
      version: "1.58.0",
      locale: "en",
      identifier: "hcllpmkgobnjpnmfoggdpmebjjmfakig",
    });
  });

  test("fields of another kind are empty, numbers are written out, and what is no object is none", () => {
    expect(parseManifest('\uFEFF{"name":["x"],"version":2,"key":"","current_locale":"de"}')).toEqual({
      name: "",
      version: "2",
      locale: "de",
      identifier: "",
    });
    expect(["", "[]", "null", "7", "{"].map(parseManifest)).toEqual([null, null, null, null, null]);
  });
});

test("an id has a letter from a to p for each four bits, and an unreadable key gives none", () => {
  expect(identifierOf("AAAA")).toMatch(/^[a-p]{32}$/);
  expect(["", "!"].map(identifierOf)).toEqual(["", ""]);
});

describe("localise", () => {
  test("finds the words whatever the letter case of their key", () => {
    expect(localise("__MSG_extName__", sample("messages.json"))).toBe("Example Blocker – résumé");
  });

  test("leaves a placeholder whose words are missing", () => {
    for (const messages of ["", "[]", "{}", '{"extName":{"message":3}}', '{"extName":"x"}']) {
      expect(localise("__MSG_extName__", messages)).toBe("__MSG_extName__");
    }
    expect([isLocalised("__MSG_x__"), isLocalised("Plain"), isLocalised("A __MSG_x__")]).toEqual([true, false, false]);
  });
});

test("only absolute paths of settings are outside of the profile", () => {
  expect(outsidePaths(sample("Preferences"))).toEqual(["/opt/google/chrome/resources/web_store", "/home/ada/src/my-extension"]);
  const windows = { extensions: { opsettings: { a: { path: "C:\\dev\\x" }, b: { path: 3 }, c: null } } };
  expect(outsidePaths(JSON.stringify(windows))).toEqual(["C:\\dev\\x"]);
  expect(["", "{}", '{"extensions":3}', '{"extensions":{"settings":[]}}'].flatMap(outsidePaths)).toEqual([]);
});

test("extensionEntry says which browser, whose and where", () => {
  const manifest = { name: "A", version: "1", locale: "en", identifier: "aa" };
  expect(extensionEntry(manifest, { browser: "brave", user: "ada", path: "/x" })).toMatchObject({
    source: "chrome_extensions",
    extension_id: "aa",
    extension_for: "brave",
    installed_by: "ada",
    installed_paths: ["/x"],
  });
});

test("any text is read without an error", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), fc.string(), (text, placeholder) => {
      const manifest = parseManifest(text);
      expect(manifest === null || typeof manifest.name === "string").toBe(true);
      expect(outsidePaths(text).every((path) => typeof path === "string")).toBe(true);
      expect(typeof localise(`__MSG_${placeholder}__`, text)).toBe("string");
    }),
  );
});
