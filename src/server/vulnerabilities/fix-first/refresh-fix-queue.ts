import { settingRead, settingWrite } from "../../database/setting-store.ts";
import type { Database } from "../../database/tables.ts";
import { countedFixes, countedFixFindings } from "./count-fixes.ts";
import * as changes from "./fix-change-store.ts";
import { fixCountsWriteInTx, staleFixes } from "./fix-count-store.ts";
import { fixesMarkInTx, fixFindingsReplaceInTx, nameOfFix } from "./fix-finding-store.ts";

/** Notes of vulnerabilities that one transaction takes: one of a common package has the links of many hosts behind it. */
const CHANGES_AT_ONCE = 50;
/** Updates that one transaction counts: each may have thousands of findings. */
const FIXES_AT_ONCE = 50;
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
 * moved, then the sums of the updates that this concerns. Costs what changed. Every step is a transaction of its own; what is not done when
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
    const ids = await changes.fixChangesTakeInTx(tx, CHANGES_AT_ONCE);
    if (ids === null) return 0;
    await fixFindingsCountInTx(tx, ids);
    return ids.length;
  });
}

async function fixFindingsCountInTx(tx: Database, vulnerabilityIds: readonly number[]): Promise<void> {
  const counted = await countedFixFindings(tx, vulnerabilityIds);
  const keys = new Map(counted.map((finding) => [nameOfFix(finding), finding]));
  const ids = await fixesMarkInTx(tx, [...keys.values()]);
  const rows = counted.flatMap((finding) => {
    const fix_id = ids.get(nameOfFix(finding));
    const { vulnerability_id, subjects, versions, scheme, hosts_count, partly } = finding;
    return fix_id === undefined ? [] : [{ fix_id, vulnerability_id, subjects, versions, scheme, hosts_count, partly }];
  });
  await fixFindingsReplaceInTx(tx, vulnerabilityIds, rows);
}

async function fixesStep(db: Database): Promise<number> {
  return await db.transaction().execute(async (tx) => {
    await changes.fixTurnInTx(tx);
    const ids = await staleFixes(tx, FIXES_AT_ONCE);
    if (ids.length > 0) await fixCountsWriteInTx(tx, ids, await countedFixes(tx, ids));
    return ids.length;
  });
}
