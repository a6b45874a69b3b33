import type { CliIo } from "../io.ts";
import type { Column } from "./table.ts";
import { formatTable } from "./table.ts";
import { visible, visibleJson } from "./visible.ts";

const TERMINAL_COLUMNS_DEFAULT = 80;

/** Writes lines to stdout in one go. */
export function printLines(io: CliIo, lines: readonly string[]): void {
  if (lines.length > 0) io.stdout.write(`${lines.join("\n")}\n`);
}

/** Writes an API answer to stdout, exactly as it parsed. */
export function printJson(io: CliIo, value: unknown): void {
  io.stdout.write(`${visibleJson(value)}\n`);
}

/** Says something about the result that is not part of it: to stderr. */
export function printNote(io: CliIo, text: string): void {
  io.stderr.write(`${visible(text)}\n`);
}

/** Prints rows as a table: fitted to a terminal unless `wide`, whole everywhere else. Values that were cut are announced. */
export function printTable<R>(io: CliIo, columns: readonly Column<R>[], rows: readonly R[], options: { wide?: true }): void {
  const width = io.isTty && options.wide !== true ? (io.stdout.columns ?? TERMINAL_COLUMNS_DEFAULT) : null;
  const table = formatTable(columns, rows, width);
  printLines(io, table.lines);
  if (table.cut) printNote(io, "Values that end in … are cut to fit; --wide shows them whole.");
}
