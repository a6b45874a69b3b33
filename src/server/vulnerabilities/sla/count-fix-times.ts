import type { Database } from "../../database/tables.ts";
import { fixDayCountInTx, fixDaysToCount, fixTimesSumInTx } from "./sla-store.ts";

/**
 * Brings up to date how long fixes took within the last days: counts the days that ended since, and today as far as it is, a transaction each,
 * and adds them up.
 *
 * @returns how many days were counted
 */
export async function countFixTimes(
  { db, now }: { db: Database; now: () => Date },
  days: number,
  signal?: AbortSignal,
): Promise<number> {
  let counted = 0;
  for (const day of await fixDaysToCount(db, now(), days)) {
    if (signal?.aborted === true) break;
    // oxlint-disable-next-line no-await-in-loop -- a transaction a day, one after the other
    await db.transaction().execute(async (tx) => fixDayCountInTx(tx, day, now()));
    counted += 1;
  }
  await db.transaction().execute(async (tx) => fixTimesSumInTx(tx, now(), days));
  return counted;
}
