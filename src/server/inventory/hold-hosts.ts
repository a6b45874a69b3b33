import type { Database } from "../database/tables.ts";
import { countsLockInTx } from "./count-store.ts";
import { hostsLockInTx } from "./host-lock-store.ts";
import { sweepLockShareInTx } from "./orphan-store.ts";

/**
 * Holds hosts as they are until the transaction ends: no check-in, deletion or change of labels of theirs comes in between, and what
 * the catalogue says of their software stays. Locks are taken in the order of ids. Returns the hosts that exist.
 */
export async function holdHosts(tx: Database, hostIds: number[]): Promise<number[]> {
  const held = await hostsLockInTx(tx, hostIds);
  await sweepLockShareInTx(tx);
  return held;
}

/** Keeps everybody else from writing counts until the transaction ends; after the hosts, never before them. */
export async function holdCounts(tx: Database): Promise<void> {
  await countsLockInTx(tx);
}
