import type { Database } from "../../database/tables.ts";
import { countChangesAppendInTx } from "../count-store.ts";
import { hostsLockInTx } from "../host-lock-store.ts";
import { sweepLockShareInTx } from "../orphan-store.ts";
import { hostsAdvanceInTx, hostsOfSuperseded, supersededMoveInTx, supersededSoftware } from "./rederive-store.ts";

/** Hosts per transaction; their check-ins wait for as long as one takes, nobody else's. */
const BATCH_HOSTS = 100;

/**
 * Moves the links and the history of superseded software to its successor, host by host like check-ins do, until none is left or `signal`
 * fires. The emptied rows are swept like any orphan. Returns how many links were moved.
 */
export async function moveSuperseded(db: Database, signal: AbortSignal): Promise<number> {
  let moved = 0;
  while (!signal.aborted) {
    // oxlint-disable-next-line no-await-in-loop -- one bounded transaction after the other
    const superseded = await supersededSoftware(db);
    if (superseded === undefined) break;
    // oxlint-disable-next-line no-await-in-loop
    moved += await moveOfHosts(db, superseded);
  }
  return moved;
}

async function moveOfHosts(db: Database, superseded: { id: number; by: number }): Promise<number> {
  const hostIds = await hostsOfSuperseded(db, superseded.id, BATCH_HOSTS);
  return db.transaction().execute(async (tx) => {
    await hostsLockInTx(tx, hostIds);
    await sweepLockShareInTx(tx);
    const moved = await supersededMoveInTx(tx, superseded, hostIds);
    for (const { host_id, united } of moved) {
      // oxlint-disable-next-line no-await-in-loop -- one ledger row a host, with the labels it is in
      await countChangesAppendInTx(tx, host_id, {
        software_added: united ? [] : [superseded.by],
        software_removed: [superseded.id],
        titles_added: [],
        titles_removed: [],
      });
    }
    await hostsAdvanceInTx(tx, moved);
    return moved.length;
  });
}
