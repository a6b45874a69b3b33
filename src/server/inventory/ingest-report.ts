import {
  inventoryDifference,
  type InventoryDifference,
  isEmptyDifference,
  keyedDifference,
} from "#domain/inventory/difference.ts";
import { underRecordedNames } from "#domain/inventory/former-names.ts";
import { planLinks, type LinkPlan, type RecordedLink } from "#domain/inventory/plan.ts";
import type { Derivation } from "#domain/software/derivation/derivations.ts";
import type { SourceReport } from "#domain/software/software.ts";
import type { Database, ReadonlyDatabase } from "../database/tables.ts";
import type { Log } from "../observe/log.ts";
import { readonly } from "../database/pools.ts";
import { isReferenceGone, isRetryable } from "../database/retry.ts";
import {
  hostInventoryState,
  hostSoftwareOfSources,
  type HostInventoryState,
  type HostLinks,
  type KnownEntry,
  type KnownSoftware,
  type SourceState,
} from "./host-software-store.ts";
import type { IngestMetrics } from "./ingest-metrics.ts";
import { CatalogueIds, catalogueKey } from "./catalogue-ids.ts";
import { CatalogueRaceError } from "./catalogue-race.ts";
import { insertCatalogue } from "./insert-catalogue.ts";
import { HostGoneError, linkHost, StalePlanError, type PlannedAt } from "./link-host.ts";
import { prepareReport, type PreparedReport, type PreparedSource } from "./prepare-report.ts";

export interface IngestDeps {
  db: Database;
  /** A replica, or the primary again; read only where the sequence tells whether it lags. */
  replica: ReadonlyDatabase;
  log: Log;
  metrics: IngestMetrics;
  /** Of this process; absent: nothing is remembered from one report to the next. */
  catalogueIds?: CatalogueIds;
  /** How names are derived; what the program knows unless a test says otherwise. */
  derivations?: readonly Derivation[];
}

export interface IngestResult {
  /** False: everything was as recorded and nothing was written. */
  changed: boolean;
  added: number;
  removed: number;
  updated: number;
  /**
   * The host's `software_sequence` at which its software was exactly what was reported (where no source failed). Any later change of
   * its software, by whomever, advances it.
   */
  sequence: number;
}

const ATTEMPTS_MAX = 5;
const UNCHANGED = { changed: false, added: 0, removed: 0, updated: 0 };

/**
 * Records what a host reports to hold: the one way in for every agent (design §5, seed 002). Sources that are not in `reports`
 * are left untouched; those that failed keep their rows and record the error. When every digest is as recorded, one indexed read
 * is all that happens. Idempotent: the same report twice, at once or later, is the same as once.
 *
 * @throws {HttpError} 422 for an absurd report.
 * @throws {HostGoneError} when the host was deleted meanwhile.
 */
export async function ingestReport(deps: IngestDeps, hostId: number, reports: SourceReport[]): Promise<IngestResult> {
  const report = prepareReport(reports, deps.derivations);
  deps.metrics.rowsReceived(report);
  for (let attempt = 1; ; attempt++) {
    try {
      // oxlint-disable-next-line no-await-in-loop -- a retry after a conflict
      const result = await ingestOnce(deps, hostId, report, attempt);
      deps.metrics.reportDone(result);
      return result;
    } catch (error) {
      if (attempt >= ATTEMPTS_MAX || !startsOver(error)) {
        deps.metrics.reportFailed();
        throw error;
      }
      deps.metrics.retried();
      deps.log.debug({ host_id: hostId, attempt, err: error }, "check-in starts over");
    }
  }
}

function startsOver(error: unknown): boolean {
  // a title that was swept between its insertion and its first software is a reference that is gone
  const raced = error instanceof CatalogueRaceError || isReferenceGone(error);
  return error instanceof StalePlanError || raced || isRetryable(error);
}

async function ingestOnce(deps: IngestDeps, hostId: number, report: PreparedReport, attempt: number): Promise<IngestResult> {
  const state = await hostInventoryState(deps.db, hostId);
  if (state === null) throw new HostGoneError(`host ${hostId} was deleted`);
  const changed = report.sources.filter((s) => !isAsRecorded(state, s));
  const failures = report.failures.filter((f) => state.sources.get(f.source)?.error !== f.error);
  if (changed.length === 0 && failures.length === 0) return { ...UNCHANGED, sequence: state.software_sequence };
  const { plan, planned, different } = await planCheckIn(deps, hostId, state, changed, attempt);
  await linkHost(deps.db, hostId, planned, plan, [...changed.map(sourceState), ...failures]);
  const written = { changed: true, sequence: planned.sequence + 1 };
  if (!different) return { ...UNCHANGED, ...written };
  return { ...written, added: plan.begin.length, removed: plan.end.length, updated: plan.update.length };
}

