import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cpuMilliseconds } from "#test/support/patience.ts";
import { likelyPluginJars, parsePluginXml, pluginEntry } from "./parse.ts";
import { productOf } from "./products.ts";

const SAMPLE = readFileSync(new URL("samples/plugin.xml", import.meta.url), "utf8");

describe("parsePluginXml", () => {
  test("reads the first name, vendor and version, as they stand there", () => {
    expect(parsePluginXml(SAMPLE)).toEqual({ name: "Rainbow &amp; Brackets", vendor: "Example Ltd", version: "2024.2.10" });
  });

  test("without a name it is no plugin; what is missing otherwise is empty", () => {
    expect(parsePluginXml("<idea-plugin><name>A</name><vendor/><version>1")).toEqual({ name: "A", vendor: "", version: "" });
    expect(["", "<name>", "<names>x</names>", "<name></name>"].map(parsePluginXml)).toEqual([null, null, null, null]);
  });

  test("a hostile file is looked at once, not again from every bracket", () => {
    const hostile = (): void => {
      expect(parsePluginXml("<name ".repeat(500_000))).toBeNull();
      expect(parsePluginXml("<named".repeat(500_000))).toBeNull();
    };
    expect(cpuMilliseconds(hostile)).toBeLessThan(2000);
  });
});

test("likelyPluginJars puts the plugin's own jar first, libraries and words last", () => {
  const jars = [
    "resources_en.jar",
    "gson-2.8.0.jar",
    "junit-m5.jar",
    "kotlin-stdlib.jar",
    "api.jar",
    "rainbow-core.jar",
    "rainbow.jar",
  ];
  expect(likelyPluginJars(jars, "Rainbow")).toEqual([
    "rainbow.jar",
    "rainbow-core.jar",
    "api.jar",
    "kotlin-stdlib.jar",
    "junit-m5.jar",
    "gson-2.8.0.jar",
    "resources_en.jar",
  ]);
});

test("pluginEntry says for which IDE", () => {
  const entry = pluginEntry({ name: "A", vendor: "V", version: "1" }, { product: "goland", user: "ada", path: "/p" });
  expect(entry).toMatchObject({ source: "jetbrains_plugins", extension_for: "goland", vendor: "V", installed_by: "ada" });
});

test.each([
  ["PyCharm2024.3", "pycharm"],
  ["PyCharmCE2024.3", "pycharm_community_edition"],
  ["IntelliJIdea2023.1", "intellij_idea"],
  ["RustRover2024.2", "rust_rov"],
  ["consentOptions", null],
  ["Toolbox", null],
  ["Unknown2024.1", null],
  ["", null],
])("the directory %j belongs to %j", (directory, product) => {
  expect(productOf(directory)).toBe(product);
});

test("any text is read without an error", () => {
  const piece = fc.constantFrom("<name>", "</name>", "<vendor ", ">", "/>", "<version>", "x", "<name", "\n");
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(piece).map((pieces) => pieces.join("")),
      ),
      (xml) => {
        const found = parsePluginXml(xml);
        expect(found === null || found.name !== "").toBe(true);
      },
    ),
  );
});
