import { linkChange, mergeEntries, type InventoryDifference } from "./difference.ts";
import { formerByPath, renamesByPath } from "./renames.ts";
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

/** A link to make; `since` is set when it continues renamed ones, else it begins now. */
export interface NewLink extends ResolvedEntry {
  since: number | null;
}

/** Everything a check-in writes about a host's links, decided before the transaction begins. */
export interface LinkPlan {
  end: EndedLink[];
  begin: NewLink[];
  update: ResolvedEntry[];
  /** Further names of what ended as renamed: one row that became several. They end nothing; they are events. */
  alsoRenamed: EndedLink[];
  /** Those of `begin` that are new on the host: they continue nothing, and their source was reported before. */
  installed: ResolvedEntry[];
  /** Titles of which the host now holds a version and did not before, and the reverse. */
  titlesAdded: number[];
  titlesRemoved: number[];
}

/** What the plan must know beside the rows. */
export interface PlanFacts {
  /** Was this source reported by this host before? What comes with a first report was there already. */
  reportedBefore: (source: string) => boolean;
  /** Titles of links that stay as they are and are not among the current ones given. */
  titlesUntouched?: Iterable<number>;
}

/**
 * Turns a difference into writes. `current` is all that the host holds in the sources concerned, but for links that stay as they are
 * (their titles are in the facts); `resolve` gives the catalogue ids of a reported entry, none of them such a link's. A title lies wholly
 * within one source, so these links decide whether the host still holds a title.
 *
 * The ids decide, not the names: an entry that resolves to software the host is recorded with (its former name, by an alias) is that
 * software. Applying the plan to `current` gives exactly what was reported (tested as a property).
 */
export function planLinks(
  current: RecordedLink[],
  difference: InventoryDifference<RecordedLink>,
  resolve: (entry: SoftwareEntry) => ResolvedEntry,
  facts: PlanFacts,
): LinkPlan {
  const arrivals = sortArrivals(current, difference, resolve);
  const renamedTo = renamesOf(current, arrivals);
  const [removed, added] = [[...arrivals.removed], [...arrivals.added.values()]];
  const former = formerByPath(
    [...renamedTo.keys()],
    added.map(({ entry }) => entry),
  );
  for (const [from, to] of arrivals.superseded)
    if (from.since < (former.get(to.entry)?.since ?? Infinity)) former.set(to.entry, from);
  const fresh = added.filter(({ entry }) => !former.has(entry));
  const updatedTo = pairUpdates(
    removed.filter((link) => !renamedTo.has(link)),
    fresh,
  );
  const updates = new Set(updatedTo.values());
  const ended = removed.map((link) => endOf(link, renamedTo.get(link), updatedTo.get(link)));
  return {
    end: ended,
    begin: added.map((arrived) => ({ ...arrived, since: former.get(arrived.entry)?.since ?? null })),
    alsoRenamed: alsoRenamed(added, former, ended),
    update: [...arrivals.updated.values()],
    installed: fresh.filter((arrived) => !updates.has(arrived) && facts.reportedBefore(arrived.entry.source)),
    ...titleChanges(current, removed, added, facts.titlesUntouched ?? []),
  };
}

/** One row may become several; its end names one of them, and these are the others: history must name them too. */
function alsoRenamed(added: ResolvedEntry[], former: Map<SoftwareEntry, RecordedLink>, ended: EndedLink[]): EndedLink[] {
  const named = new Set(ended.filter(({ event }) => event === "renamed").map(({ next_software_id }) => next_software_id));
  return added.flatMap((arrived) => {
    const from = former.get(arrived.entry);
    return from === undefined || named.has(arrived.software_id) ? [] : [endOf(from, arrived, undefined)];
  });
}

function endOf(link: RecordedLink, renamed: ResolvedEntry | undefined, updated: ResolvedEntry | undefined): EndedLink {
  const { software_id, title_id, since } = link;
  const next = renamed ?? updated;
  const event = renamed ? "renamed" : updated ? "updated" : "removed";
  return { software_id, title_id, since, event, next_software_id: next?.software_id ?? null };
}

