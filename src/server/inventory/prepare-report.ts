import { SOFTWARE_ROWS_PER_REPORT_MAX } from "#domain/core/limits.ts";
import { mergeEntries } from "#domain/inventory/difference.ts";
import { digestLine, digestTextOf } from "#domain/inventory/digest.ts";
import { deriveEntry, DERIVATIONS, derivationVersion, type Derivation } from "#domain/software/derivation/derivations.ts";
import { cleanEntry, type HygieneNote } from "#domain/software/hygiene.ts";
import { identityKey } from "#domain/software/identity.ts";
import type { SoftwareEntry, SourceReport } from "#domain/software/software.ts";
import { unprocessable } from "../http/errors.ts";
import { catalogueKey } from "./catalogue-ids.ts";
import { digestOf } from "./checksum.ts";

/** A cleaned entry with all that is derived from it alone. */
export interface PreparedEntry {
  entry: SoftwareEntry;
  /** Identity key. */
  key: string;
  /** What its row of the catalogue is remembered by. */
  catalogueKey: string;
  /** What it contributes to its source's digest. */
  line: string;
}

/** A reported entry after cleaning: null, left out; and why it was altered. */
interface CleanedEntry {
  prepared: PreparedEntry | null;
  notes: HygieneNote[];
}

/** Of entries that come again as the very same objects, which are never changed. */
const kept = new WeakMap<SoftwareEntry, CleanedEntry>();

/** Prepares an entry that will be reported again as this very object, by whichever host, so that it is cleaned and keyed only once. */
export function keepPrepared(entry: SoftwareEntry): SoftwareEntry {
  kept.set(entry, cleaned(entry));
  return entry;
}

/** A source of a report, ready to be compared: cleaned, without duplicates, with its digest. */
export interface PreparedSource {
  source: string;
  entries: SoftwareEntry[];
  /** The entries, as they are in {@link entries}. */
  prepared: PreparedEntry[];
  digest: Buffer;
  /** The rules that the reporter named its rows by. */
  derivation_version: number;
}

export interface PreparedReport {
  sources: PreparedSource[];
  failures: { source: string; error: string }[];
  /** How many rows were altered or left out, by reason. */
  notes: Map<HygieneNote, number>;
  rows: number;
}

/**
 * Cleans a report and computes each source's digest. Pure.
 *
 * @throws {HttpError} 422 when the report holds more rows than one host may ({@link SOFTWARE_ROWS_PER_REPORT_MAX}).
 */
export function prepareReport(reports: SourceReport[], derivations: readonly Derivation[] = DERIVATIONS): PreparedReport {
  const result: PreparedReport = { sources: [], failures: [], notes: new Map(), rows: 0 };
  for (const report of reports) {
    if (!report.ok)
      result.failures.push({ source: report.source.slice(0, 64), error: report.error.replaceAll("\u0000", "").slice(0, 2000) });
    else result.rows += report.entries.length;
  }
  if (result.rows > SOFTWARE_ROWS_PER_REPORT_MAX) {
    throw unprocessable(
      "software",
      `${result.rows} rows in one report; at most ${SOFTWARE_ROWS_PER_REPORT_MAX} are accepted from one host.`,
    );
  }
  for (const report of reports) if (report.ok) result.sources.push(prepareSource(report, result.notes, derivations));
  return result;
}

function prepareSource(
  report: SourceReport & { ok: true },
  notes: Map<HygieneNote, number>,
  derivations: readonly Derivation[],
): PreparedSource {
  const { source } = report;
  const current = derivationVersion(derivations);
  const derivation_version = report.derivation_version ?? current;
  const isCurrent = derivation_version >= current;
  const merged = new Map<string, PreparedEntry>();
  for (const row of report.entries) {
    const found =
      (isCurrent && row.source === source && kept.get(row)) || cleaned(row.source === source ? row : { ...row, source });
    for (const note of found.notes) notes.set(note, (notes.get(note) ?? 0) + 1);
    if (found.prepared === null) continue;
    const item = isCurrent ? found.prepared : derived(found.prepared, derivation_version, derivations);
    const seen = merged.get(item.key);
    merged.set(item.key, seen === undefined ? item : prepared(mergeEntries(seen.entry, item.entry)));
  }
  const items = [...merged.values()];
  const digest = digestOf(digestTextOf(items.map(({ line }) => line)));
  return { source, entries: items.map(({ entry }) => entry), prepared: items, digest, derivation_version };
}

function cleaned(row: SoftwareEntry): CleanedEntry {
  const { entry, notes } = cleanEntry(row);
  return { prepared: entry === null ? null : prepared(entry), notes };
}

function prepared(entry: SoftwareEntry): PreparedEntry {
  const key = identityKey(entry);
  return { entry, key, catalogueKey: catalogueKey(entry, key), line: digestLine(key, entry) };
}

function derived(item: PreparedEntry, since: number, derivations: readonly Derivation[]): PreparedEntry {
  const entry = deriveEntry(item.entry, since, derivations);
  return entry === item.entry ? item : prepared(entry);
}
