import type { Database } from "../../database/tables.ts";
import { dailyCountsExpire } from "./daily-count-store.ts";
import { historyExpire, historyHasExpired, historyPartitions, historySinceAdvance } from "./retention-store.ts";

const ROWS_PER_STATEMENT = 5000;
const DAY_MS = 86_400_000;

/**
 * Deletes history that ended more than `retentionDays` ago, a bounded number of rows at a time; software that nothing names any more is
 * swept after it (sweep-orphans.ts). The horizon is noted before the first deletion, so that an answer never calls a past complete that is
 * being deleted; and not at all where there is nothing to delete, so that none calls a past incomplete that is whole. Stops between two
 * statements when `signal` fires. Returns how many rows of history went.
 */
export async function expireHistory(
  deps: { db: Database; now: () => Date; retentionDays: number },
  signal: AbortSignal,
): Promise<number> {
  const horizon = new Date(deps.now().getTime() - deps.retentionDays * DAY_MS);
  let expired = 0;
  for (const partition of await historyPartitions(deps.db)) {
    // oxlint-disable-next-line no-await-in-loop -- one partition after the other
    if (signal.aborted || !(await historyHasExpired(deps.db, partition, horizon))) continue;
    // oxlint-disable-next-line no-await-in-loop -- before this partition's first row goes
    await historySinceAdvance(deps.db, horizon);
    let deleted = ROWS_PER_STATEMENT;
    while (deleted === ROWS_PER_STATEMENT && !signal.aborted) {
      // oxlint-disable-next-line no-await-in-loop -- one bounded statement after the other
      deleted = await historyExpire(deps.db, partition, horizon, ROWS_PER_STATEMENT);
      expired += deleted;
    }
  }
  await dailyCountsExpire(deps.db, horizon);
  return expired;
}
