import type { Database } from "../database/tables.ts";
import { forgottenHost, forgottenHostClear, hostsForgetInTx } from "./forgotten-host-store.ts";
import { sweepLockShareInTx } from "./orphan-store.ts";

/** Rows of one kind cleared by one statement. */
const ROWS_PER_STATEMENT = 5000;

/**
 * Forgets hosts' software inside the transaction that deletes them, whose locks it holds: counts and labels are right when that
 * commits. Their links and history, which nothing reads any more, are cleared away later ({@link clearForgottenHosts}).
 */
export async function forgetHostsSoftware(tx: Database, hostIds: number[]): Promise<void> {
  if (hostIds.length === 0) return;
  await sweepLockShareInTx(tx);
  await hostsForgetInTx(tx, hostIds);
}

/**
 * Clears away what deleted hosts left, in bounded statements until nothing is left or `signal` fires; the next run goes on. Returns how
 * many hosts were cleared.
 */
export async function clearForgottenHosts(db: Database, signal?: AbortSignal): Promise<number> {
  let cleared = 0;
  while (signal?.aborted !== true) {
    // oxlint-disable-next-line no-await-in-loop -- one bounded statement after the other
    const hostId = await forgottenHost(db);
    if (hostId === null) break;
    // oxlint-disable-next-line no-await-in-loop
    if (!(await forgottenHostClear(db, hostId, ROWS_PER_STATEMENT))) cleared += 1;
  }
  return cleared;
}
