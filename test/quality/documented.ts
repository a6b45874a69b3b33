import { readFile, writeFile } from "node:fs/promises";
import { figureLines, readerLines, type Figures } from "./figures.ts";

const DEVELOP = new URL("../../docs/develop/quality.md", import.meta.url);
const GUIDE = new URL("../../docs/guide/quality.md", import.meta.url);

/** Puts a run's figures into the documents that publish them, so that these never tell of another run than the baseline. */
export async function writeDocuments(figures: Figures): Promise<void> {
  const lines = figureLines(figures);
  const between = lines.indexOf("");
  await writeTables(DEVELOP, [lines.slice(0, between), lines.slice(between + 1)]);
  await writeTables(GUIDE, [readerLines(figures)]);
}

async function writeTables(file: URL, tables: readonly string[][]): Promise<void> {
  let text = await readFile(file, "utf8");
  for (const table of tables) text = withTable(text, table);
  await writeFile(file, text);
}

/**
 * A document with a table in the place of the one that has the same first column.
 *
 * @throws {Error} when the document has no such table, or several
 */
export function withTable(text: string, table: readonly string[]): string {
  const rows = aligned(table);
  const column = cellsOf(table[0] ?? "")[0] ?? "";
  const blocks = text.split("\n\n");
  const places = blocks.flatMap((block, at) => (block.startsWith("|") && cellsOf(firstLine(block))[0] === column ? [at] : []));
  const [place, ...others] = places.filter(
    (at) => cellsOf(firstLine(blocks[at] ?? "")).length === cellsOf(table[0] ?? "").length,
  );
  if (place === undefined || others.length > 0) throw new Error(`There is not one table "${column}" in the document.`);
  const end = place === blocks.length - 1 ? "\n" : "";
  return blocks.with(place, `${rows.join("\n")}${end}`).join("\n\n");
}

function firstLine(block: string): string {
  return block.split("\n", 1)[0] ?? "";
}

function cellsOf(row: string): string[] {
  return row
    .split("|")
    .slice(1, -1)
    .map((cell) => cell.trim());
}

/** Columns under each other, as the formatter has them. */
function aligned(table: readonly string[]): string[] {
  const rows = table.map(cellsOf);
  const widths = (rows[0] ?? []).map((_, column) => Math.max(3, ...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row, at) => {
    const cells = widths.map((width, column) => (at === 1 ? "-".repeat(width) : (row[column] ?? "").padEnd(width)));
    return `| ${cells.join(" | ")} |`;
  });
}
