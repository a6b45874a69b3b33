import type { Database } from "../database/tables.ts";
import { countLabelRun, type RunSizes, type RunTimes } from "./count-label-run.ts";
import { holdCounts, holdHosts } from "./hold-hosts.ts";
import { labelMembersCountInTx, labelMembersUncounted, labelRunAsk, labelsToCount, type WholeRule } from "./label-count-store.ts";
import { countingTurnGive, countingTurnTake } from "./label-run-store.ts";

/** Members counted by one transaction, which holds their locks and the turn to write counts: some 60,000 links. */
const MEMBERS_PER_TRANSACTION = 100;

/** Members that a request adds to the counts itself: about a second. */
export const MEMBERS_IN_REQUEST_MAX = 200;
/** Adding a member to counts costs twenty times as much as summing it up with all others. */
export const WHOLE_RULE: WholeRule = { members: MEMBERS_IN_REQUEST_MAX, share: 0.05 };

export interface CountOptions {
  whole?: WholeRule;
  sizes?: RunSizes;
  signal?: AbortSignal;
  onRun?: (labelId: number, times: RunTimes) => void;
}

/**
 * Counts every label that somebody asked for and that is not counted to the end, until there is none, `signal` fires, or another process
 * is at it. Returns how many labels were counted. A label that fails does not keep the others waiting; the first failure is thrown at
 * the end.
 */
export async function countLabels(db: Database, options: CountOptions = {}): Promise<number> {
  return db.connection().execute(async (connection) => {
    if (!(await countingTurnTake(connection))) return 0;
    try {
      return await countAll(db, connection, options);
    } finally {
      await countingTurnGive(connection);
    }
  });
}

async function countAll(db: Database, connection: Database, options: CountOptions): Promise<number> {
  const tried = new Set<number>();
  const failures: unknown[] = [];
  while (options.signal?.aborted !== true) {
    // oxlint-disable-next-line no-await-in-loop -- one label after the other
    const next = (await labelsToCount(connection)).find((id) => !tried.has(id));
    if (next === undefined) break;
    tried.add(next);
    try {
      // oxlint-disable-next-line no-await-in-loop
      if (await labelRunAsk(connection, next, options.whole ?? WHOLE_RULE)) await countWhole(db, connection, next, options);
      // oxlint-disable-next-line no-await-in-loop
      await countMembers(connection, next, options.signal);
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
  return tried.size;
}

async function countWhole(db: Database, connection: Database, labelId: number, options: CountOptions): Promise<void> {
  const times = await db.connection().execute(async (reader) => countLabelRun(connection, reader, labelId, options));
  if (times !== null) options.onRun?.(labelId, times);
}

/**
 * Adds members to a label's counts until none is left, a few at a time. Exact under races: a batch holds the locks of its hosts, under
 * which alone links and memberships of a host change; who joins later joins uncounted.
 */
export async function countMembers(db: Database, labelId: number, signal?: AbortSignal): Promise<void> {
  while (signal?.aborted !== true) {
    // oxlint-disable-next-line no-await-in-loop -- one bounded transaction after the other
    const hostIds = await labelMembersUncounted(db, labelId, MEMBERS_PER_TRANSACTION);
    if (hostIds.length === 0) return;
    // oxlint-disable-next-line no-await-in-loop
    const counted = await db.transaction().execute(async (tx) => {
      await holdHosts(tx, hostIds);
      await holdCounts(tx);
      return labelMembersCountInTx(tx, labelId, hostIds);
    });
    // they left meanwhile, or the label is being counted as a whole
    if (counted === 0) return;
  }
}
