import type { PageMeta } from "#protocol/rest/paging.ts";
import type { CliIo } from "../io.ts";
import { formatCount } from "../output/format.ts";
import { printJson, printNote, printTable } from "../output/print.ts";
import type { Column } from "../output/table.ts";
import type { LengthOptions } from "./list-options.ts";

/** A list as it was read, and how to show it. */
export interface ListResult<R> {
  /** The API's answer, printed as it is with `--json`. */
  answer: { meta: PageMeta; count?: number };
  rows: readonly R[];
  columns: readonly Column<R>[];
  /** What the API counts and pages by: `["device", "devices"]`. */
  noun: readonly [one: string, many: string];
  /** How many of them are shown; left out when each row is one. */
  shown?: number;
}

/** Prints a list; what is not shown is said on stderr, never left out silently. */
export function printList<R>(io: CliIo, options: LengthOptions, list: ListResult<R>): void {
  if (options.json === true) return printJson(io, list.answer);
  const [one, many] = list.noun;
  if (list.rows.length === 0) return printNote(io, `No ${many} found.`);
  printTable(io, list.columns, list.rows, options);
  if (!list.answer.meta.has_next_results) return;
  const total = list.answer.count === undefined ? "there are more" : `of ${list.answer.count.toLocaleString("en")}`;
  printNote(io, `${formatCount(list.shown ?? list.rows.length, one, many)} shown, ${total}; --limit or --all shows more.`);
}
