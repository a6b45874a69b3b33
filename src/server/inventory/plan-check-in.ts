import {
  inventoryDifference,
  type InventoryDifference,
  isEmptyDifference,
  keyedDifference,
} from "#domain/inventory/difference.ts";
import { underRecordedNames } from "#domain/inventory/former-names.ts";
import { planLinks, type LinkPlan, type RecordedLink, type ResolvedEntry } from "#domain/inventory/plan.ts";
import type { SoftwareEntry } from "#domain/software/software.ts";
import type { Database, ReadonlyDatabase } from "../database/tables.ts";
import { readonly } from "../database/pools.ts";
import { CatalogueIds, catalogueKey } from "./catalogue-ids.ts";
import { CatalogueRaceError } from "./catalogue-race.ts";
import type { CatalogueRow } from "./catalogue-store.ts";
import {
  hostSoftwareOfSources,
  type HostInventoryState,
  type HostLinks,
  type KnownEntry,
  type KnownSoftware,
  nothingKnown,
} from "./host-software-store.ts";
import type { IngestMetrics } from "./ingest-metrics.ts";
import { type ArrivingEntry, insertCatalogue } from "./insert-catalogue.ts";
import type { PlannedAt } from "./link-store.ts";
import type { PreparedEntry, PreparedSource } from "./prepare-report.ts";

export interface PlanDeps {
  db: Database;
  replica: ReadonlyDatabase;
  metrics: Pick<IngestMetrics, "replicaBehind">;
  catalogueIds?: CatalogueIds;
}

/** A report's sources: those of which something may have changed, and all. */
export interface ReportedSources {
  changed: PreparedSource[];
  all: PreparedSource[];
}

export interface CheckInPlan {
  plan: LinkPlan;
  planned: PlannedAt;
  /** False: digests or rules changed, and no link. */
  different: boolean;
}

/** What this process knows of a report's software without asking. */
interface KnownReport {
  software: Omit<KnownSoftware, "entries"> & { entries: ReadonlyMap<number, KnownEntry & { item: PreparedEntry }> };
  /** What it does not know. */
  unknown: PreparedEntry[];
}

/**
 * Reads in what the host differs from the report (from the replica when it is not behind), makes sure the catalogue has what comes, and
 * plans what is to be written.
 */
export async function planCheckIn(
  deps: PlanDeps,
  hostId: number,
  state: HostInventoryState,
  sources: ReportedSources,
  attempt: number,
): Promise<CheckInPlan> {
  const { changed } = sources;
  const isFirst = !changed.some(({ source }) => state.sources.has(source));
  if (isFirst) return whole(deps, state, changed, { ...state, links: [], keyed: new Map(), missing: [] });
  const known = knownReport(deps, state, sources);
  if (known !== null) {
    const current = await readLinks(deps, hostId, state, changed, known.software, attempt);
    // what is known is known of another epoch then
    const plan = current.title_epoch === state.title_epoch ? await planFrom(deps, state, changed, current, known) : null;
    if (plan !== null) return plan;
  }
  const nothing = nothingKnown(deps.catalogueIds?.sources);
  return whole(deps, state, changed, await readLinks(deps, hostId, state, changed, nothing, attempt));
}

/** The plan from all that the host holds in these sources. */
async function whole(
  deps: PlanDeps,
  state: HostInventoryState,
  changed: PreparedSource[],
  current: HostLinks,
): Promise<CheckInPlan> {
  const plan = await planFrom(deps, state, changed, current, null);
  if (plan === null) throw new Error("a plan from all links is always possible");
  return plan;
}

/** @returns null when what comes is, by another name, what is known to stay: then all links are needed. */
async function planFrom(
  deps: PlanDeps,
  state: HostInventoryState,
  changed: PreparedSource[],
  current: HostLinks,
  known: KnownReport | null,
): Promise<CheckInPlan | null> {
  const differing = new Set([...current.links.map((link) => link.software_id), ...current.missing]);
  const reported = known === null ? changed.flatMap((s) => s.prepared) : unsettled(known, differing);
  const difference = differenceOf(state, current, changed, reported);
  const rows = await insertCatalogue(
    deps.db,
    arrivingOf(difference, reported),
    current.title_epoch,
    deps.catalogueIds ?? new CatalogueIds(),
  );
  if (known !== null && [...rows.values()].some(({ id }) => known.software.entries.has(id) && !differing.has(id))) return null;
  const facts = {
    reportedBefore: (source: string) => wasReported(state, source),
    titlesUntouched: known === null ? [] : titlesBut(known, differing),
  };
  return {
    plan: planLinks(current.links, difference, (entry) => resolved(entry, rows.get(entry)), facts),
    planned: { sequence: current.software_sequence, epoch: current.title_epoch },
    different: !isEmptyDifference(difference),
  };
}

