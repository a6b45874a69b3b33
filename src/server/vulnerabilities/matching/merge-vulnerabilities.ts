import { mergeFacts } from "#domain/vulnerability/judgement/merge-facts.ts";
import type { Database } from "#server/database/tables.ts";
import { fixesQueueInTx } from "../fix-first/fix-change-store.ts";
import { noteWorse } from "../notifications/note-worse.ts";
import { judgedVulnerabilities } from "../notifications/worse-store.ts";
import { exposuresQueuedAmong } from "./exposure-store.ts";
import { exposureFactsRefreshInTx } from "./refresh-exposures.ts";
import {
  mergedWriteInTx,
  mergeInputs,
  mergesDropUnusedInTx,
  mergesTakeInTx,
  namedKeysQueueInTx,
  type MergedRow,
} from "./merge-store.ts";
import { scoresLeft, scoresTakeInTx, scoresWriteInTx } from "./score-store.ts";
import { softwareExposuresWriteInTx, softwarePredictionsWriteInTx } from "./software-exposure-store.ts";
import { matchTurnInTx } from "./turn-store.ts";

/** Records of this many vulnerabilities are in memory together: some megabytes. */
export const MERGES_AT_ONCE = 300;
/** So many scores cost about as much as one merge. */
const SCORES_PER_MERGE = 5;

/**
 * Merges what feeds say of vulnerabilities of the fleet that changed, in one bounded step; exposures show it at once. Where no records wait, scores
 * are taken over: all of EPSS moves each day, and nothing else of a vulnerability is read for that.
 *
 * @returns how many were taken
 */
export async function mergeQueued(db: Database, limit = MERGES_AT_ONCE): Promise<number> {
  return await db.transaction().execute(async (tx) => {
    await matchTurnInTx(tx);
    await mergesDropUnusedInTx(tx);
    const cves = await mergesTakeInTx(tx, limit);
    if (cves.length === 0) return await takeScores(tx, limit * SCORES_PER_MERGE);
    await mergeInTx(tx, cves);
    return cves.length;
  });
}

async function mergeInTx(tx: Database, cves: readonly string[]): Promise<void> {
  const inputs = await mergeInputs(tx, cves);
  const merged = inputs.map(({ cve, aliases, records, epss }) => ({ ...mergeFacts(cve, records, epss), aliases }));
  const before = await judgedVulnerabilities(tx, cves);
  const changed = await mergedWriteInTx(tx, merged);
  await noteWorse(tx, before, cves);
  await showJudged(
    tx,
    changed.filter(({ judged }) => judged),
  );
  const stored = new Map(inputs.map(({ cve, rejected }) => [cve, rejected]));
  const turned = merged
    .filter(({ cve, rejected }) => rejected !== stored.get(cve))
    .flatMap(({ cve, aliases }) => [cve, ...aliases]);
  await namedKeysQueueInTx(
    tx,
    turned,
    merged.flatMap(({ aliases }) => aliases),
  );
}

/** Lets exposures, lists of software and the queue of updates show what these vulnerabilities are now. */
async function showJudged(tx: Database, rows: readonly MergedRow[]): Promise<void> {
  if (rows.length === 0) return;
  const ids = rows.map(({ id }) => id);
  await exposureFactsRefreshInTx(tx, ids);
  // what is counted soon shows them then
  const queued = new Set(await exposuresQueuedAmong(tx, ids));
  // with the last of the scores that wait lists of software follow anyway
  const scores = await scoresLeft(tx);
  const counted = rows.filter(({ id, counted: other }) => !queued.has(id) && (other || !scores)).map(({ id }) => id);
  if (counted.length > 0) await softwareExposuresWriteInTx(tx, counted);
  await fixesQueueInTx(tx, ids, "judgement");
}

/** Takes over scores; with the last of them lists of software follow, which show the highest of many. */
async function takeScores(tx: Database, limit: number): Promise<number> {
  const cves = await scoresTakeInTx(tx, limit);
  if (cves.length === 0) return 0;
  const before = await judgedVulnerabilities(tx, cves);
  const ids = (await scoresWriteInTx(tx, cves)).map(({ id }) => id);
  await noteWorse(tx, before, cves);
  await exposureFactsRefreshInTx(tx, ids);
  await fixesQueueInTx(tx, ids, "judgement");
  if (!(await scoresLeft(tx))) await softwarePredictionsWriteInTx(tx);
  return cves.length;
}
