import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parsePacmanDesc } from "./parse.ts";

const DESC = readFileSync(new URL("samples/desc", import.meta.url), "utf8");

describe("parsePacmanDesc", () => {
  test("reads what pacman wrote", () => {
    expect(parsePacmanDesc(DESC)).toMatchObject({
      source: "pacman_packages",
      name: "muster-example",
      version: "2:1.4-3",
      arch: "any",
      vendor: "",
      release: "",
      facts: {
        source_package: "muster-example",
        source_version: "2:1.4-3",
        epoch: "2",
        origin: "Example Packager <packager@example.org>",
      },
    });
  });

  test("a split package names what it was built from; a field's further values are not taken for it", () => {
    const split = "%NAME%\nlib32-x\n\n%VERSION%\n1-1\n\n%BASE%\nx\n\n%GROUPS%\na\nb\n\n%ARCH%\nx86_64\n";
    expect(parsePacmanDesc(split)).toMatchObject({ name: "lib32-x", arch: "x86_64", facts: { source_package: "x" } });
  });

  test("what has no name or version is none, and no text is too odd", () => {
    expect(parsePacmanDesc("%NAME%\n\n%VERSION%\n1-1\n")).toBeNull();
    expect(parsePacmanDesc("%NAME%\nx\n")).toBeNull();
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(parsePacmanDesc(text)).toBeNull();
        expect(parsePacmanDesc(`%NAME%\na\n%VERSION%\n1\n%X%\n${text.replaceAll("%", "")}`)?.name).toBe("a");
      }),
    );
  });
});
