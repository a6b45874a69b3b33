import { hash } from "node:crypto";

/** JSON with the fields of every object in order, so that equal values have one text. Undefined fields are left out. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const fields = Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, field]) => `${JSON.stringify(key)}:${canonicalJson(field)}`);
  return `{${fields.join(",")}}`;
}

/** 128 bits of SHA-256, as hexadecimal: two records have one digest only when they are the same. */
export function recordDigest(canonical: string): string {
  return hash("sha256", canonical, "hex").slice(0, 32);
}
