import type { Job } from "../jobs/job.ts";
import type { AccessDeps } from "./deps.ts";
import { expiredLimitsDelete } from "./login-limit-store.ts";
import { expiredSessionsDelete } from "./session-store.ts";

/** Rows a statement: short locks, and a place to stop at. */
const BATCH = 1000;

/** The access component's background work. */
export function accessJobs(deps: Pick<AccessDeps, "db" | "now">): Job[] {
  return [
    {
      name: "access-sweep",
      everySeconds: 3600,
      run: async (_payload, { signal, log }) => {
        const sessions = await inBatches(signal, () => expiredSessionsDelete(deps.db, deps.now(), BATCH));
        const limits = await inBatches(signal, () => expiredLimitsDelete(deps.db, deps.now(), BATCH));
        if (sessions + limits > 0) log.info({ sessions, limits }, "deleted sessions and login counts that are over");
      },
    },
  ];
}

/** Repeats a bounded deletion until it finds less than a batch. @returns rows deleted */
async function inBatches(signal: AbortSignal, deleteBatch: () => Promise<number>): Promise<number> {
  let total = 0;
  for (let deleted = BATCH; deleted === BATCH && !signal.aborted; total += deleted) {
    // oxlint-disable-next-line eslint/no-await-in-loop -- one batch after the other is the point
    deleted = await deleteBatch();
  }
  return total;
}