/** A difference by catalogue ids. */
interface Arrivals {
  removed: Set<RecordedLink>;
  added: Map<number, ResolvedEntry>;
  updated: Map<number, ResolvedEntry>;
  /** Links whose software became another's since they were made (re-keying found the new name taken), with that other. */
  superseded: Map<RecordedLink, ResolvedEntry>;
}

function sortArrivals(
  current: RecordedLink[],
  difference: InventoryDifference<RecordedLink>,
  resolve: (entry: SoftwareEntry) => ResolvedEntry,
): Arrivals {
  const links = new Map(current.map((link) => [link.software_id, link]));
  const arrivals: Arrivals = {
    removed: new Set(difference.removed),
    added: new Map(),
    updated: new Map(),
    superseded: new Map(),
  };
  const moved: [RecordedLink, ResolvedEntry][] = [];
  for (const { current: link, reported } of difference.changed) {
    const resolved = resolve(reported);
    if (resolved.software_id === link.software_id) arrivals.updated.set(link.software_id, resolved);
    else moved.push([link, resolved]);
  }
  for (const [link] of moved) arrivals.removed.add(link);
  for (const entry of difference.added) arrive(arrivals, links, resolve(entry));
  for (const [link, resolved] of moved) arrivals.superseded.set(link, arrive(arrivals, links, resolved));
  return arrivals;
}

/** Two names of one software in one report (an alias and its present name) are one row: its paths together. */
function arrive(arrivals: Arrivals, links: ReadonlyMap<number, RecordedLink>, resolved: ResolvedEntry): ResolvedEntry {
  const id = resolved.software_id;
  const link = links.get(id);
  const known = arrivals.added.get(id) ?? arrivals.updated.get(id);
  const stays = link !== undefined && !arrivals.removed.has(link);
  const before = known?.entry ?? (stays ? link : undefined);
  const merged = { ...resolved, entry: before === undefined ? resolved.entry : mergeEntries(before, resolved.entry) };
  if (link === undefined) arrivals.added.set(id, merged);
  else {
    arrivals.removed.delete(link);
    const entry = linkChange(link, merged.entry);
    if (entry === null) arrivals.updated.delete(id);
    else arrivals.updated.set(id, { ...merged, entry });
  }
  return merged;
}

/** Where links that go live on under another name: in what arrives, or in a row that now lies where they lay. */
function renamesOf(current: RecordedLink[], arrivals: Arrivals): Map<RecordedLink, ResolvedEntry> {
  const before = new Map(current.map((link) => [link.software_id, link]));
  const candidates = new Map<SoftwareEntry, ResolvedEntry>();
  for (const arrived of arrivals.added.values()) candidates.set(arrived.entry, arrived);
  for (const arrived of arrivals.updated.values()) {
    const known = new Set(before.get(arrived.software_id)?.installed_paths);
    const gained = arrived.entry.installed_paths.filter((path) => !known.has(path));
    if (gained.length > 0) candidates.set({ ...arrived.entry, installed_paths: gained }, arrived);
  }
  const renames = new Map<RecordedLink, ResolvedEntry>(arrivals.superseded);
  const gone = [...arrivals.removed].filter((link) => !renames.has(link));
  for (const [link, entry] of renamesByPath(gone, [...candidates.keys()])) {
    const to = candidates.get(entry);
    if (to !== undefined) renames.set(link, to);
  }
  return renames;
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

function titleChanges(current: RecordedLink[], removed: RecordedLink[], added: ResolvedEntry[], untouched: Iterable<number>) {
  if (removed.length + added.length === 0) return { titlesAdded: [], titlesRemoved: [] };
  const gone = new Set(removed);
  const before = new Set(untouched);
  const after = new Set(before);
  for (const link of current) {
    before.add(link.title_id);
    if (!gone.has(link)) after.add(link.title_id);
  }
  for (const entry of added) after.add(entry.title_id);
  return {
    titlesAdded: [...after].filter((id) => !before.has(id)),
    titlesRemoved: [...before].filter((id) => !after.has(id)),
  };
}
