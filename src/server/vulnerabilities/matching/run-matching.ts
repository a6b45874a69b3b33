import { setTimeout as delay } from "node:timers/promises";
import { isRetryable } from "#server/database/retry.ts";
import { settleCounts } from "../../inventory/settle-counts.ts";
import { assignScopes } from "./assign-scopes.ts";
import { countExposures, EXPOSURES_AT_ONCE } from "./count-exposures.ts";
import type { MatchingDeps } from "./deps.ts";
import { CHANGES_AT_ONCE, matchNew, SUBJECTS_AT_ONCE, takeChanges } from "./match-changes.ts";
import { waitingWork, type Waiting } from "./match-queue-store.ts";
import { KEYS_AT_ONCE, matchQueuedKeys } from "./match-queued-keys.ts";
import { mergeQueued, MERGES_AT_ONCE } from "./merge-vulnerabilities.ts";
import { Pace } from "./pace.ts";
import { REIDENTIFIED_AT_ONCE, reidentifyStep, RESCANNED_AT_ONCE, rescanStep } from "./rescan-subjects.ts";
import { rescanForRules } from "./rescan-for-rules.ts";
import { sweepSubjects } from "./sweep-subjects.ts";

/** How long a check-in waits at most before it is looked at, while nothing else is to do. */
const POLL_MS = 1000;
/** Counting exposures takes at most this part of the time: 1 of 10. */
const COUNTING_PAUSE_FACTOR = 9;
const SWEEP_EVERY_MS = 6 * 60 * 60 * 1000;
const FAILURE_PAUSE_MS = 5000;
const CONFLICT_PAUSE_MS = 50;

/** What background work there is, and how much of it one step takes on. */
const PACES = {
  changes: { most: CHANGES_AT_ONCE, least: 20 },
  fresh: { most: SUBJECTS_AT_ONCE, least: 20 },
  keys: { most: KEYS_AT_ONCE, least: 10 },
  identities: { most: REIDENTIFIED_AT_ONCE, least: 50, first: 500 },
  rescan: { most: RESCANNED_AT_ONCE, least: 100 },
  merges: { most: MERGES_AT_ONCE, least: 20 },
  // those of a kernel may have tens of thousands of findings
  exposures: { most: EXPOSURES_AT_ONCE, least: 10, first: 50 },
} as const;

type Paces = Readonly<Record<keyof typeof PACES, Pace>>;

function newPaces(): Paces {
  const { changes, fresh, keys, identities, rescan, merges, exposures } = PACES;
  return {
    changes: new Pace(changes),
    fresh: new Pace(fresh),
    keys: new Pace(keys),
    identities: new Pace(identities),
    rescan: new Pace(rescan),
    merges: new Pace(merges),
    exposures: new Pace(exposures),
  };
}

interface Work {
  /** What waits for it; null: it looks itself. */
  for: keyof Waiting | null;
  /** Does one step. Returns how much was done. */
  step: (deps: MatchingDeps, paces: Paces) => Promise<number>;
}

/** Background work by urgency: what feeds changed, then what was asked for, then what can take its time. */
const BACKGROUND: readonly Work[] = [
  { for: "keys", step: async (deps, { keys }) => await keys.step(async (size) => (await matchQueuedKeys(deps, size)).keys) },
  {
    for: null,
    step: async (deps, { identities }) => await identities.step(async (size) => (await reidentifyStep(deps, size)).subjects),
  },
  // one more than its subjects: its end is a step as well
  {
    for: "rescan",
    step: async (deps, { rescan }) => await rescan.step(async (size) => 1 + ((await rescanStep(deps, size))?.subjects ?? -1)),
  },
  { for: "merges", step: async ({ db }, { merges }) => await merges.step(async (size) => await mergeQueued(db, size)) },
];
const COUNTING: Work = { for: "exposures", step: countStep };

async function countStep({ db }: MatchingDeps, { exposures }: Paces): Promise<number> {
  return await exposures.step(async (size) => await countExposures(db, size));
}

/**
 * Does one bounded step of everything that waits. What a device just reported comes first, and again after every step of other work: it waits
 * for one step, never for a round of them.
 *
 * @param options.exposures whether exposures may be counted in this step
 * @returns whether anything was done
 */
export async function matchingStep(
  deps: MatchingDeps,
  options: { exposures: boolean },
  paces: Paces = newPaces(),
): Promise<boolean> {
  let done = await takeNew(deps, paces);
  let waiting = await waitingWork(deps.db);
  for (const work of options.exposures ? [...BACKGROUND, COUNTING] : BACKGROUND) {
    if (work.for !== null && !waiting[work.for]) continue;
    // oxlint-disable-next-line no-await-in-loop -- one step after the other
    if ((await work.step(deps, paces)) === 0) continue;
    done = true;
    // oxlint-disable-next-line no-await-in-loop
    await takeNew(deps, paces);
    // oxlint-disable-next-line no-await-in-loop
    waiting = await waitingWork(deps.db);
  }
  return done;
}

/** Takes over and matches what hosts brought, in bounded steps. Returns whether there was anything. */
async function takeNew(deps: MatchingDeps, paces: Paces): Promise<boolean> {
  const { db } = deps;
  const scoped = await assignScopes(db);
  const waiting = await waitingWork(db);
  const settled = waiting.ledger ? await settleCounts(db) : 0;
  const taken = waiting.changes || settled > 0 ? await paces.changes.step(async (size) => await takeChanges({ db }, size)) : 0;
  const isNew = waiting.unmatched || taken > 0 || scoped > 0;
  const matched = isNew ? await paces.fresh.step(async (size) => (await matchNew(deps, size)).subjects) : 0;
  return scoped + settled + taken + matched > 0;
}

/** Does everything that waits, to the end. For tests, imports and the command line. */
export async function matchingSettle(deps: MatchingDeps): Promise<void> {
  const paces = newPaces();
  // oxlint-disable-next-line no-await-in-loop -- one step after the other
  while (await matchingStep(deps, { exposures: true }, paces));
}

/** Runs until `signal` fires. What fails is tried again: everything that waits is in the database. */
export async function runMatching(deps: MatchingDeps, signal: AbortSignal): Promise<void> {
  const paces = newPaces();
  let countAt = 0;
  let sweepAt = performance.now() + SWEEP_EVERY_MS;
  let ruled = false;
  while (!signal.aborted) {
    let pause = POLL_MS;
    try {
      // oxlint-disable-next-line no-await-in-loop -- once
      if (!ruled) await rescanForRules(deps.db);
      ruled = true;
      const exposures = performance.now() >= countAt;
      // oxlint-disable-next-line no-await-in-loop -- one step after the other
      const done = await matchingStep(deps, { exposures: false }, paces);
      // oxlint-disable-next-line no-await-in-loop
      if (exposures) countAt = await countAndPause(deps, countAt, paces);
      // oxlint-disable-next-line no-await-in-loop
      if (performance.now() >= sweepAt) sweepAt = await sweep(deps, signal, paces);
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
async function countAndPause(deps: MatchingDeps, countAt: number, paces: Paces): Promise<number> {
  const from = performance.now();
  if ((await countStep(deps, paces)) === 0) return countAt;
  const now = performance.now();
  return now + (now - from) * COUNTING_PAUSE_FACTOR;
}

async function sweep(deps: MatchingDeps, signal: AbortSignal, paces: Paces): Promise<number> {
  const swept = await sweepSubjects(deps, signal, async () => await takeNew(deps, paces));
  if (swept > 0) deps.log.info({ swept }, "forgot software that no host holds any more");
  return performance.now() + SWEEP_EVERY_MS;
}
