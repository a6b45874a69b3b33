import { identityKey } from "#domain/software/identity.ts";
import type { SoftwareEntry } from "#domain/software/software.ts";

/**
 * Which software of a host is only called differently now: a row that went and a row that came are one software when all of the identity
 * but the name is the same and they lie at the same path (design §5). The path decides. "One of each is gone and new, so they are the
 * same" fails for the helpers of one application, which share everything but name and path (seed 002).
 *
 * Paths can be split or united by a rename, so this is no one-to-one matching: every row that went gets the successor that it shares
 * most paths with, ties by name, and several may have the same. Independent of the order of rows.
 *
 * @param gone what is recorded and no longer reported
 * @param candidates what is newly reported, and recorded rows that now lie at more paths than before
 * @returns by row that went, its successor
 */
export function renamesByPath<G extends SoftwareEntry, C extends SoftwareEntry>(
  gone: readonly G[],
  candidates: readonly C[],
): Map<G, C> {
  if (gone.length === 0) return new Map();
  const byPlace = new Map<string, C[]>();
  for (const candidate of candidates) {
    for (const place of placesOf(candidate)) byPlace.set(place, [...(byPlace.get(place) ?? []), candidate]);
  }
  const renames = new Map<G, C>();
  for (const row of gone) {
    const shared = new Map<C, number>();
    for (const place of placesOf(row))
      for (const candidate of byPlace.get(place) ?? [])
        if (candidate.name !== row.name) shared.set(candidate, (shared.get(candidate) ?? 0) + 1);
    const successor = mostShared(shared);
    if (successor !== undefined) renames.set(row, successor);
  }
  return renames;
}

/** What software that came in place of renamed rows was before: of those that lay where it lies, the one that was there first. */
export function formerByPath<G extends SoftwareEntry & { since: number }, C extends SoftwareEntry>(
  gone: readonly G[],
  arrived: readonly C[],
): Map<C, G> {
  if (gone.length === 0) return new Map();
  const byPlace = new Map<string, G>();
  for (const row of gone) for (const place of placesOf(row)) byPlace.set(place, earlier(row, byPlace.get(place)));
  const former = new Map<C, G>();
  for (const entry of arrived) {
    for (const place of placesOf(entry)) {
      const row = byPlace.get(place);
      if (row !== undefined) former.set(entry, earlier(row, former.get(entry)));
    }
  }
  return former;
}

function earlier<G extends SoftwareEntry & { since: number }>(row: G, other: G | undefined): G {
  if (other === undefined || row.since < other.since) return row;
  return row.since === other.since && byIdentity(row, other) < 0 ? row : other;
}

/** Everything of an entry's identity but its name, with each of its paths. */
function placesOf(entry: SoftwareEntry): string[] {
  if (entry.installed_paths.length === 0) return [];
  const nameless = identityKey({ ...entry, name: "" });
  return entry.installed_paths.map((path) => JSON.stringify([nameless, path]));
}

function byIdentity(a: SoftwareEntry, b: SoftwareEntry): number {
  const [left, right] = [identityKey(a), identityKey(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}

/** The one with the most shared paths; among equals the first by identity. */
function mostShared<C extends SoftwareEntry>(shared: Map<C, number>): C | undefined {
  return [...shared].toSorted(([a, m], [b, n]) => n - m || byIdentity(a, b))[0]?.[0];
}
