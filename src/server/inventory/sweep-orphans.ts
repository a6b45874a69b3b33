import type { Database } from "../database/tables.ts";
import { orphansDeleteInTx } from "./orphan-store.ts";

const SWEEP_ROWS_PER_TRANSACTION = 1000;
/** A row this young may belong to a check-in between its two phases. */
const ORPHAN_AGE_MS_MIN = 60 * 60 * 1000;

/**
 * Deletes catalogue rows that no host holds any more and no history names. Safe against check-ins at any moment: linking holds a
 * shared lock and links only rows that exist, so a check-in whose software was swept under it starts over (ingest-report.ts).
 * Stops at batch boundaries when `signal` fires. Returns the number of software rows deleted.
 */
export async function sweepOrphans(
  deps: { db: Database; now: () => Date },
  signal: AbortSignal,
  ageMs = ORPHAN_AGE_MS_MIN,
): Promise<number> {
  const olderThan = new Date(deps.now().getTime() - ageMs);
  let swept = 0;
  while (!signal.aborted) {
    // oxlint-disable-next-line no-await-in-loop -- one bounded transaction after the other
    const deleted = await deps.db.transaction().execute((tx) => orphansDeleteInTx(tx, olderThan, SWEEP_ROWS_PER_TRANSACTION));
    swept += deleted;
    if (deleted < SWEEP_ROWS_PER_TRANSACTION) break;
  }
  return swept;
}
