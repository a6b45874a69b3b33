import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseFirefoxAddons } from "./parse.ts";

const SAMPLE = readFileSync(new URL("samples/extensions.json", import.meta.url), "utf8");

test("reads every add-on, built-in and disabled ones too; a broken one costs only itself", () => {
  const rows = parseFirefoxAddons(SAMPLE, "ada");
  expect(rows.map((row) => [row.name, row.version, row.extension_id, row.installed_paths.length])).toEqual([
    ["Dark Reader", "4.9.96", "addon@darkreader.org", 1],
    ["Form Autofill", "1.0.1", "formautofill@mozilla.org", 0],
    ["Auto-Sort Bookmarks", "2", "{c2c003ee-bd69-42a2-b0e9-6f34222cb046}", 1],
    ["", "1.0", "nameless@example.com", 0],
  ]);
  expect(rows.every((row) => row.extension_for === "firefox" && row.installed_by === "ada")).toBe(true);
});

test("a file that is being written, or is another's, holds none", () => {
  expect([SAMPLE.slice(0, 300), "", "[]", '{"addons":{}}', "null"].flatMap((text) => parseFirefoxAddons(text, ""))).toEqual([]);
});

test("any text is read without an error", () => {
  const addon = fc.record({ id: fc.jsonValue(), version: fc.jsonValue(), defaultLocale: fc.jsonValue(), path: fc.jsonValue() });
  const file = fc.record({ addons: fc.array(fc.oneof(addon, fc.jsonValue())) }).map((value) => JSON.stringify(value));
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json(), file), (text) => {
      for (const row of parseFirefoxAddons(text, "")) {
        expect([row.name, row.version, row.extension_id].every((value) => typeof value === "string")).toBe(true);
      }
    }),
  );
});
