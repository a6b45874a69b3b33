import type { OsqueryWriteRequest } from "#protocol/osquery/messages.ts";
import type { SoftwareEntry } from "#domain/software/software.ts";
import { ALL_QUERIES } from "../queries/all.ts";

/** A row as it came: values are text from osquery itself, and any scalar from ChromeOS's agent. Read it with {@link text}. */
export type ResultRow = Record<string, unknown>;

/**
 * What became of one query. A failed one has no rows, except ChromeOS's, which may come with a warning. Rows that became entries before
 * (row-memory.ts) come as those.
 */
export type QueryResult =
  | { ok: true; rows: ResultRow[]; entries?: readonly SoftwareEntry[] }
  | { ok: false; error: string; rows: ResultRow[] };

export interface WriteResults {
  /** By query name. A query that discovery skipped is absent: nothing is known of it. */
  results: Map<string, QueryResult>;
  /** Names that Muster never hands out; ignored. */
  unknown: number;
}

const KNOWN = new Set<string>(ALL_QUERIES.map((q) => q.name));
const MESSAGE_LENGTH_MAX = 500;

/** Sorts out a distributed write, one query at a time: a malformed result is that query's failure and no other's. */
export function writeResults(body: OsqueryWriteRequest): WriteResults {
  const [queries, statuses, messages] = [body.queries ?? {}, body.statuses ?? {}, body.messages ?? {}];
  const results = new Map<string, QueryResult>();
  let unknown = 0;
  for (const name of new Set([...Object.keys(queries), ...Object.keys(statuses)])) {
    if (KNOWN.has(name)) results.set(name, queryResult(queries[name], statuses[name], messages[name]));
    else unknown++;
  }
  return { results, unknown };
}

/** Does Muster hand out a query of this name? */
export function isKnownQuery(name: string): boolean {
  return KNOWN.has(name);
}

/** What became of one query, from what a write says of it. */
export function queryResult(value: unknown, status: unknown, message: unknown): QueryResult {
  const rows = rowsOf(value);
  if (!isSuccess(status)) return { ok: false, error: errorText(status, message), rows: rows ?? [] };
  if (rows === null) return { ok: false, error: "The agent sent no list of rows for this query.", rows: [] };
  return { ok: true, rows };
}

/** Agents before 3.0 send statuses as text and an empty result as "". */
function rowsOf(value: unknown): ResultRow[] | null {
  if (value === "") return [];
  if (!Array.isArray(value) || !value.every(isRow)) return null;
  return value;
}

/** Is this a row of an answer? */
export function isRow(value: unknown): value is ResultRow {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isSuccess(status: unknown): boolean {
  return status === undefined || status === 0 || status === "0" || status === "";
}

function errorText(status: unknown, message: unknown): string {
  const texts = (Array.isArray(message) ? message : [message]).filter((part) => typeof part === "string" && part !== "");
  const said = texts.length > 0 ? texts.join("; ") : `osquery status ${JSON.stringify(status)}`;
  return said.slice(0, MESSAGE_LENGTH_MAX).toWellFormed();
}

/** A column's value as text; "" when absent, as osquery itself does. */
export function text(row: ResultRow, column: string): string {
  const value = row[column];
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "boolean" ? String(value) : "";
}

/** A column's value as a number; null when it is none. */
export function number(row: ResultRow, column: string): number | null {
  const value = text(row, column).trim();
  const parsed = Number(value);
  return value === "" || !Number.isFinite(parsed) ? null : parsed;
}
