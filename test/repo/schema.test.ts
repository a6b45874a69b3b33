import { describe, expect, test } from "vitest";
import { contentOf } from "./source-files.ts";

/** Columns by table, from the dump that `npm run generate` makes of the migrated database. */
function dumpedColumns(): Map<string, string[]> {
  const tables = new Map<string, string[]>();
  for (const [, name = "", body = ""] of contentOf("src/server/database/schema.sql").matchAll(
    /^CREATE TABLE (\w+) \(\n([\s\S]*?)\n\)/gm,
  )) {
    const columns = body.split("\n").map((line) => line.trim().split(" ")[0] ?? "");
    tables.set(name, columns.filter((column) => column !== "CONSTRAINT").toSorted());
  }
  tables.delete("migrations"); // the migrations' own bookkeeping
  return tables;
}

/** Columns by table, from the interfaces of tables.ts. */
function typedColumns(): Map<string, string[]> {
  const text = ["tables", "label-tables", "vulnerability-tables", "judgement-tables"]
    .map((file) => contentOf(`src/server/database/${file}.ts`))
    .join("\n");
  const interfaces = new Map<string, string[]>();
  for (const [, name = "", body = ""] of text.matchAll(/^export interface (\w+) \{\n([\s\S]*?)\n\}/gm)) {
    const columns = [...body.matchAll(/^ {2}(\w+)\??:/gm)].map((match) => match[1] ?? "");
    interfaces.set(name, columns.toSorted());
  }
  const registries = [...text.matchAll(/^export interface \w*Tables(?: extends [\w, ]+)? \{\n([\s\S]*?)\n\}/gm)];
  const names = [
    ...registries
      .map((match) => match[1] ?? "")
      .join("\n")
      .matchAll(/^ {2}(\w+): (?:labels\.)?(\w+);/gm),
  ];
  return new Map(names.map((match) => [match[1] ?? "", interfaces.get(match[2] ?? "") ?? []]));
}

describe("tables.ts", () => {
  const dumped = dumpedColumns();
  const typed = typedColumns();

  test("knows every table of the database and no other", () => {
    expect(dumped.size).toBeGreaterThan(0);
    expect([...typed.keys()].toSorted()).toEqual([...dumped.keys()].toSorted());
  });

  test.each([...dumped])("%s: its columns are those of the database", (table, columns) => {
    expect(typed.get(table)).toEqual(columns);
  });
});
