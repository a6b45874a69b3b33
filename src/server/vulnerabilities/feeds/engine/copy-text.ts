/** PostgreSQL's text format of COPY: https://www.postgresql.org/docs/current/sql-copy.html (File Formats, Text Format). */
const ESCAPES: Readonly<Record<string, string>> = { "\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r" };

/** One row, with its line end. */
export function copyRow(values: readonly (string | number | null)[]): string {
  return `${values.map((value) => (value === null ? String.raw`\N` : escaped(String(value)))).join("\t")}\n`;
}

/** A list of texts as PostgreSQL writes arrays. */
export function textArray(values: readonly string[]): string {
  return `{${values.map((value) => `"${value.replaceAll(/["\\]/g, String.raw`\$&`)}"`).join(",")}}`;
}

function escaped(value: string): string {
  return value.replaceAll(/[\\\t\n\r]/g, (character) => ESCAPES[character] ?? character);
}
