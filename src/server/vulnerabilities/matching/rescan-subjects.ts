import type { Database } from "#server/database/tables.ts";
import type { CurrentCatalogue, MatchingDeps } from "./deps.ts";
import { matchSubjectsInTx, matchSubjects, type Matched } from "./match-subjects.ts";
import { rescanAdvanceInTx, rescanBatch, rescanFinish, rescanNext, type Rescan, type ScanPlace } from "./rescan-store.ts";
import { subjectsOutdated } from "./subject-store.ts";
import { matchTurnInTx } from "./turn-store.ts";

/** Subjects of one step: what they are looked up by is held in memory together (about 2,000 keys). */
export const RESCANNED_AT_ONCE = 1000;

/**
 * One step of the rescan that was asked for: a merge of subjects and ranges in the order of keys. Where it stands is written with the
 * findings, so it goes on where it was when a process ends. Steps of other work come in between.
 *
 * @returns null when there is nothing to rescan
 */
export async function rescanStep(
  { db, catalogue }: Pick<MatchingDeps, "db" | "catalogue">,
  limit = RESCANNED_AT_ONCE,
): Promise<Matched | null> {
  const rescan = await rescanNext(db);
  if (rescan === null) return null;
  const current = await catalogue();
  const batch = await rescanBatch(db, rescan, limit);
  const last = batch.at(-1);
  if (last === undefined) {
    await rescanFinish(db, rescan.id);
    return { subjects: 0, opened: 0, closed: 0, changed: 0 };
  }
  return await db.transaction().execute(async (tx) => await scan(tx, current, rescan, batch, last));
}

async function scan(
  tx: Database,
  current: CurrentCatalogue,
  rescan: Rescan,
  batch: readonly ScanPlace[],
  last: ScanPlace,
): Promise<Matched> {
  await matchTurnInTx(tx);
  const ids = batch.map(({ subject_id }) => subject_id);
  const matched = await matchSubjectsInTx(tx, current, ids);
  await rescanAdvanceInTx(tx, rescan.id, last, ids.length);
  return matched;
}

/** One step of telling anew what subjects are, where the catalogue or the rules changed since. Those that are the same stay as they are. */
export async function reidentifyStep(
  { db, catalogue }: Pick<MatchingDeps, "db" | "catalogue">,
  limit = RESCANNED_AT_ONCE,
): Promise<Matched> {
  const current = await catalogue();
  return await matchSubjects(db, current, await subjectsOutdated(db, current.version, limit));
}
