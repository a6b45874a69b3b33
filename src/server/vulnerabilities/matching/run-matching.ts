import { setTimeout as delay } from "node:timers/promises";
import { isRetryable } from "#server/database/retry.ts";
import { settleCounts } from "../../inventory/settle-counts.ts";
import { assignScopes } from "./assign-scopes.ts";
import { countExposures } from "./count-exposures.ts";
import type { MatchingDeps } from "./deps.ts";
import { matchNew, takeChanges } from "./match-changes.ts";
import { waitingWork, type Waiting } from "./match-queue-store.ts";
import { matchQueuedKeys } from "./match-queued-keys.ts";
import { mergeQueued } from "./merge-vulnerabilities.ts";
import { reidentifyStep, rescanStep } from "./rescan-subjects.ts";
import { sweepSubjects } from "./sweep-subjects.ts";

/** How long a check-in waits at most before it is looked at, while nothing else is to do. */
const POLL_MS = 1000;
/** Counting exposures takes at most this part of the time: 1 of 10. */
const COUNTING_PAUSE_FACTOR = 9;
const SWEEP_EVERY_MS = 6 * 60 * 60 * 1000;
const FAILURE_PAUSE_MS = 5000;
const CONFLICT_PAUSE_MS = 50;

/**
 * Does one bounded step of everything that waits, in the order of who waits for it: a device that just reported first, then what feeds
 * changed, then what can take its time.
 *
 * @param options.exposures whether exposures may be counted in this step
 * @returns whether anything was done
 */
export async function matchingStep(deps: MatchingDeps, options: { exposures: boolean }): Promise<boolean> {
  const { db } = deps;
  const scoped = await assignScopes(db);
  const waiting = await waitingWork(db);
  let done = scoped > 0;
  const did = (count: number): void => void (done ||= count > 0);
  if (waiting.ledger) did(await settleCounts(db));
  if (waiting.changes || waiting.ledger) did(await takeChanges({ db }));
  did((await matchNew(deps)).subjects);
  await follow(deps, waiting, did);
  if (options.exposures) did(await countExposures(db));
  return done;
}

/** What feeds changed, and what was asked for. */
async function follow(deps: MatchingDeps, waiting: Waiting, did: (count: number) => void): Promise<void> {
  if (waiting.keys) did((await matchQueuedKeys(deps)).keys);
  did((await reidentifyStep(deps)).subjects);
  if (waiting.rescan && (await rescanStep(deps)) !== null) did(1);
  did(await mergeQueued(deps.db));
}

/** Does everything that waits, to the end. For tests, imports and the command line. */
export async function matchingSettle(deps: MatchingDeps): Promise<void> {
  // oxlint-disable-next-line no-await-in-loop -- one step after the other
  while (await matchingStep(deps, { exposures: true }));
}

/** Runs until `signal` fires. What fails is tried again: everything that waits is in the database. */
export async function runMatching(deps: MatchingDeps, signal: AbortSignal): Promise<void> {
  let countAt = 0;
  let sweepAt = performance.now() + SWEEP_EVERY_MS;
  while (!signal.aborted) {
    let pause = POLL_MS;
    try {
      const exposures = performance.now() >= countAt;
      // oxlint-disable-next-line no-await-in-loop -- one step after the other
      const done = await matchingStep(deps, { exposures: false });
      // oxlint-disable-next-line no-await-in-loop
      if (exposures) countAt = await countAndPause(deps, countAt);
      // oxlint-disable-next-line no-await-in-loop
      if (performance.now() >= sweepAt) sweepAt = await sweep(deps, signal);
      if (done) pause = 0;
    } catch (error) {
      if (signal.aborted) return;
      // a conflict with a load or a check-in is over as soon as the other one has committed
      if (isRetryable(error)) pause = CONFLICT_PAUSE_MS;
      else {
        deps.log.error({ err: error }, "matching failed; it is tried again");
        pause = FAILURE_PAUSE_MS;
      }
    }
    // oxlint-disable-next-line no-await-in-loop
    await delay(pause, undefined, { signal }).catch(() => undefined);
  }
}

/** @returns when exposures may be counted again */
async function countAndPause({ db }: MatchingDeps, countAt: number): Promise<number> {
  const from = performance.now();
  if ((await countExposures(db)) === 0) return countAt;
  const now = performance.now();
  return now + (now - from) * COUNTING_PAUSE_FACTOR;
}

async function sweep(deps: MatchingDeps, signal: AbortSignal): Promise<number> {
  const swept = await sweepSubjects(deps, signal);
  if (swept > 0) deps.log.info({ swept }, "forgot software that no host holds any more");
  return performance.now() + SWEEP_EVERY_MS;
}
