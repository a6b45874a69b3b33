import type { Database } from "../database/tables.ts";
import { labelCountedAt, labelCountedAtSet, labelMembersCountInTx, labelMembersUncounted } from "./count-store.ts";
import { holdCounts, holdHosts } from "./hold-hosts.ts";

/** Members counted by one transaction, which holds their locks: about 300,000 links, a third of a second. */
const MEMBERS_PER_TRANSACTION = 500;

/**
 * Makes sure that the software of all of a label's hosts is counted in label_software_counts and label_title_counts: to be called
 * before these are read, with `settleCounts` after it. Labels nobody asks about cost check-ins nothing; the first to ask waits until
 * the label's members are counted, and from then on the ledger keeps them, so later calls are one index probe.
 *
 * Exact under races: a batch holds the locks of its hosts, under which alone links and memberships of a host change; who joins
 * later joins uncounted and is counted by the next call.
 *
 * @returns false when there is no such label
 */
export async function labelCounted(db: Database, labelId: number): Promise<boolean> {
  const countedAt = await labelCountedAt(db, labelId);
  if (countedAt === undefined) return false;
  for (;;) {
    // oxlint-disable-next-line no-await-in-loop -- one bounded transaction after the other
    const hostIds = await labelMembersUncounted(db, labelId, MEMBERS_PER_TRANSACTION);
    if (hostIds.length === 0) break;
    // oxlint-disable-next-line no-await-in-loop
    await db.transaction().execute(async (tx) => {
      await holdHosts(tx, hostIds);
      await holdCounts(tx);
      await labelMembersCountInTx(tx, labelId, hostIds);
    });
  }
  if (countedAt === null) await labelCountedAtSet(db, labelId);
  return true;
}
