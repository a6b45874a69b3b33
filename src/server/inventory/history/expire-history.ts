import type { Database } from "../../database/tables.ts";
import { dailyCountsExpire } from "./daily-count-store.ts";
import { historyExpire, historyPartitions, historySinceAdvance } from "./retention-store.ts";

const ROWS_PER_STATEMENT = 5000;
const DAY_MS = 86_400_000;

/**
 * Deletes history that ended more than `retentionDays` ago, a bounded number of rows at a time; software that nothing names any more is
 * swept after it (sweep-orphans.ts). The horizon is noted first: an answer never calls a past complete that is being deleted. Stops
 * between two statements when `signal` fires. Returns how many rows of history went.
 */
export async function expireHistory(
  deps: { db: Database; now: () => Date; retentionDays: number },
  signal: AbortSignal,
): Promise<number> {
  const horizon = new Date(deps.now().getTime() - deps.retentionDays * DAY_MS);
  let expired = 0;
  await historySinceAdvance(deps.db, horizon);
  for (const partition of await historyPartitions(deps.db)) {
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
