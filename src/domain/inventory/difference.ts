import { identityKey } from "#domain/software/identity.ts";
import type { SoftwareEntry, SoftwareFacts } from "#domain/software/software.ts";

/** A newer last-opened time is written only when it is at least this much later: a running program would cost a write an hour otherwise. */
export const LAST_OPENED_STEP_SECONDS = 3600;

/** The difference between what a host is recorded to hold and what it now reports, for the sources that were reported. */
export interface InventoryDifference<C extends SoftwareEntry> {
  /** Reported, not recorded. */
  added: SoftwareEntry[];
  /** Recorded, not reported. */
  removed: C[];
  /** On both sides, with paths, facts, signatures or last-opened time that differ: the record and its new values. */
  changed: { current: C; reported: SoftwareEntry }[];
}

/**
 * Compares a host's recorded software with a report, by identity key. Both sides must cover the same sources; a source that
 * was not reported must not be in `current` (it is left untouched, design §5). Duplicate rows of a report become one
 * ({@link mergeDuplicates}).
 */
export function inventoryDifference<C extends SoftwareEntry>(current: C[], reported: SoftwareEntry[]): InventoryDifference<C> {
  return keyedDifference(new Map(current.map((entry) => [identityKey(entry), entry])), mergeDuplicates(reported));
}

/** {@link inventoryDifference} of entries by identity key, for callers that have the keys: making them is half of its work. */
export function keyedDifference<C extends SoftwareEntry>(
  current: ReadonlyMap<string, C>,
  reported: Iterable<readonly [key: string, entry: SoftwareEntry]>,
): InventoryDifference<C> {
  const recorded = new Map(current);
  const difference: InventoryDifference<C> = { added: [], removed: [], changed: [] };
  for (const [key, entry] of reported) {
    const known = recorded.get(key);
    recorded.delete(key);
    if (known === undefined) difference.added.push(entry);
    else {
      const change = linkChange(known, entry);
      if (change !== null) difference.changed.push({ current: known, reported: change });
    }
  }
  difference.removed.push(...recorded.values());
  return difference;
}

export function isEmptyDifference(d: InventoryDifference<SoftwareEntry>): boolean {
  return d.added.length === 0 && d.removed.length === 0 && d.changed.length === 0;
}

/** One entry per identity: the paths of all duplicates together, the newest opening, the first facts. Keeps report order. */
export function mergeDuplicates(entries: SoftwareEntry[]): Map<string, SoftwareEntry> {
  const merged = new Map<string, SoftwareEntry>();
  for (const entry of entries) {
    const key = identityKey(entry);
    const seen = merged.get(key);
    merged.set(key, seen === undefined ? entry : mergeEntries(seen, entry));
  }
  return merged;
}

/** Two rows of one software as one: all paths, the newest opening; what else both say is the first's. */
export function mergeEntries(a: SoftwareEntry, b: SoftwareEntry): SoftwareEntry {
  const signatures = new Map([...b.signature_information, ...a.signature_information].map((s) => [s.installed_path, s]));
  return {
    ...a,
    installed_paths: [...new Set([...a.installed_paths, ...b.installed_paths])].toSorted(),
    signature_information: [...signatures.values()].toSorted((x, y) => (x.installed_path < y.installed_path ? -1 : 1)),
    last_opened_at: later(a.last_opened_at, b.last_opened_at),
    facts: a.facts ?? b.facts,
    installed_by: a.installed_by || b.installed_by,
  };
}

function later(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  return Math.max(a, b);
}

/** What a link becomes by a report of its software; null when nothing worth writing changes. */
export function linkChange(current: SoftwareEntry, reported: SoftwareEntry): SoftwareEntry | null {
  const entry = carryOver(current, reported);
  return linkDiffers(current, entry) ? entry : null;
}

function linkDiffers(current: SoftwareEntry, reported: SoftwareEntry): boolean {
  return (
    openedLater(current.last_opened_at, reported.last_opened_at) ||
    !sameStrings(current.installed_paths, reported.installed_paths) ||
    factsKey(current.facts) !== factsKey(reported.facts) ||
    current.installed_by !== reported.installed_by ||
    JSON.stringify(current.signature_information) !== JSON.stringify(reported.signature_information)
  );
}

function openedLater(current: number | null, reported: number | null): boolean {
  if (reported === null) return false;
  return current === null || reported - current >= LAST_OPENED_STEP_SECONDS;
}

/**
 * What a report does not say is kept: a report without an opening time (or with an older one) never erases a known one, and one
 * without any signature, because the device could not read signatures this time, never those of paths that are still there.
 */
function carryOver(current: SoftwareEntry, reported: SoftwareEntry): SoftwareEntry {
  const silent = reported.signature_information.length === 0;
  const known = current.signature_information.filter((s) => reported.installed_paths.includes(s.installed_path));
  return {
    ...reported,
    last_opened_at: later(current.last_opened_at, reported.last_opened_at),
    signature_information: silent ? known : reported.signature_information,
    installed_by: reported.installed_by || current.installed_by,
  };
}

function sameStrings(a: string[], b: string[]): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}

/** The canonical text of facts; equal texts mean the same facts. */
export function factsKey(facts: SoftwareFacts | null): string {
  if (facts === null) return "";
  return JSON.stringify([facts.source_package ?? "", facts.source_version ?? "", facts.epoch ?? "", facts.origin ?? ""]);
}
