import { columnVisibilityFeature, createColumnHelper, rowSelectionFeature, tableFeatures } from "@tanstack/react-table";
import type { ColumnDef, RowData } from "@tanstack/react-table";

/** What a column of ours says beyond its header and cell. */
export interface ColumnWords {
  /** The REST `order_key` that sorts by this column. */
  orderKey?: string;
  /** Direction of the first click; numbers and times usually begin with the greatest. */
  firstDirection?: "asc" | "desc";
  align?: "end";
  width?: "check" | "tiny" | "number" | "time" | "short" | "mid" | "wide";
  /** The narrowest table that still shows it: 1 always, 2 from 560 px, 3 from 820 px, 4 from 1080 px. */
  room?: 1 | 2 | 3 | 4;
  /** What the column's values count or mean, on hover of the header. */
  tip?: string;
  /** Hidden until chosen in the column menu. */
  extra?: boolean;
  /** Columns of the server's export that stand for this one; its id when left out. */
  exported?: readonly string[];
}

const COLUMN_WORDS: ColumnWords = {}; // carries the type alone

/** Sorting and paging happen on the server; what the browser keeps is which columns show and which rows are selected. */
export const features = tableFeatures({
  columnVisibilityFeature,
  rowSelectionFeature,
  columnMeta: COLUMN_WORDS,
});

// `any` for the value types: a list of columns holds many.
// oxlint-disable-next-line typescript/no-explicit-any
export type Column<R extends RowData> = ColumnDef<typeof features, R, any>;

export function columnHelper<R extends RowData>() {
  return createColumnHelper<typeof features, R>();
}

/** Column ids and header words, in order: what menus and exports need of columns. */
export function columnNames<R extends RowData>(columns: readonly Column<R>[]): { id: string; header: string; extra: boolean }[] {
  return columns.map((c) => ({
    id: columnId(c),
    header: typeof c.header === "string" ? c.header : columnId(c),
    extra: c.meta?.extra === true,
  }));
}

export function columnId<R extends RowData>(column: Column<R>): string {
  return column.id ?? ("accessorKey" in column ? String(column.accessorKey) : "");
}

/** The ids of the columns to show: the address's choice (unknown ids dropped, the first column always in), else the usual. */
export function shownColumns<R extends RowData>(columns: readonly Column<R>[], choice: string | undefined): string[] {
  const names = columnNames(columns);
  if (choice === undefined) return names.filter((n) => !n.extra).map((n) => n.id);
  const chosen = new Set(choice.split(","));
  return names.filter((n, i) => i === 0 || chosen.has(n.id)).map((n) => n.id);
}

/** The address's words for a choice of columns; undefined when it is the usual one. */
export function columnsParam<R extends RowData>(columns: readonly Column<R>[], shown: readonly string[]): string | undefined {
  const usual = shownColumns(columns, undefined);
  const same = usual.length === shown.length && usual.every((id) => shown.includes(id));
  return same
    ? undefined
    : columnNames(columns)
        .flatMap((n) => (shown.includes(n.id) ? [n.id] : []))
        .join(",");
}

/** The columns of the server's export that show what these columns show, as its parameter `columns`. */
export function exportedColumns<R extends RowData>(columns: readonly Column<R>[], shown: readonly string[]): string {
  const seen = columns.filter((column) => shown.includes(columnId(column)));
  return [...new Set(seen.flatMap((column) => column.meta?.exported ?? [columnId(column)]))].join(",");
}
