/** A table as text: the first column to the left, the others to the right. */
export function columns(rows: string[][]): string {
  const widths: number[] = [];
  for (const row of rows) for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length);
  const line = (row: string[]): string =>
    row
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join("  ")
      .trimEnd();
  return rows.map(line).join("\n");
}

/** Three significant digits; whole numbers from 100 on, with thousands apart. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return "–";
  if (value >= 100) return Math.round(value).toLocaleString("en-US");
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

export function mebibytes(bytes: number | null): string {
  return bytes === null ? "–" : `${figure(bytes / 1024 / 1024)} MiB`;
}

export function percent(part: number, whole: number): string {
  return whole === 0 ? "–" : `${figure((part / whole) * 100)} %`;
}
