import { visible } from "./visible.ts";
import { displayWidth, fitWidth } from "./width.ts";

export interface Column<R> {
  title: string;
  value: (row: R) => string | number | null | undefined;
  /** Numbers stand under each other at their last digit. */
  align?: "right";
  /** May be cut to fit a terminal. Identifiers and numbers may not: half of one is worse than a broken line. */
  shrinks?: boolean;
}

export interface Table {
  lines: string[];
  /** Were values cut to fit the width? */
  cut: boolean;
}

const GAP = "  ";
const SHRUNK_WIDTH_MIN = 12;

/**
 * Lays rows out in columns.
 *
 * @param width columns of the terminal; null: nothing is cut
 */
export function formatTable<R>(columns: readonly Column<R>[], rows: readonly R[], width: number | null): Table {
  const cells = rows.map((row) => columns.map((column) => visible(String(column.value(row) ?? ""))));
  const natural = columns.map((column, i) => widest([column.title, ...cells.map((line) => line[i] ?? "")]));
  const widths = width === null ? natural : shrink(columns, natural, width);
  const lines = [columns.map((column) => column.title), ...cells].map((line) => formatLine(columns, line, widths));
  return { lines, cut: widths.some((w, i) => w < (natural[i] ?? 0)) };
}

/** Lays out `label: value` pairs with the values under each other; pairs without a value are left out. */
export function formatPairs(pairs: readonly (readonly [string, string | number | null | undefined])[]): string[] {
  const shown = pairs.filter(([, value]) => value !== null && value !== undefined && value !== "");
  const width = widest(shown.map(([label]) => label));
  return shown.map(([label, value]) => `${pad(label, width)}${GAP}${visible(String(value))}`);
}

/** Not `Math.max(...)`: a list has more rows than a call may have arguments. */
function widest(texts: readonly string[]): number {
  return texts.reduce((most, text) => Math.max(most, displayWidth(text)), 0);
}

/** Takes from the widest column that may shrink until the line fits, or until none can give any more. */
function shrink<R>(columns: readonly Column<R>[], natural: readonly number[], width: number): number[] {
  const widths = [...natural];
  let excess = widths.reduce((sum, w) => sum + w, 0) + GAP.length * (widths.length - 1) - width;
  while (excess > 0) {
    const candidates = widths.map((w, i) => (columns[i]?.shrinks === true && w > SHRUNK_WIDTH_MIN ? w : 0));
    const most = Math.max(...candidates);
    if (most === 0) return widths;
    widths[candidates.indexOf(most)] = most - 1;
    excess -= 1;
  }
  return widths;
}

function formatLine<R>(columns: readonly Column<R>[], cells: readonly string[], widths: readonly number[]): string {
  const parts = cells.map((cell, i) => {
    const text = fitWidth(cell, widths[i] ?? 0);
    return columns[i]?.align === "right" ? padLeft(text, widths[i] ?? 0) : pad(text, widths[i] ?? 0);
  });
  return parts.join(GAP).trimEnd();
}

function pad(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - displayWidth(text)));
}

function padLeft(text: string, width: number): string {
  return " ".repeat(Math.max(0, width - displayWidth(text))) + text;
}
