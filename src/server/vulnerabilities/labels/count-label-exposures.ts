import { countedExposures } from "../matching/count-exposures.ts";
import {
  countAsked,
  countedInBackground,
  MEMBERS_IN_REQUEST,
  type BackgroundCount,
  type CountDeps,
} from "./count-in-background.ts";
import {
  exposuresOfMembers,
  labelExposuresReplaceInTx,
  labelExposureState,
  vulnerabilitiesWithin,
  type LabelExposure,
} from "./label-exposure-store.ts";

/** Enqueued when somebody asks for the vulnerabilities of a large label. */
export const COUNT_LABEL_EXPOSURES = "vulnerabilities-count-labels";

/** Vulnerabilities counted together: those of one package mostly have one set of software, which is counted once. */
const AT_ONCE = 500;
const LABEL_EXPOSURES: BackgroundCount = {
  table: "label_exposure_counts",
  job: COUNT_LABEL_EXPOSURES,
  what: "vulnerabilities",
};

/**
 * Makes sure that a label's exposure is counted: to be called before `label_exposures` is read. A small label is counted there and then; a
 * large one in the background, and again while somebody looks at it. The label's software must be counted (`labelCounted`).
 *
 * @returns the moment that the counts are of
 * @throws {HttpError} 503 while a large label is counted for the first time
 */
export async function labelExposuresCounted(
  deps: CountDeps,
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
      .execute(async (tx) =>
        labelExposuresReplaceInTx(tx, labelId, await exposuresOfMembers(tx, labelId), { at: moment, took_ms: 0 }),
      );
    return moment;
  }
  return await countedInBackground(deps, LABEL_EXPOSURES, labelId, state);
}

/** Counts the labels that were asked for and are due. */
export async function countLabelExposures(deps: CountDeps, signal: AbortSignal): Promise<void> {
  await countAsked(deps, LABEL_EXPOSURES.table, signal, async (labelId) => countLabel(deps, labelId));
}

/** Counts one label as the fleet is counted, set of subjects by set, and writes it at once. */
export async function countLabel(deps: CountDeps, labelId: number): Promise<void> {
  const { db, now } = deps;
  const began = now();
  const ids = await vulnerabilitiesWithin(db, labelId);
  const counts: LabelExposure[] = [];
  for (let i = 0; i < ids.length; i += AT_ONCE) {
    // oxlint-disable-next-line no-await-in-loop -- bounded pieces, one connection
    counts.push(...(await countedExposures(db, ids.slice(i, i + AT_ONCE), labelId)));
  }
  const took_ms = now().getTime() - began.getTime();
  await db.transaction().execute(async (tx) => labelExposuresReplaceInTx(tx, labelId, counts, { at: began, took_ms }));
}
