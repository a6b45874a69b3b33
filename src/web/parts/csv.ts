/**
 * Rows as CSV (RFC 4180) with a header. A cell that a spreadsheet would run as a formula is made text by a leading apostrophe:
 * device and software names come from outside.
 */
export function csvText(header: string[], rows: string[][]): string {
  return [header, ...rows]
    .map((row) => row.map(csvCell).join(","))
    .join("\r\n")
    .concat("\r\n");
}

function csvCell(value: string): string {
  const safe = /^[=+\-@\t\r]/u.test(value) && !/^-?\d+(?:\.\d+)?$/u.test(value) ? `'${value}` : value;
  return /[",\r\n]/u.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Hands a text to the browser as a file. */
export function saveTextFile(name: string, text: string): void {
  // The mark makes spreadsheets read UTF-8.
  const url = URL.createObjectURL(new Blob(["\ufeff", text], { type: "text/csv;charset=utf-8" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  window.setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