function isAsRecorded(state: HostInventoryState, source: PreparedSource): boolean {
  const known = state.sources.get(source.source);
  return known !== undefined && known.error === null && known.digest.equals(source.digest);
}

/** A source that only ever failed has a row without a digest. */
function wasReported(state: HostInventoryState, source: string): boolean {
  return (state.sources.get(source)?.digest.length ?? 0) > 0;
}

/** The rules that the source's recorded names follow: a report by older ones renames nothing. */
function recordedVersion(state: HostInventoryState, source: string): number {
  return state.sources.get(source)?.derivation_version ?? 0;
}

function sourceState(source: PreparedSource): SourceState {
  return {
    source: source.source,
    digest: source.digest,
    rows_count: source.entries.length,
    derivation_version: source.derivation_version,
    error: null,
  };
}

/** Reads what the host holds (from the replica when it is not behind), compares, and makes sure the catalogue has what comes. */
async function planCheckIn(
  deps: IngestDeps,
  hostId: number,
  state: HostInventoryState,
  changed: PreparedSource[],
  attempt: number,
): Promise<{ plan: LinkPlan; planned: PlannedAt; different: boolean }> {
  const current = await currentLinks(deps, hostId, state, changed, attempt);
  const difference = differenceOf(state, current, changed);
  const arriving = [...difference.added, ...difference.changed.map((c) => c.reported)];
  const resolve = await insertCatalogue(deps.db, arriving, current.title_epoch, deps.catalogueIds ?? new CatalogueIds());
  const facts = { reportedBefore: (source: string) => wasReported(state, source) };
  return {
    plan: planLinks(current.links, difference, resolve, facts),
    planned: { sequence: current.software_sequence, epoch: current.title_epoch },
    different: !isEmptyDifference(difference),
  };
}

/** The sources' entries do not overlap, as the source is a part of the key. */
function differenceOf(
  state: HostInventoryState,
  { links, keyed }: Pick<HostLinks, "links" | "keyed">,
  changed: PreparedSource[],
): InventoryDifference<RecordedLink> {
  if (changed.every((s) => s.derivation_version >= recordedVersion(state, s.source)))
    return keyedDifference(
      keyed,
      changed.flatMap((s) => [...s.keyed]),
    );
  return inventoryDifference(
    links,
    changed.flatMap((s) =>
      s.derivation_version < recordedVersion(state, s.source) ? underRecordedNames(links, s.entries) : s.entries,
    ),
  );
}

async function currentLinks(
  deps: IngestDeps,
  hostId: number,
  state: HostInventoryState,
  changed: PreparedSource[],
  attempt: number,
): Promise<HostLinks> {
  const sources = changed.map((s) => s.source);
  if (!sources.some((source) => state.sources.has(source))) return { ...state, links: [], keyed: new Map() };
  const known = knownSoftware(deps, state, changed);
  const read = async (db: ReadonlyDatabase) => {
    const current = await hostSoftwareOfSources(db, hostId, sources, known);
    // what is known is known of another epoch then
    return current.title_epoch === state.title_epoch ? current : hostSoftwareOfSources(db, hostId, sources);
  };
  if (attempt === 1) {
    const current = await read(deps.replica);
    if (current.software_sequence === state.software_sequence) return current;
    deps.metrics.replicaBehind();
  }
  return read(readonly(deps.db));
}

/**
 * The reported entries whose software this process knows: nearly all that the host holds, since nearly nothing changed. Not those of a
 * report by older rules, whose names may be aliases of the recorded ones.
 */
function knownSoftware(deps: IngestDeps, state: HostInventoryState, changed: PreparedSource[]): KnownSoftware {
  const entries = new Map<number, KnownEntry>();
  for (const { source, keyed, derivation_version } of changed) {
    if (derivation_version < recordedVersion(state, source)) continue;
    for (const [key, entry] of keyed) {
      const row = deps.catalogueIds?.get(state.title_epoch, catalogueKey(entry, key));
      if (row !== undefined) entries.set(row.id, { key, entry, title_id: row.title_id, facts_id: row.facts_id });
    }
  }
  return { entries, sources: deps.catalogueIds?.sources ?? new Map() };
}
