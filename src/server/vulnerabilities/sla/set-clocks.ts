import { slaClock, type SlaSettings } from "#domain/vulnerability/judgement/sla.ts";
import type { Database } from "../../database/tables.ts";
import { matchTurnInTx } from "../matching/turn-store.ts";
import { dueTimesWriteInTx, exposureClocks } from "./sla-store.ts";

const AT_ONCE = 5000;

/**
 * Sets every clock by these limits, in the transaction that changes them: whoever counts exposures meanwhile waits, and counts on with the new
 * ones. Hosts are not read.
 */
export async function setClocksInTx(tx: Database, settings: SlaSettings): Promise<void> {
  await matchTurnInTx(tx);
  for (let after = 0; ;) {
    // oxlint-disable-next-line no-await-in-loop -- by the last id of the batch before
    const rows = await exposureClocks(tx, after, AT_ONCE);
    const last = rows.at(-1);
    if (last === undefined) return;
    const due = rows.map(({ vulnerability_id, first_seen, ...facts }) => ({
      vulnerability_id,
      due_at: slaClock({ ...facts, first_seen: first_seen.toISOString() }, settings).due,
    }));
    // oxlint-disable-next-line no-await-in-loop
    await dueTimesWriteInTx(tx, due);
    after = last.vulnerability_id;
  }
}
