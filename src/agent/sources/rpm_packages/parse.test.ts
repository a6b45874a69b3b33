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

  test("tells the stream of a package of a module", () => {
    const unit = "\u001f";
    const row = [
      "nodejs",
      "16.13.1",
      "3.module+el8.5.0+13548+45d748af",
      "Red Hat, Inc.",
      "x86_64",
      "1",
      "nodejs-16.13.1-3.module+el8.5.0+13548+45d748af.src.rpm",
    ];
    const facts = (label: string) => parseRpmQuery(`${[...row, label].join(unit)}\u001e`)[0]?.facts;
    expect(facts("nodejs:16:8050020211206113934:c5368500")).toMatchObject({ epoch: "1", origin: "module nodejs:16" });
    expect(facts("(none)")).not.toHaveProperty("origin");
  });

  test("refuses a record that is not what was asked for, rather than reading it wrongly", () => {
    expect(() => parseRpmQuery("bash\u001f5.1.8\u001e")).toThrow("2 fields instead of 7");
  });
});
