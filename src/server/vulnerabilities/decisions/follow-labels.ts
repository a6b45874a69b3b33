import type { Database } from "../../database/tables.ts";
import { labelChangesTakeInTx } from "./label-change-store.ts";

const BATCH = 5000;

/**
 * Has what decisions for labels suppress counted anew where members of such labels came or went. Costs what changed: labels that no decision
 * names cost one deleted row.
 *
 * @returns how many changes were looked at
 */
export async function followLabels({ db }: { db: Database }, signal?: AbortSignal): Promise<number> {
  let followed = 0;
  while (signal?.aborted !== true) {
    // oxlint-disable-next-line no-await-in-loop -- batch after batch
    const taken = await db.transaction().execute(async (tx) => labelChangesTakeInTx(tx, BATCH));
    followed += taken;
    if (taken < BATCH) break;
  }
  return followed;
}
