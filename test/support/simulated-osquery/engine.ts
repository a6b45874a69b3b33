import { DatabaseSync, type SQLOutputValue } from "node:sqlite";
import type { TableRow } from "./images.ts";
import { NEEDS_PATH, type Table } from "./schema.ts";

export type EngineResult = { ok: true; json: string; rows: number } | { ok: false; error: string };

/**
 * The SQL side of a simulated agent: real SQLite over osquery's tables and columns, so that a statement that would fail on a device
 * fails here with the same words. Tables are filled when first named; results are kept, as the rows never change.
 */
export class Engine {
  readonly #database = new DatabaseSync(":memory:");
  readonly #tables: Map<string, Table>;
  readonly #rows: Record<string, TableRow[]>;
  readonly #results = new Map<string, EngineResult>();

  constructor(tables: Map<string, Table>, rows: Record<string, TableRow[]>) {
    this.#tables = tables;
    this.#rows = rows;
  }

  /** Runs one statement. Rows come as the JSON that goes on the wire: every value text, NULL as "". */
  run(sql: string): EngineResult {
    const known = this.#results.get(sql);
    if (known !== undefined) return known;
    const result = this.#run(sql);
    this.#results.set(sql, result);
    return result;
  }

  #run(sql: string): EngineResult {
    const unconstrained = [...NEEDS_PATH].find((table) => this.#tables.has(table) && isUnconstrained(sql, table));
    if (unconstrained !== undefined)
      return { ok: false, error: `Table ${unconstrained} was queried without a required column in the WHERE clause` };
    for (;;) {
      try {
        const statement = this.#database.prepare(sql);
        statement.setReadBigInts(true);
        const rows = statement.all().map(wireRow);
        return { ok: true, json: JSON.stringify(rows), rows: rows.length };
      } catch (error) {
        const message = (error as Error).message;
        const missing = /^no such table: (?:main\.)?(\w+)$/.exec(message)?.[1];
        if (missing === undefined || !this.#fill(missing)) return { ok: false, error: message };
      }
    }
  }

  /** False when the agent has no such table. */
  #fill(name: string): boolean {
    const table = this.#tables.get(name);
    if (table === undefined) return false;
    const columns = table.columns.map(([column]) => `"${column}"`);
    this.#database.exec(`CREATE TABLE "${name}" (${table.columns.map(([c, type]) => `"${c}" ${affinity(type)}`).join(", ")})`);
    const insert = this.#database.prepare(
      `INSERT INTO "${name}" (${columns.join(", ")}) VALUES (${columns.map(() => "?").join(", ")})`,
    );
    this.#database.exec("BEGIN");
    for (const row of this.#rows[name] ?? []) insert.run(...table.columns.map(([c, type]) => stored(row[c] ?? "", type)));
    this.#database.exec("COMMIT");
    return true;
  }
}

/** osquery gives NULL for a number it does not have. */
function stored(value: string, type: string): string | null {
  return value === "" && affinity(type) !== "TEXT" ? null : value;
}

function affinity(type: string): string {
  if (type === "TEXT" || type === "DATETIME") return "TEXT";
  return type === "DOUBLE" ? "REAL" : "INTEGER";
}

function wireRow(row: Record<string, SQLOutputValue>): TableRow {
  return Object.fromEntries(Object.entries(row).map(([column, value]) => [column, wireText(value)]));
}

function wireText(value: SQLOutputValue): string {
  if (value === null) return "";
  return value instanceof Uint8Array ? Buffer.from(value).toString("utf8") : String(value);
}

/** Rough: does a statement read a table without saying which path it wants, by the table's alias or its columns alone? */
function isUnconstrained(sql: string, table: string): boolean {
  for (const [, alias] of sql.matchAll(
    new RegExp(String.raw`\b(?:FROM|JOIN)\s+${table}\b(?:\s+(?!WHERE|ON|JOIN|USING|LIMIT)(\w+))?`, "gi"),
  )) {
    const owner = alias === undefined ? String.raw`(?:${table}\.)?` : String.raw`${alias}\.`;
    const constraint = new RegExp(String.raw`\b${owner}(?:path|directory)\s*(?:=|LIKE|IN)|=\s*${owner}(?:path|directory)\b`, "i");
    if (!constraint.test(sql)) return true;
  }
  return false;
}
