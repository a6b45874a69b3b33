import { csvLine } from "#domain/core/csv.ts";
import { badRequest } from "./errors.ts";
import type { Download } from "./download.ts";

export type ExportFormat = "csv" | "ndjson";
export type ExportValue = string | number | boolean | null | readonly string[];

/** A column of an export: its name, in the API's words, and its value in a row. */
export interface ExportColumn<R> {
  name: string;
  value: (row: R) => ExportValue;
}

/** What every export is asked with besides its filters. */
export interface ExportQuery {
  format?: ExportFormat;
  /** Names of columns; a comma list. Absent: all. */
  columns?: string;
  bom?: boolean;
}

const CONTENT_TYPES: Record<ExportFormat, string> = {
  csv: "text/csv; charset=utf-8",
  ndjson: "application/x-ndjson; charset=utf-8",
};

/** Columns of one name each, read from fields of the row. */
export function fieldColumns<R extends object, K extends keyof R & string>(names: readonly K[]): ExportColumn<R>[] {
  return names.map((name) => ({ name, value: (row) => (row[name] ?? null) as ExportValue }));
}

/**
 * The columns that are asked for, in the order they are asked for.
 *
 * @throws {HttpError} 400 for a column that is not known
 */
export function chosenColumns<R>(all: readonly ExportColumn<R>[], choice: string | undefined): readonly ExportColumn<R>[] {
  if (choice === undefined) return all;
  const names = [...new Set(choice.split(",").map((name) => name.trim()))].filter((name) => name !== "");
  return names.map((name) => {
    const column = all.find((one) => one.name === name);
    if (column === undefined) {
      throw badRequest("columns", `Not a column: ${name}. Known: ${all.map((one) => one.name).join(", ")}.`);
    }
    return column;
  });
}

/**
 * Rows as a file that is made while it is sent: CSV with a header (lists in one cell, separated by `; `), or one JSON object a line.
 *
 * @param name of the file, without day and ending
 */
export function exportRows<R>(options: {
  name: string;
  query: ExportQuery;
  columns: readonly ExportColumn<R>[];
  batches: AsyncIterable<readonly R[]>;
  now: Date;
}): Download {
  const format = options.query.format ?? "csv";
  const columns = chosenColumns(options.columns, options.query.columns);
  const day = options.now.toISOString().slice(0, 10);
  const chunks =
    format === "csv" ? csvChunks(columns, options.batches, options.query.bom === true) : ndjsonChunks(columns, options.batches);
  return { contentType: CONTENT_TYPES[format], filename: `${fileName(options.name)}-${day}.${format}`, chunks };
}

/** A name as part of a file's: what could mean something to a file system or a header becomes a hyphen. */
export function fileName(name: string): string {
  return `muster-${name.replaceAll(/[^\w.-]+/gu, "-").slice(0, 100)}`;
}

async function* csvChunks<R>(
  columns: readonly ExportColumn<R>[],
  batches: AsyncIterable<readonly R[]>,
  bom: boolean,
): Download["chunks"] {
  yield `${bom ? "\u{feff}" : ""}${csvLine(columns.map((column) => column.name))}`;
  for await (const rows of batches)
    yield rows.map((row) => csvLine(columns.map((column) => csvText(column.value(row))))).join("");
}

function csvText(value: ExportValue): string {
  if (value === null) return "";
  return Array.isArray(value) ? value.join("; ") : String(value);
}

async function* ndjsonChunks<R>(columns: readonly ExportColumn<R>[], batches: AsyncIterable<readonly R[]>): Download["chunks"] {
  yield ""; // begins the answer: an export without rows is an empty file, not an error
  for await (const rows of batches) {
    const lines = rows.map((row) =>
      JSON.stringify(Object.fromEntries(columns.map((column) => [column.name, column.value(row)]))),
    );
    yield `${lines.join("\n")}\n`;
  }
}
