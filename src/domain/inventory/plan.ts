import type { InventoryDifference } from "./difference.ts";
import type { SoftwareEntry } from "#domain/software/software.ts";

/** A link as recorded: what a host holds, with the ids of its rows. */
export interface RecordedLink extends SoftwareEntry {
  software_id: number;
  title_id: number;
  /** Unix milliseconds since when the host holds it. */
  since: number;
}

/** A reported entry whose catalogue rows are known. */
export interface ResolvedEntry {
  entry: SoftwareEntry;
  software_id: number;
  title_id: number;
  facts_id: number | null;
}

/** How a link ended. `updated`: another version of the title came at once. `renamed`: the same software under another name. */
export interface EndedLink {
  software_id: number;
  title_id: number;
  since: number;
  event: "removed" | "updated" | "renamed";
  next_software_id: number | null;
}

/** A link to make; `since` is set when it continues a renamed one, else it begins now. */
export interface NewLink extends ResolvedEntry {
  since: number | null;
}

/** Everything a check-in writes about a host's links, decided before the transaction begins. */
export interface LinkPlan {
  end: EndedLink[];
  begin: NewLink[];
  update: ResolvedEntry[];
  /** Those of `begin` that are new on the host: they continue nothing, and their source was reported before. */
  installed: ResolvedEntry[];
  /** Titles of which the host now holds a version and did not before, and the reverse. */
  titlesAdded: number[];
  titlesRemoved: number[];
}

/**
 * Turns a difference into writes. `current` is all that the host holds in the sources concerned; `resolve` gives the catalogue
 * ids of a reported entry. A title lies wholly within one source, so these links decide whether the host still holds a title.
 * `reportedBefore` tells whether a source was reported by this host before: what comes with a first report was there already.
 *
 * Applying the plan to `current` gives exactly what was reported (tested as a property).
 */
export function planLinks(
  current: RecordedLink[],
  difference: InventoryDifference<RecordedLink>,
  resolve: (entry: SoftwareEntry) => ResolvedEntry,
  reportedBefore: (source: string) => boolean,
): LinkPlan {
  const added = difference.added.map(resolve);
  const renamedTo = pairRenames(difference.removed, added);
  const renamedFrom = new Map([...renamedTo].map(([from, to]) => [to.software_id, from]));
  const fresh = added.filter((entry) => !renamedFrom.has(entry.software_id));
  const gone = difference.removed.filter((link) => !renamedTo.has(link));
  const updatedTo = pairUpdates(gone, fresh);
  const updates = new Set(updatedTo.values());
  return {
    end: difference.removed.map((link) => endOf(link, renamedTo.get(link), updatedTo.get(link))),
    begin: added.map((entry) => ({ ...entry, since: renamedFrom.get(entry.software_id)?.since ?? null })),
    update: difference.changed.map(({ reported }) => resolve(reported)),
    installed: fresh.filter((arrived) => !updates.has(arrived) && reportedBefore(arrived.entry.source)),
    ...titleChanges(current, difference.removed, added),
  };
}

function endOf(link: RecordedLink, renamed: ResolvedEntry | undefined, updated: ResolvedEntry | undefined): EndedLink {
  const { software_id, title_id, since } = link;
  const next = renamed ?? updated;
  const event = renamed ? "renamed" : updated ? "updated" : "removed";
  return { software_id, title_id, since, event, next_software_id: next?.software_id ?? null };
}

/**
 * A row that went and a row that came are one renamed software when source, version, bundle identifier and an installed path are
 * the same and only the name differs (design §5). The path decides: helpers of one application share everything else.
 */
function pairRenames(removed: RecordedLink[], added: ResolvedEntry[]): Map<RecordedLink, ResolvedEntry> {
  const byPlace = new Map<string, RecordedLink>();
  for (const link of removed) for (const path of link.installed_paths) byPlace.set(placeKey(link, path), link);
  const pairs = new Map<RecordedLink, ResolvedEntry>();
  for (const candidate of added) {
    const from = candidate.entry.installed_paths
      .map((path) => byPlace.get(placeKey(candidate.entry, path)))
      .find((link) => link !== undefined);
    if (from !== undefined && from.name !== candidate.entry.name && !pairs.has(from)) pairs.set(from, candidate);
  }
  return pairs;
}

function placeKey(entry: SoftwareEntry, path: string): string {
  return JSON.stringify([entry.source, entry.bundle_identifier, entry.version, path]);
}

/** Within one title, each version that went is taken to be replaced by one that came, in order. */
function pairUpdates(gone: RecordedLink[], fresh: ResolvedEntry[]): Map<RecordedLink, ResolvedEntry> {
  const waiting = Map.groupBy(fresh, (entry) => entry.title_id);
  const pairs = new Map<RecordedLink, ResolvedEntry>();
  for (const link of gone) {
    const next = waiting.get(link.title_id)?.shift();
    if (next !== undefined) pairs.set(link, next);
  }
  return pairs;
}

function titleChanges(current: RecordedLink[], removed: RecordedLink[], added: ResolvedEntry[]) {
  const before = new Set(current.map((link) => link.title_id));
  const gone = new Set(removed);
  const after = new Set(current.filter((link) => !gone.has(link)).map((link) => link.title_id));
  for (const entry of added) after.add(entry.title_id);
  return {
    titlesAdded: [...after].filter((id) => !before.has(id)),
    titlesRemoved: [...before].filter((id) => !after.has(id)),
  };
}
