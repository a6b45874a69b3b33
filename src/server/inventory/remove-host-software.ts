import type { Database } from "../database/tables.ts";
import { countChangesAppendInTx } from "./count-store.ts";
import { hostSoftwareDeleteInTx } from "./host-software-store.ts";

/** Forgets a host's software and history and takes it out of the counts, inside the transaction that deletes the locked host. */
export async function removeHostSoftware(tx: Database, hostId: number): Promise<void> {
  const removed = await hostSoftwareDeleteInTx(tx, hostId);
  await countChangesAppendInTx(tx, hostId, {
    software_added: [],
    software_removed: removed.software_ids,
    titles_added: [],
    titles_removed: removed.title_ids,
  });
}
