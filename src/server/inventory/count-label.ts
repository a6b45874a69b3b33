import { setTimeout } from "node:timers/promises";
import type { Database } from "../database/tables.ts";
import { HttpError } from "../http/errors.ts";
import { enqueueJob } from "../jobs/enqueue-job.ts";
import { countMembers, MEMBERS_IN_REQUEST_MAX, WHOLE_RULE } from "./count-labels.ts";
import { labelCountedAtSet, labelCountState, labelRunAsk, type LabelCountState, type WholeRule } from "./label-count-store.ts";

/** Enqueued when somebody asks for the software of a label with many uncounted members; by itself for what a stopped process left. */
export const COUNT_LABELS = "inventory-count-labels";
/** A request waits this long for a label that is being counted. */
const WAIT_MS = 2000;
const LOOK_AGAIN_MS = 100;
/** Bounds of `Retry-After`. */
const RETRY_SECONDS = { min: 2, max: 15 };

export interface CountLimits {
  membersInRequest?: number;
  waitMs?: number;
  whole?: WholeRule;
}

/**
 * Makes sure that the software of all of a label's hosts is counted in label_software_counts and label_title_counts: to be called
 * before these are read, with `settleCounts` after it. Labels nobody asks about cost check-ins nothing. The first to ask has a large
 * label counted in the background ({@link countLabels}); from then on the ledger keeps the counts, and later calls are one index probe.
 *
 * @returns false when there is no such label
 * @throws {HttpError} 503 while the label is being counted, with how far that is
 */
export async function labelCounted(db: Database, labelId: number, limits: CountLimits = {}): Promise<boolean> {
  const { membersInRequest = MEMBERS_IN_REQUEST_MAX, waitMs = WAIT_MS, whole = WHOLE_RULE } = limits;
  const until = performance.now() + waitMs;
  for (let asked = false; ;) {
    // oxlint-disable-next-line no-await-in-loop -- looks again until it is counted
    const state = await labelCountState(db, labelId, membersInRequest);
    if (state === undefined) return false;
    if (state.run === null && state.uncounted <= membersInRequest) {
      // oxlint-disable-next-line no-await-in-loop
      if (state.uncounted > 0) await countMembers(db, labelId);
      // oxlint-disable-next-line no-await-in-loop
      if (state.counted_at === null) await labelCountedAtSet(db, labelId);
      if (state.uncounted === 0) return true;
    } else {
      if (performance.now() >= until) throw beingCounted(state);
      // oxlint-disable-next-line no-await-in-loop
      if (!asked) await askForCounts(db, labelId, whole);
      asked = true;
      // oxlint-disable-next-line no-await-in-loop
      await setTimeout(LOOK_AGAIN_MS);
    }
  }
}

/** Has a label counted in the background. */
async function askForCounts(db: Database, labelId: number, whole: WholeRule): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await labelRunAsk(tx, labelId, whole);
    await enqueueJob(tx, COUNT_LABELS, {}, { key: COUNT_LABELS });
  });
}

function beingCounted({ name, run }: LabelCountState): HttpError {
  const seconds = run === null ? RETRY_SECONDS.min : retrySeconds(run);
  const far = run === null ? "a few devices are left" : `${run.counted} of ${run.members} devices so far`;
  const reason = `The software of the label “${name}” is being counted: ${far}. Ask again in ${seconds} seconds.`;
  return new HttpError(503, [{ name: "label_id", reason }], seconds);
}

/** A tenth of what is left, as it went so far: who asks sees it move, and is not late when it is done. */
function retrySeconds({ members, counted, started_at }: NonNullable<LabelCountState["run"]>): number {
  if (counted === 0) return RETRY_SECONDS.min;
  const left = (((Date.now() - started_at.getTime()) / 1000) * (members - counted)) / counted;
  return Math.round(Math.min(RETRY_SECONDS.max, Math.max(RETRY_SECONDS.min, left / 10)));
}
