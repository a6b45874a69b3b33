import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseApkInstalled } from "./parse.ts";

const INSTALLED = readFileSync(new URL("samples/installed", import.meta.url), "utf8");

describe("parseApkInstalled", () => {
  test("reads name, version, arch and origin of each package, virtual ones too", () => {
    expect(parseApkInstalled(INSTALLED).map((e) => [e.name, e.version, e.arch, e.facts?.source_package])).toEqual([
      ["musl", "1.2.5-r9", "x86_64", "musl"],
      ["libssl3", "3.3.3-r0", "x86_64", "openssl"],
      [".build-deps", "20260101.120000", "noarch", ".build-deps"],
    ]);
  });

  test("fields of files are not those of the package", () => {
    const [entry] = parseApkInstalled("P:a\nV:1-r0\nF:usr\nR:x\nV:9\no:\n");
    expect(entry).toMatchObject({ name: "a", version: "1-r0", facts: { source_package: "a", source_version: "1-r0" } });
  });

  test("a damaged paragraph costs only itself", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (noise) => {
        const damaged = noise.replaceAll("\n", " ");
        const names = parseApkInstalled(`P:a\nV:1\n\n${damaged}\n\nP:b\nV:2\n`).map((entry) => entry.name);
        expect(names).toEqual(["a", "b"]);
      }),
    );
  });
});
