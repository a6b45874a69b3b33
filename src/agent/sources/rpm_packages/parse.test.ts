import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parseRpmQuery } from "./parse.ts";

const SAMPLE = readFileSync(new URL("samples/query.txt", import.meta.url), "utf8");

describe("parseRpmQuery", () => {
  test("reads identity and facts; values that a package does not have are empty", () => {
    const entries = parseRpmQuery(SAMPLE);
    expect(entries.map((e) => [e.name, e.version, e.release, e.vendor, e.arch])).toEqual([
      ["bash", "5.1.8", "9.el9", "Rocky Enterprise Software Foundation", "x86_64"],
      ["openssl-libs", "3.0.7", "28.el9_4", "Rocky Enterprise Software Foundation", "x86_64"],
      ["gpg-pubkey", "350d275d", "6279464b", "", ""],
      ["java-1.8.0-openjdk-headless", "1.8.0.412.b08", "2.el9", "Rocky Enterprise Software Foundation", "x86_64"],
    ]);
    expect(entries.map((e) => e.facts)).toEqual([
      { source_package: "bash", source_version: "5.1.8-9.el9" },
      { source_package: "openssl", source_version: "3.0.7-28.el9_4", epoch: "1" },
      null,
      { source_package: "java-1.8.0-openjdk", source_version: "1.8.0.412.b08-2.el9", epoch: "1" },
    ]);
  });

  test("an empty database is an empty list", () => {
    expect(parseRpmQuery("")).toEqual([]);
  });

  test("refuses a record that is not what was asked for, rather than reading it wrongly", () => {
    expect(() => parseRpmQuery("bash\u001f5.1.8\u001e")).toThrow("2 fields instead of 7");
  });
});
