import type { Database } from "#server/database/tables.ts";
import type { CurrentCatalogue, MatchingDeps } from "./deps.ts";
import { isOtherBy, matchSubjectsInTx, type Matched } from "./match-subjects.ts";
import { rescanAdvanceInTx, rescanBatch, rescanFinish, rescanNext, type Rescan, type ScanPlace } from "./rescan-store.ts";
import { identitiesConfirmInTx, subjectRows, subjectsOutdated } from "./subject-store.ts";
import { matchTurnInTx } from "./turn-store.ts";

/** Subjects of one step: what they are looked up by is held in memory together (about 2,000 keys). */
export const RESCANNED_AT_ONCE = 1000;
/** Subjects whose identity is compared in one step; few of them are something else, and only those are matched. */
export const REIDENTIFIED_AT_ONCE = 3000;

const NOTHING: Matched = { subjects: 0, opened: 0, closed: 0, changed: 0 };

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
    return { ...NOTHING };
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

/**
 * One step of telling anew what subjects are, where the catalogue or the rules of identity changed since. Those that are the same stay as they
 * are, and are not matched: a finding follows from what a subject is and what feeds say, and feeds' changes are matched by their keys.
 */
export async function reidentifyStep(
  { db, catalogue }: Pick<MatchingDeps, "db" | "catalogue">,
  limit = REIDENTIFIED_AT_ONCE,
): Promise<Matched> {
  const current = await catalogue();
  const ids = await subjectsOutdated(db, current.version, limit);
  if (ids.length === 0) return { ...NOTHING };
  return await db.transaction().execute(async (tx) => {
    await matchTurnInTx(tx);
    const rows = await subjectRows(tx, ids);
    const other = new Set(rows.filter((row) => isOtherBy(row, current)).map(({ id }) => id));
    await identitiesConfirmInTx(
      tx,
      ids.filter((id) => !other.has(id)),
      current.version,
    );
    return { ...(await inParts(tx, current, [...other])), subjects: ids.length };
  });
}

async function inParts(tx: Database, current: CurrentCatalogue, ids: readonly number[]): Promise<Matched> {
  const sum = { ...NOTHING };
  for (let start = 0; start < ids.length; start += RESCANNED_AT_ONCE) {
    // oxlint-disable-next-line no-await-in-loop -- a transaction has one connection
    const part = await matchSubjectsInTx(tx, current, ids.slice(start, start + RESCANNED_AT_ONCE));
    for (const name of ["subjects", "opened", "closed", "changed"] as const) sum[name] += part[name];
  }
  return sum;
}
