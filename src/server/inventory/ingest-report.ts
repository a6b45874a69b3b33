import type { Derivation } from "#domain/software/derivation/derivations.ts";
import type { SourceReport } from "#domain/software/software.ts";
import type { Database, ReadonlyDatabase } from "../database/tables.ts";
import type { Log } from "../observe/log.ts";
import { isReferenceGone, isRetryable } from "../database/retry.ts";
import { hostInventoryState, type HostInventoryState } from "./host-software-store.ts";
import type { IngestMetrics } from "./ingest-metrics.ts";
import type { CatalogueIds } from "./catalogue-ids.ts";
import { CatalogueRaceError } from "./catalogue-race.ts";
import { HostGoneError, linkHost, StalePlanError } from "./link-host.ts";
import type { SourceState } from "./link-store.ts";
import { planCheckIn } from "./plan-check-in.ts";
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
  const { plan, planned, different } = await planCheckIn(deps, hostId, state, { changed, all: report.sources }, attempt);
  await linkHost(deps.db, hostId, planned, plan, [...changed.map(sourceState), ...failures]);
  const written = { changed: true, sequence: planned.sequence + 1 };
  if (!different) return { ...UNCHANGED, ...written };
  return { ...written, added: plan.begin.length, removed: plan.end.length, updated: plan.update.length };
}

function isAsRecorded(state: HostInventoryState, source: PreparedSource): boolean {
  const known = state.sources.get(source.source);
  return known !== undefined && known.error === null && known.digest.equals(source.digest);
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
