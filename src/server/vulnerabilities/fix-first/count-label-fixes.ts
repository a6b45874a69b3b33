import type { Database } from "../../database/tables.ts";
import { HttpError, notFound } from "../../http/errors.ts";
import { enqueueJob } from "../../jobs/enqueue-job.ts";
import { MEMBERS_IN_REQUEST } from "../labels/count-label-exposures.ts";
import { countHosts, type HostsOfFix } from "./count-fixes.ts";
import { clearedSets } from "./fix-count-store.ts";
import {
  fixIds,
  judgementsOf,
  labelFixAsk,
  labelFixesAsked,
  labelFixesReplaceInTx,
  labelFixState,
  type LabelFix,
} from "./label-fix-store.ts";

/** Enqueued when somebody asks for the updates of a large label. */
export const COUNT_LABEL_FIXES = "vulnerabilities-count-label-fixes";
/** Updates counted together. */
const AT_ONCE = 20;
/** What somebody looks at is never older than this, … */
const FRESH_MS = 60_000;
/** … but counting takes at most this part of the time. */
const SHARE = 10;
const RETRY_SECONDS = 3;

interface CountDeps {
  db: Database;
  now: () => Date;
}

/**
 * Makes sure that a label's updates are counted: to be called before `label_fixes` is read. A small label is counted there and then; a large
 * one in the background, and again while somebody looks at it.
 *
 * @returns the moment that the counts are of
 * @throws {HttpError} 404 for an unknown label, 503 while a large label is counted for the first time
 */
export async function labelFixesCounted(deps: CountDeps, labelId: number, few = MEMBERS_IN_REQUEST): Promise<Date> {
  const state = await labelFixState(deps.db, labelId, few);
  if (state === undefined) throw notFound("label_id", `There is no label ${labelId}.`);
  if (state.hosts !== null) return countLabel(deps, labelId, state.hosts);
  if (isDue(state, deps.now())) {
    await deps.db.transaction().execute(async (tx) => {
      await labelFixAsk(tx, labelId);
      await enqueueJob(tx, COUNT_LABEL_FIXES, {}, { key: COUNT_LABEL_FIXES });
    });
  }
  if (state.counted_at !== null) return state.counted_at;
  const reason = `The updates of label ${labelId} are being counted. Ask again in ${RETRY_SECONDS} seconds.`;
  throw new HttpError(503, [{ name: "label_id", reason }], RETRY_SECONDS);
}

function isDue({ counted_at, took_ms }: { counted_at: Date | null; took_ms: number }, now: Date): boolean {
  return counted_at === null || now.getTime() - counted_at.getTime() > Math.max(FRESH_MS, took_ms * SHARE);
}

/** Counts the labels that were asked for and are due. */
export async function countLabelFixes(deps: CountDeps, signal: AbortSignal): Promise<void> {
  for (const label of await labelFixesAsked(deps.db)) {
    if (signal.aborted) return;
    // oxlint-disable-next-line no-await-in-loop -- one label after the other
    if (isDue(label, deps.now())) await countLabel(deps, label.label_id, null);
  }
}

/** @param hosts all of its hosts, where they are few */
async function countLabel({ db, now }: CountDeps, labelId: number, hosts: readonly number[] | null): Promise<Date> {
  const at = now();
  const fixes: LabelFix[] = [];
  for (let after = 0; ;) {
    // oxlint-disable-next-line no-await-in-loop -- by the last id of the batch before
    const ids = await fixIds(db, after, AT_ONCE, hosts);
    const last = ids.at(-1);
    if (last === undefined) break;
    // oxlint-disable-next-line no-await-in-loop
    const counted = await countHosts(db, await clearedSets(db, ids), hosts === null ? { label_id: labelId } : { hosts });
    const cleared = [...counted.values()].flatMap(({ findings }) => [...findings.keys()]);
    // oxlint-disable-next-line no-await-in-loop
    const judged = await judgementsOf(db, [...new Set(cleared)]);
    for (const [fix_id, own] of counted) if (own.hosts_count > 0) fixes.push({ fix_id, ...sumOf(own, judged) });
    after = last;
  }
  const took_ms = now().getTime() - at.getTime();
  await db.transaction().execute(async (tx) => labelFixesReplaceInTx(tx, labelId, fixes, { at, took_ms }));
  return at;
}

function sumOf({ hosts_count, findings }: HostsOfFix, judged: ReadonlyMap<number, { priority: number; kev: boolean }>) {
  const rows = [...findings].map(([id, hosts]) => ({ hosts, ...(judged.get(id) ?? { priority: 0, kev: false }) }));
  return {
    hosts_count,
    risk: rows.reduce((sum, { priority, hosts }) => sum + priority * hosts, 0),
    vulnerabilities_count: rows.length,
    known_exploited_count: rows.filter(({ kev }) => kev).length,
    priority: Math.max(0, ...rows.map(({ priority }) => priority)),
  };
}
