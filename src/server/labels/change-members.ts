import type { Database } from "../database/tables.ts";
import { holdHosts } from "../inventory/hold-hosts.ts";
import { membershipApplyInTx } from "./label-membership-store.ts";
import { labelLockInTx } from "./label-store.ts";

/** Hosts moved by one transaction, whose check-ins wait for it. */
const HOSTS_PER_TRANSACTION = 500;

/**
 * Puts hosts into a label and takes others out, in bounded transactions: a long list neither holds locks for long nor fails as a whole.
 * Hosts that do not exist are left out; a label that is deleted meanwhile ends it.
 */
export async function changeMembers(
  db: Database,
  labelId: number,
  change: { add: readonly number[]; remove: readonly number[] },
): Promise<{ added: number; removed: number }> {
  const wanted = new Set(change.add);
  const hostIds = [...new Set([...change.add, ...change.remove])].toSorted((a, b) => a - b);
  const total = { added: 0, removed: 0 };
  for (let start = 0; start < hostIds.length; start += HOSTS_PER_TRANSACTION) {
    const batch = hostIds.slice(start, start + HOSTS_PER_TRANSACTION);
    // oxlint-disable-next-line no-await-in-loop -- one bounded transaction after the other
    const { joined, left } = await db.transaction().execute(async (tx) => {
      const locked = await holdHosts(tx, batch);
      if ((await labelLockInTx(tx, labelId)) === undefined) return { joined: 0, left: 0 };
      const members = locked.filter((id) => wanted.has(id)).map((host_id) => ({ host_id, label_id: labelId }));
      return membershipApplyInTx(tx, locked, [labelId], members);
    });
    total.added += joined;
    total.removed += left;
  }
  return total;
}
