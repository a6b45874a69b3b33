import { IDENTITY_FIELDS, type SoftwareEntry, type SoftwareFacts, type SoftwareIdentity } from "./software.ts";

/** Longest stored value of each identity field, in UTF-16 units (reference osquery-remote.md §10: Fleet's column widths). */
export const FIELD_LENGTH_MAX: Record<keyof SoftwareIdentity, number> = {
  name: 255,
  version: 255,
  source: 64,
  bundle_identifier: 255,
  release: 64,
  vendor: 255,
  arch: 64,
  extension_id: 255,
  extension_for: 255,
  application_id: 255,
  upgrade_code: 38,
};

export const INSTALLED_PATHS_MAX = 100;
const PATH_LENGTH_MAX = 1024;
const FACT_LENGTH_MAX = 255;
/** The last second of the year 9999, where RFC 3339 ends. */
const SECONDS_MAX = 253_402_300_799;

/** Why a reported row was left out or altered; each is counted by name in the metrics. */
export type HygieneNote = "name_empty" | "parallels_shim" | "field_cut" | "upgrade_code_malformed" | "paths_cut";

export interface HygieneResult {
  /** null: the row is left out (the notes say why). */
  entry: SoftwareEntry | null;
  notes: HygieneNote[];
}

/**
 * Makes one reported row safe to store, or says why it is left out, so that one bad row never costs its neighbours anything.
 *
 * Characters are kept as reported (case, Unicode form, white space, line feeds all distinguish software) except NUL and lone
 * surrogates, which PostgreSQL's text cannot hold. Over-long values are cut. Rows without a visible name, and the shims that
 * Parallels makes for Windows programs, are left out (reference osquery-remote.md §10, "Row hygiene").
 */
export function cleanEntry(raw: SoftwareEntry): HygieneResult {
  const notes: HygieneNote[] = [];
  const entry: SoftwareEntry = { ...raw };
  for (const field of IDENTITY_FIELDS) {
    // most fields of most rows are empty, and every row of every report comes through here
    if (raw[field] === "" || field === "upgrade_code") continue;
    entry[field] = cut(storable(raw[field]), FIELD_LENGTH_MAX[field], notes);
  }
  entry.upgrade_code = cleanUpgradeCode(storable(raw.upgrade_code), notes);
  if (entry.name.trim() === "") return { entry: null, notes: ["name_empty"] };
  if (entry.bundle_identifier.startsWith("com.parallels.winapp")) return { entry: null, notes: ["parallels_shim"] };
  entry.last_opened_at = cleanTime(raw.last_opened_at);
  entry.installed_paths = cleanPaths(raw.installed_paths, notes);
  entry.signature_information = cleanSignatures(raw, entry.installed_paths);
  entry.facts = cleanFacts(raw.facts);
  if (raw.installed_by !== "") entry.installed_by = storable(raw.installed_by).slice(0, FACT_LENGTH_MAX).toWellFormed();
  return { entry, notes };
}

/** A time that no calendar has would be refused by the database, and the whole report with it. */
function cleanTime(seconds: number | null): number | null {
  return seconds !== null && seconds > 0 && seconds <= SECONDS_MAX ? Math.floor(seconds) : null;
}

function storable(value: string): string {
  const clean = value.includes("\u0000") ? value.replaceAll("\u0000", "") : value;
  return clean.isWellFormed() ? clean : clean.toWellFormed();
}

function cut(value: string, lengthMax: number, notes: HygieneNote[]): string {
  if (value.length <= lengthMax) return value;
  notes.push("field_cut");
  return `${value
    .slice(0, lengthMax - 1)
    .toWellFormed()
    .replace(/\ufffd$/u, "")}…`;
}

/** An MSI upgrade code is a braced GUID of 38 characters; anything else would join unrelated programs into one title. */
function cleanUpgradeCode(value: string, notes: HygieneNote[]): string {
  if (value === "" || value.length === FIELD_LENGTH_MAX.upgrade_code) return value;
  notes.push("upgrade_code_malformed");
  return "";
}

function cleanPaths(paths: string[], notes: HygieneNote[]): string[] {
  if (paths.length === 0) return [];
  const kept = [...new Set(paths.map(storable))]
    .filter((p) => p !== "" && p !== "null" && p.length <= PATH_LENGTH_MAX)
    .toSorted();
  if (kept.length <= INSTALLED_PATHS_MAX) return kept;
  notes.push("paths_cut");
  return kept.slice(0, INSTALLED_PATHS_MAX);
}

function cleanSignatures(raw: SoftwareEntry, paths: string[]): SoftwareEntry["signature_information"] {
  if (raw.signature_information.length === 0) return [];
  const kept = new Set(paths);
  return raw.signature_information
    .map((s) => ({
      installed_path: storable(s.installed_path),
      team_identifier: storable(s.team_identifier).slice(0, FACT_LENGTH_MAX),
      hash_sha256: storable(s.hash_sha256).slice(0, FACT_LENGTH_MAX),
      executable_sha256: storable(s.executable_sha256).slice(0, FACT_LENGTH_MAX),
      executable_path: storable(s.executable_path).slice(0, PATH_LENGTH_MAX),
    }))
    .filter((s) => kept.has(s.installed_path))
    .toSorted((a, b) => (a.installed_path < b.installed_path ? -1 : a.installed_path > b.installed_path ? 1 : 0));
}

function cleanFacts(facts: SoftwareFacts | null): SoftwareFacts | null {
  if (facts === null) return null;
  const clean: SoftwareFacts = {};
  for (const name of ["source_package", "source_version", "epoch", "origin"] as const) {
    const value = facts[name];
    if (value !== undefined && value !== "") clean[name] = storable(value).slice(0, FACT_LENGTH_MAX).toWellFormed();
  }
  return Object.keys(clean).length === 0 ? null : clean;
}
