import type { Database } from "../database/tables.ts";
import { countChangesFoldInTx, countChangesPending, FOLD_ROWS_MAX } from "./count-store.ts";

/**
 * Folds the ledger of count changes into the stored counts until none is left that was there at the start. Lists call it before
 * they read, so that a count equals the rows behind it and sorting by it is right; a job calls it so that the ledger stays short.
 * Returns the number of check-ins folded.
 */
export async function settleCounts(db: Database): Promise<number> {
  let folded = 0;
  if (!(await countChangesPending(db))) return folded;
  for (;;) {
    // oxlint-disable-next-line no-await-in-loop -- each round is a transaction of bounded size
    const taken = await db.transaction().execute((tx) => countChangesFoldInTx(tx));
    folded += taken;
    if (taken < FOLD_ROWS_MAX) return folded;
  }
}