function resolved(entry: SoftwareEntry, row: CatalogueRow | undefined): ResolvedEntry {
  if (row === undefined) throw new CatalogueRaceError(`software ${entry.name} disappeared while it was being linked`);
  return { entry, software_id: row.id, title_id: row.title_id, facts_id: row.facts_id };
}

/** The reported entries that are not certainly linked as they are. */
function unsettled({ software, unknown }: KnownReport, differing: ReadonlySet<number>): PreparedEntry[] {
  const items = [...unknown];
  for (const id of differing) {
    const entry = software.entries.get(id);
    if (entry !== undefined) items.push(entry.item);
  }
  return items;
}

function* titlesBut({ software }: KnownReport, differing: ReadonlySet<number>): Generator<number> {
  for (const [id, { title_id }] of software.entries) if (!differing.has(id)) yield title_id;
}

function arrivingOf(difference: InventoryDifference<RecordedLink>, reported: PreparedEntry[]): ArrivingEntry[] {
  const keys = new Map(reported.map((item) => [item.entry, item.catalogueKey]));
  const arriving = [...difference.added, ...difference.changed.map((c) => c.reported)];
  return arriving.map((entry) => ({ entry, catalogueKey: keys.get(entry) ?? catalogueKey(entry) }));
}

/** The sources' entries do not overlap, as the source is a part of the key. */
function differenceOf(
  state: HostInventoryState,
  { links, keyed }: Pick<HostLinks, "links" | "keyed">,
  changed: PreparedSource[],
  reported: PreparedEntry[],
): InventoryDifference<RecordedLink> {
  if (!isByOlderRules(state, changed))
    return keyedDifference(
      keyed,
      reported.map(({ key, entry }) => [key, entry]),
    );
  return inventoryDifference(
    links,
    changed.flatMap((s) =>
      s.derivation_version < recordedVersion(state, s.source) ? underRecordedNames(links, s.entries) : s.entries,
    ),
  );
}

async function readLinks(
  deps: PlanDeps,
  hostId: number,
  state: HostInventoryState,
  changed: PreparedSource[],
  known: KnownSoftware,
  attempt: number,
): Promise<HostLinks> {
  const sources = changed.map((s) => s.source);
  if (attempt === 1) {
    const current = await hostSoftwareOfSources(deps.replica, hostId, sources, known);
    if (current.software_sequence === state.software_sequence) return current;
    deps.metrics.replicaBehind();
  }
  return hostSoftwareOfSources(readonly(deps.db), hostId, sources, known);
}

/**
 * The reported software whose rows of the catalogue this process knows: nearly all, since others brought it before. Null when that is of
 * no use: of a report by older rules, whose names may be aliases of the recorded ones, or when two of its names are one software.
 */
function knownReport(deps: PlanDeps, state: HostInventoryState, { changed, all }: ReportedSources): KnownReport | null {
  const ids = deps.catalogueIds;
  if (ids === undefined || isByOlderRules(state, changed)) return null;
  const entries = new Map<number, KnownEntry & { item: PreparedEntry }>();
  const unknown: PreparedEntry[] = [];
  for (const item of changed.flatMap((s) => s.prepared)) {
    const row = ids.get(state.title_epoch, item.catalogueKey);
    if (row === undefined) unknown.push(item);
    else if (entries.has(row.id)) return null;
    else entries.set(row.id, { item, key: item.key, entry: item.entry, title_id: row.title_id, facts_id: row.facts_id });
  }
  const others = all
    .filter((s) => !changed.includes(s))
    .flatMap((s) => s.prepared)
    .map((item) => ids.get(state.title_epoch, item.catalogueKey)?.id)
    .filter((id) => id !== undefined);
  return { software: { entries, others: [...new Set(others)].filter((id) => !entries.has(id)), sources: ids.sources }, unknown };
}

/** A source that only ever failed has a row without a digest. */
function wasReported(state: HostInventoryState, source: string): boolean {
  return (state.sources.get(source)?.digest.length ?? 0) > 0;
}

function isByOlderRules(state: HostInventoryState, changed: PreparedSource[]): boolean {
  return changed.some((s) => s.derivation_version < recordedVersion(state, s.source));
}

/** The rules that the source's recorded names follow: a report by older ones renames nothing. */
function recordedVersion(state: HostInventoryState, source: string): number {
  return state.sources.get(source)?.derivation_version ?? 0;
}
