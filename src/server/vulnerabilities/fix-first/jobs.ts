import type { Database } from "../../database/tables.ts";
import type { Job } from "../../jobs/job.ts";
import { refreshFixQueue, remakeFixQueue } from "./refresh-fix-queue.ts";

/** Work of one run; the next one goes on. Loads of feeds and check-ins share the database with it. */
const RUN_MS = 6_000;

/** Background work of the queue of updates. */
export function fixFirstJobs(deps: { db: Database; now: () => Date }): Job[] {
  return [
    {
      name: "vulnerabilities-refresh-fix-queue",
      everySeconds: 60,
      run: async (_payload, { signal, log }) => {
        const done = await refreshFixQueue(deps, AbortSignal.any([signal, AbortSignal.timeout(RUN_MS)]));
        if (done.changes + done.fixes > 0) log.info(done, "brought the queue of updates up to date");
      },
    },
    {
      // members of labels change without a word to vulnerabilities
      name: "vulnerabilities-remake-fix-queue",
      everySeconds: 86_400,
      run: async (_payload, { signal, log }) => {
        const fixes = await remakeFixQueue(deps, AbortSignal.any([signal, AbortSignal.timeout(RUN_MS)]));
        log.info({ fixes }, "makes the queue of updates anew");
      },
    },
  ];
}
