import { notFound } from "../../http/errors.ts";
import {
  countAsked,
  countedInBackground,
  MEMBERS_IN_REQUEST,
  type BackgroundCount,
  type CountDeps,
} from "../labels/count-in-background.ts";
import { countHosts, type HostsOfFix } from "./count-fixes.ts";
import { clearedSets } from "./fix-count-store.ts";
import { fixIds, judgementsOf, labelFixesReplaceInTx, labelFixState, type LabelFix } from "./label-fix-store.ts";

/** Enqueued when somebody asks for the updates of a large label. */
export const COUNT_LABEL_FIXES = "vulnerabilities-count-label-fixes";
/** Updates counted together. */
const AT_ONCE = 20;
const LABEL_FIXES: BackgroundCount = { table: "label_fix_counts", job: COUNT_LABEL_FIXES, what: "updates" };

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
  return await countedInBackground(deps, LABEL_FIXES, labelId, state);
}

/** Counts the labels that were asked for and are due. */
export async function countLabelFixes(deps: CountDeps, signal: AbortSignal): Promise<void> {
  await countAsked(deps, LABEL_FIXES.table, signal, async (labelId) => countLabel(deps, labelId, null));
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
