import { readonly } from "../database/pools.ts";
import type { Database } from "../database/tables.ts";
import { holdHosts } from "../inventory/hold-hosts.ts";
import { evaluateHosts } from "./evaluate-hosts.ts";
import {
  evaluationLockInTx,
  evaluationMove,
  evaluationNext,
  hostChangesPending,
  hostChangesTakeInTx,
  labelsMentioningInTx,
} from "./evaluation-store.ts";
import type { RunningEvaluation } from "./evaluation-store.ts";
import { hostIdsAfter } from "./host-vitals-store.ts";
import { membershipApplyInTx } from "./label-membership-store.ts";

/** Hosts looked at by one transaction, whose check-ins wait for it: a few tens of milliseconds. */
const HOSTS_PER_TRANSACTION = 500;

/**
 * Brings the labels with criteria up to date: hosts that changed, then labels that are new or were edited, in bounded transactions until
 * nothing is left or `signal` fires. Any number of processes may do so at once. Returns how many memberships began or ended.
 *
 * Exact under races with check-ins and edits: a transaction holds its hosts' locks and then its labels', so what it writes follows from
 * the facts and criteria that are in force when it commits. Whatever changes later notes the host, or begins the label's evaluation,
 * anew.
 */
export async function evaluateLabels(db: Database, signal?: AbortSignal): Promise<number> {
  let moved = 0;
  const goOn = (): boolean => signal?.aborted !== true;
  // oxlint-disable-next-line no-await-in-loop -- one bounded transaction after the other
  while (goOn() && (await hostChangesPending(db))) {
    // oxlint-disable-next-line no-await-in-loop
    const batch = await db.transaction().execute((tx) => evaluateChangesInTx(tx));
    moved += batch.moved;
    // what is left then is another process's
    if (batch.taken === 0) break;
  }
  while (goOn()) {
    // oxlint-disable-next-line no-await-in-loop
    const running = await evaluationNext(db);
    if (running === undefined) break;
    // oxlint-disable-next-line no-await-in-loop
    moved += await evaluateBatch(db, running);
  }
  return moved;
}

async function evaluateChangesInTx(tx: Database): Promise<{ taken: number; moved: number }> {
  const changes = await hostChangesTakeInTx(tx, HOSTS_PER_TRANSACTION);
  if (changes.length === 0) return { taken: 0, moved: 0 };
  const hostIds = await holdHosts(tx, [...new Set(changes.map((change) => change.host_id))]);
  const labels = await labelsMentioningInTx(tx, [...new Set(changes.flatMap((change) => change.fields))]);
  const members = await evaluateHosts(readonly(tx), hostIds, labels);
  const { joined, left } = await membershipApplyInTx(
    tx,
    hostIds,
    labels.map((label) => label.id),
    members,
  );
  return { taken: changes.length, moved: joined + left };
}

/** Judges the next hosts of an evaluation. Returns how many memberships began or ended. */
async function evaluateBatch(db: Database, running: RunningEvaluation): Promise<number> {
  const hostIds = await hostIdsAfter(readonly(db), running.evaluated_to, HOSTS_PER_TRANSACTION);
  return db.transaction().execute(async (tx) => {
    const locked = await holdHosts(tx, hostIds);
    const labels = await evaluationLockInTx(tx, running);
    const labelIds = labels.map((label) => label.id);
    const members = await evaluateHosts(readonly(tx), locked, labels);
    const { joined, left } = await membershipApplyInTx(tx, locked, labelIds, members);
    const done = hostIds.length < HOSTS_PER_TRANSACTION;
    await evaluationMove(tx, labelIds, hostIds.at(-1) ?? running.evaluated_to, done);
    return joined + left;
  });
}
