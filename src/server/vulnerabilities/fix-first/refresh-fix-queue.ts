import { clearingVersion } from "#domain/vulnerability/judgement/clearing-versions.ts";
import { settingRead, settingWrite } from "../../database/setting-store.ts";
import type { Database } from "../../database/tables.ts";
import { countHosts, type ClearedSet } from "./count-fixes.ts";
import { findFixes, schemeOf } from "./find-fixes.ts";
import * as changes from "./fix-change-store.ts";
import {
  clearedSets,
  fixCountsWriteInTx,
  fixHostsWriteInTx,
  fixSums,
  linksOfFixes,
  staleFixes,
  type FixCounts,
  type FixSum,
} from "./fix-count-store.ts";
import { sortInMemoryInTx } from "./fix-holding-store.ts";
import { fixesMarkInTx, fixesOfMarkInTx, fixFindingsReplaceInTx, nameOfFix } from "./fix-finding-store.ts";

/** Notes of vulnerabilities that one transaction takes: each may have hundreds of findings. */
const CHANGES_AT_ONCE = 500;
/** Updates that one transaction adds up: each may have thousands of findings. */
const FIXES_AT_ONCE = 50;
/** Links that one transaction reads, about: a second or two of the database's time. */
const LINKS_AT_ONCE = 500_000;
const STATE = "fix_queue_state";

export interface FixQueueState {
  /** When nothing waited last. */
  computed_at: string;
  /** The catalogue's moment then. */
  title_epoch: number;
}

export async function fixQueueState(db: Database): Promise<FixQueueState | undefined> {
  return (await settingRead(db, STATE)) as FixQueueState | undefined;
}

/**
 * Brings the queue of updates up to date with what was counted since: first what each update clears of the vulnerabilities that
 * moved, then the hosts and sums of the updates that this concerns. Costs what changed. Every step is a transaction of its own; what is not done when
 * `signal` fires stays noted.
 *
 * @returns how many notes and updates were worked on
 */
export async function refreshFixQueue(
  { db, now }: { db: Database; now: () => Date },
  signal?: AbortSignal,
): Promise<{ changes: number; fixes: number }> {
  const title_epoch = await changes.titleEpoch(db);
  await noteTitles(db, title_epoch);
  const done = { changes: 0, fixes: 0 };
  const steps = [
    async () => {
      const taken = await changesStep(db);
      done.changes += taken;
      return taken;
    },
    async () => {
      const counted = await fixesStep(db);
      done.fixes += counted;
      return counted;
    },
  ];
  for (const step of steps) {
    // oxlint-disable-next-line no-await-in-loop -- one step after the other
    while (signal?.aborted !== true && (await step()) > 0);
  }
  if (signal?.aborted !== true) {
    const state: FixQueueState = { computed_at: now().toISOString(), title_epoch };
    await settingWrite(db, STATE, state);
  }
  return done;
}

/** Makes the whole queue anew, step by step; meanwhile it stays readable. */
export async function remakeFixQueue(deps: { db: Database; now: () => Date }, signal?: AbortSignal): Promise<number> {
  await deps.db.transaction().execute(async (tx) => changes.fixesQueueAllInTx(tx));
  return (await refreshFixQueue(deps, signal)).fixes;
}

/** Software that corrections put into other titles has other updates; its findings stay, so nothing else tells. */
async function noteTitles(db: Database, epoch: number): Promise<void> {
  const state = await fixQueueState(db);
  await db.transaction().execute(async (tx) => {
    await changes.fixTurnInTx(tx);
    if (state?.title_epoch !== epoch) await changes.movedTitlesQueueInTx(tx);
    await changes.renamedFixesMarkInTx(tx);
  });
}

async function changesStep(db: Database): Promise<number> {
  return await db.transaction().execute(async (tx) => {
    await changes.fixTurnInTx(tx);
    const taken = await changes.fixChangesTakeInTx(tx, CHANGES_AT_ONCE);
    if (taken === null) return 0;
    await fixesOfMarkInTx(tx, taken.judgement);
    await fixFindingsWriteInTx(tx, taken.findings);
    return taken.findings.length + taken.judgement.length;
  });
}

async function fixFindingsWriteInTx(tx: Database, vulnerabilityIds: readonly number[]): Promise<void> {
  if (vulnerabilityIds.length === 0) return;
  const found = await findFixes(tx, vulnerabilityIds);
  const keys = new Map(found.map((finding) => [nameOfFix(finding), finding]));
  const ids = await fixesMarkInTx(tx, [...keys.values()]);
  const rows = found.flatMap((finding) => {
    const fix_id = ids.get(nameOfFix(finding));
    const { vulnerability_id, subjects, versions, scheme, partly } = finding;
    return fix_id === undefined ? [] : [{ fix_id, vulnerability_id, subjects, versions, scheme, partly }];
  });
  await fixFindingsReplaceInTx(tx, vulnerabilityIds, rows);
}

/** Counts the updates that wait longest, as many as have a bounded number of links behind them. */
async function fixesStep(db: Database): Promise<number> {
  return await db.transaction().execute(async (tx) => {
    await changes.fixTurnInTx(tx);
    const stale = await staleFixes(tx, FIXES_AT_ONCE);
    if (stale.length === 0) return 0;
    await sortInMemoryInTx(tx);
    const sets = await clearedSets(
      tx,
      stale.filter(({ recount }) => recount).map(({ id }) => id),
    );
    const links = await linksOfFixes(tx, sets);
    const ids = stale.map(({ id }) => id);
    const now = ids.slice(0, affordable(ids.map((id) => links.get(id) ?? 0)));
    const chosen = new Set(now);
    const recount = stale.filter(({ id, recount: wanted }) => wanted && chosen.has(id)).map(({ id }) => id);
    const hosts = await hostsWriteInTx(
      tx,
      recount,
      sets.filter(({ fix_id }) => chosen.has(fix_id)),
    );
    const sums = await fixSums(tx, now);
    await fixCountsWriteInTx(
      tx,
      now,
      sums.flatMap((sum) => countsOf({ ...sum, hosts_count: hosts.get(sum.id) ?? sum.hosts_count }) ?? []),
    );
    return now.length;
  });
}

/** How many of these to take together; at least one. */
function affordable(links: readonly number[]): number {
  let sum = 0;
  const first = links.findIndex((own, place) => {
    sum += own;
    return place > 0 && sum > LINKS_AT_ONCE;
  });
  return first === -1 ? links.length : first;
}

async function hostsWriteInTx(tx: Database, ids: readonly number[], sets: readonly ClearedSet[]): Promise<Map<number, number>> {
  if (ids.length === 0) return new Map();
  const counted = await countHosts(tx, sets);
  const findings = [...counted].flatMap(([fix_id, own]) =>
    [...own.findings].map(([vulnerability_id, hosts_count]) => ({ fix_id, vulnerability_id, hosts_count })),
  );
  await fixHostsWriteInTx(tx, ids, findings);
  return new Map([...counted].map(([id, { hosts_count }]) => [id, hosts_count]));
}

/** Null: it clears nothing. */
export function countsOf({ scheme, versions, ...sum }: FixSum): FixCounts | null {
  const resolved_in_version = clearingVersion(schemeOf(scheme), versions);
  return resolved_in_version === null || sum.hosts_count === 0 ? null : { ...sum, resolved_in_version };
}
