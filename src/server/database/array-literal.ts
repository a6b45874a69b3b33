/**
 * PostgreSQL's text form of an array of numbers; the driver's own takes each element through a conversion.
 *
 * @returns null for an array of nothing but nulls: `unnest` of several arrays fills the shorter ones up with null
 */
export function numberArray(values: readonly (number | null)[]): string | null {
  if (values.every((value) => value === null)) return null;
  return `{${values.map((value) => value ?? "NULL").join(",")}}`;
}

/** The same of texts, whatever they hold. */
export function textArray(values: readonly (string | null)[]): string | null {
  if (values.every((value) => value === null)) return null;
  return `{${values.map((value) => (value === null ? "NULL" : quoted(value))).join(",")}}`;
}

function quoted(text: string): string {
  return `"${text.replaceAll(/["\\]/g, "\\$&")}"`;
}
