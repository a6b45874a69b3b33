import { SOFTWARE_ROWS_PER_REPORT_MAX } from "#domain/core/limits.ts";
import { mergeDuplicates } from "#domain/inventory/difference.ts";
import { mergedDigestText } from "#domain/inventory/digest.ts";
import { deriveEntry, DERIVATIONS, derivationVersion, type Derivation } from "#domain/software/derivation/derivations.ts";
import { cleanEntry, type HygieneNote } from "#domain/software/hygiene.ts";
import type { SoftwareEntry, SourceReport } from "#domain/software/software.ts";
import { unprocessable } from "../http/errors.ts";
import { digestOf } from "./checksum.ts";

/** A source of a report, ready to be compared: cleaned, without duplicates, with its digest. */
export interface PreparedSource {
  source: string;
  entries: SoftwareEntry[];
  /** The entries by identity key. */
  keyed: Map<string, SoftwareEntry>;
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
  const prepared: PreparedReport = { sources: [], failures: [], notes: new Map(), rows: 0 };
  for (const report of reports) {
    if (!report.ok)
      prepared.failures.push({ source: report.source.slice(0, 64), error: report.error.replaceAll("\u0000", "").slice(0, 2000) });
    else prepared.rows += report.entries.length;
  }
  if (prepared.rows > SOFTWARE_ROWS_PER_REPORT_MAX) {
    throw unprocessable(
      "software",
      `${prepared.rows} rows in one report; at most ${SOFTWARE_ROWS_PER_REPORT_MAX} are accepted from one host.`,
    );
  }
  for (const report of reports) if (report.ok) prepared.sources.push(prepareSource(report, prepared.notes, derivations));
  return prepared;
}

function prepareSource(
  report: SourceReport & { ok: true },
  notes: Map<HygieneNote, number>,
  derivations: readonly Derivation[],
): PreparedSource {
  const { source } = report;
  const current = derivationVersion(derivations);
  const derivation_version = report.derivation_version ?? current;
  const cleaned: SoftwareEntry[] = [];
  for (const row of report.entries) {
    const result = cleanEntry(row.source === source ? row : { ...row, source });
    for (const note of result.notes) notes.set(note, (notes.get(note) ?? 0) + 1);
    if (result.entry === null) continue;
    cleaned.push(derivation_version < current ? deriveEntry(result.entry, derivation_version, derivations) : result.entry);
  }
  const merged = mergeDuplicates(cleaned);
  return { source, entries: [...merged.values()], keyed: merged, digest: digestOf(mergedDigestText(merged)), derivation_version };
}
