import { createHash } from "node:crypto";
import { mergeDuplicates } from "#domain/inventory/difference.ts";
import { sourceDigestText } from "#domain/inventory/digest.ts";
import { cleanEntry } from "#domain/software/hygiene.ts";
import type { SoftwareEntry } from "#domain/software/software.ts";
import type { SoftwareRow } from "#protocol/agent/messages.ts";

/**
 * Entries as the server will hold them: cleaned, one row an identity, in a fixed order. They are cleaned once more after
 * merging, because merged rows may have more paths than a row may keep; so the server's own cleaning changes nothing and both
 * sides have the same digest.
 */
export function cleanRows(entries: readonly SoftwareEntry[]): SoftwareEntry[] {
  const cleaned = entries.map((entry) => cleanEntry(entry).entry).filter((entry) => entry !== null);
  const merged = [...mergeDuplicates(cleaned)].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return merged.map(([, entry]) => cleanEntry(entry).entry).filter((entry) => entry !== null);
}

/** The digest of one source, as the server computes it: SHA-256, in hex, of the domain's digest text. */
export function sourceDigest(rows: SoftwareEntry[]): string {
  return createHash("sha256").update(sourceDigestText(rows), "utf8").digest("hex");
}

/** A row for the wire: empty fields are left out. */
export function wireRow(entry: SoftwareEntry): SoftwareRow {
  const row: SoftwareRow = { name: entry.name };
  for (const field of WIRE_FIELDS) if (entry[field] !== "") row[field] = entry[field];
  if (entry.last_opened_at !== null) row.last_opened_at = entry.last_opened_at;
  if (entry.installed_paths.length > 0) row.installed_paths = entry.installed_paths;
  if (entry.signature_information.length > 0) row.signature_information = entry.signature_information;
  if (entry.facts !== null) row.facts = entry.facts;
  return row;
}

const WIRE_FIELDS = [
  "version",
  "bundle_identifier",
  "release",
  "vendor",
  "arch",
  "extension_id",
  "extension_for",
  "application_id",
  "upgrade_code",
  "installed_by",
] as const;

/** Bytes of text in the rows together, as a limit counts them: the lengths of all values, in UTF-16 units, without structure. */
export function textLength(rows: readonly SoftwareEntry[]): number {
  let length = 0;
  for (const row of rows) {
    for (const field of WIRE_FIELDS) length += row[field].length;
    length += row.name.length;
    for (const path of row.installed_paths) length += path.length;
    for (const signature of row.signature_information) length += JSON.stringify(signature).length;
    if (row.facts !== null) length += JSON.stringify(row.facts).length;
  }
  return length;
}
