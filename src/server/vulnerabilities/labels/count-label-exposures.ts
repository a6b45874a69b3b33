import type { Database } from "../../database/tables.ts";
import { HttpError } from "../../http/errors.ts";
import { enqueueJob } from "../../jobs/enqueue-job.ts";
import { countedExposures } from "../matching/count-exposures.ts";
import {
  exposuresOfMembers,
  labelExposureAsk,
  labelExposuresReplaceInTx,
  labelExposureState,
  labelsAsked,
  vulnerabilitiesWithin,
  type LabelExposure,
  type LabelExposureState,
} from "./label-exposure-store.ts";

/** Enqueued when somebody asks for the vulnerabilities of a large label. */
export const COUNT_LABEL_EXPOSURES = "vulnerabilities-count-labels";

/** Labels of so many hosts are counted while their list is asked for: it takes less than a quarter of a second. */
export const MEMBERS_IN_REQUEST = 50;
/** Vulnerabilities counted together: those of one package mostly have one set of software, which is counted once. */
const AT_ONCE = 500;
/** Counts of a label that is looked at are never older than this, … */
const FRESH_MS = 60_000;
/** … but counting takes at most this part of the time. */
const SHARE = 10;
const RETRY_SECONDS = 3;

/**
 * Makes sure that a label's exposure is counted: to be called before `label_exposures` is read. A small label is counted there and then; a
 * large one in the background, and again while somebody looks at it. The label's software must be counted (`labelCounted`).
 *
 * @returns the moment that the counts are of
 * @throws {HttpError} 503 while a large label is counted for the first time
 */
export async function labelExposuresCounted(
  deps: { db: Database; now: () => Date },
  labelId: number,
  membersInRequest = MEMBERS_IN_REQUEST,
): Promise<Date> {
  const { db, now } = deps;
  const state = await labelExposureState(db, labelId, membersInRequest + 1);
  const moment = now();
  if (state === undefined) return moment;
  if (state.members <= membersInRequest) {
    await db
      .transaction()
      .execute(async (tx) => labelExposuresReplaceInTx(tx, labelId, await exposuresOfMembers(tx, labelId), moment, 0));
    return moment;
  }
  if (isDue(state, moment)) await ask(db, labelId);
  if (state.counted_at !== null) return state.counted_at;
  const reason = `The vulnerabilities of label ${labelId} are being counted. Ask again in ${RETRY_SECONDS} seconds.`;
  throw new HttpError(503, [{ name: "label_id", reason }], RETRY_SECONDS);
}

function isDue({ counted_at, took_ms }: Pick<LabelExposureState, "counted_at" | "took_ms">, now: Date): boolean {
  return counted_at === null || now.getTime() - counted_at.getTime() > Math.max(FRESH_MS, took_ms * SHARE);
}

async function ask(db: Database, labelId: number): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await labelExposureAsk(tx, labelId);
    await enqueueJob(tx, COUNT_LABEL_EXPOSURES, {}, { key: COUNT_LABEL_EXPOSURES });
  });
}

/** Counts the labels that were asked for and are due. */
export async function countLabelExposures(deps: { db: Database; now: () => Date }, signal: AbortSignal): Promise<void> {
  for (const label of await labelsAsked(deps.db)) {
    if (signal.aborted) return;
    // oxlint-disable-next-line no-await-in-loop -- one label after the other
    if (isDue(label, deps.now())) await countLabel(deps, label.label_id);
  }
}

/** Counts one label as the fleet is counted, set of subjects by set, and writes it at once. */
export async function countLabel(deps: { db: Database; now: () => Date }, labelId: number): Promise<void> {
  const { db, now } = deps;
  const began = now();
  const ids = await vulnerabilitiesWithin(db, labelId);
  const counts: LabelExposure[] = [];
  for (let i = 0; i < ids.length; i += AT_ONCE) {
    // oxlint-disable-next-line no-await-in-loop -- bounded pieces, one connection
    counts.push(...(await countedExposures(db, ids.slice(i, i + AT_ONCE), labelId)));
  }
  const took = now().getTime() - began.getTime();
  await db.transaction().execute(async (tx) => labelExposuresReplaceInTx(tx, labelId, counts, began, took));
}
