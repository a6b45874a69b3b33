import type { Database } from "#server/database/tables.ts";
import type { CurrentCatalogue, MatchingDeps } from "./deps.ts";
import { matchKeysDropUnusedInTx, matchKeysTakeInTx } from "./match-queue-store.ts";
import { matchSubjectsInTx, type Matched } from "./match-subjects.ts";
import { subjectsByKeys } from "./subject-store.ts";
import { matchTurnInTx } from "./turn-store.ts";

/** Keys of one step; the subjects of a key (one version each) are matched together. */
export const KEYS_AT_ONCE = 200;
/** A key of very many versions is matched in parts of this many. */
const SUBJECTS_AT_ONCE = 2000;

/**
 * Matches again the subjects of keys whose ranges changed, in one bounded step. Keys that nobody has are dropped first: a feed tells of far
 * more packages than a fleet holds.
 *
 * @returns keys taken
 */
export async function matchQueuedKeys(
  { db, catalogue }: Pick<MatchingDeps, "db" | "catalogue">,
  limit = KEYS_AT_ONCE,
): Promise<Matched & { keys: number }> {
  const current = await catalogue();
  return await db.transaction().execute(async (tx) => {
    await matchTurnInTx(tx);
    const dropped = await matchKeysDropUnusedInTx(tx);
    const keys = await matchKeysTakeInTx(tx, limit);
    if (keys.length === 0) return { keys: dropped, subjects: 0, opened: 0, closed: 0, changed: 0 };
    const done = await inParts(tx, current, await subjectsByKeys(tx, keys));
    return { ...done, keys: keys.length };
  });
}

async function inParts(tx: Database, current: CurrentCatalogue, ids: readonly number[]): Promise<Matched> {
  const sum: Matched = { subjects: 0, opened: 0, closed: 0, changed: 0 };
  for (let start = 0; start < ids.length; start += SUBJECTS_AT_ONCE) {
    // oxlint-disable-next-line no-await-in-loop -- a transaction has one connection
    const part = await matchSubjectsInTx(tx, current, ids.slice(start, start + SUBJECTS_AT_ONCE));
    for (const name of ["subjects", "opened", "closed", "changed"] as const) sum[name] += part[name];
  }
  return sum;
}
