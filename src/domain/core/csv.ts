/**
 * One line of CSV (RFC 4180), with its line end. A cell that a spreadsheet would run as a formula (it begins with `=`, `+`, `-`, `@`, a tab or a
 * carriage return) is made text by a leading apostrophe, unless it is a plain number: names of devices and software come from outside.
 *
 * @example csvLine(["a,b", "=1+1", "-5"]) === '"a,b",\'=1+1,-5\r\n'
 */
export function csvLine(cells: readonly string[]): string {
  return `${cells.map(csvCell).join(",")}\r\n`;
}

function csvCell(value: string): string {
  const safe = /^[=+\-@\t\r]/u.test(value) && !/^-?\d+(?:\.\d+)?$/u.test(value) ? `'${value}` : value;
  return /[",\r\n]/u.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
