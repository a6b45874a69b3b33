import { readFileSync } from "node:fs";
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
