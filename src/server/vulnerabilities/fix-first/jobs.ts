import type { Database } from "../../database/tables.ts";
import type { Job } from "../../jobs/job.ts";
import { COUNT_LABEL_FIXES, countLabelFixes } from "./count-label-fixes.ts";
import { refreshFixQueue, remakeFixQueue } from "./refresh-fix-queue.ts";

/** Work of one run, in steps of a second or two; the next one goes on. Loads of feeds and check-ins share the database with it. */
const RUN_MS = 10_000;
const EVERY_SECONDS = 30;

/** Background work of the queue of updates. */
export function fixFirstJobs(deps: { db: Database; now: () => Date }): Job[] {
  return [
    {
      name: "vulnerabilities-refresh-fix-queue",
      everySeconds: EVERY_SECONDS,
      run: async (_payload, { signal, log }) => {
        const done = await refreshFixQueue(deps, AbortSignal.any([signal, AbortSignal.timeout(RUN_MS)]));
        if (done.changes + done.fixes > 0) log.info(done, "brought the queue of updates up to date");
      },
    },
    {
      // enqueued as well when somebody asks
      name: COUNT_LABEL_FIXES,
      everySeconds: 60,
      run: async (_payload, { signal }) => {
        await countLabelFixes(deps, signal);
      },
    },
    {
      // a safety net: every change notes itself
      name: "vulnerabilities-remake-fix-queue",
      everySeconds: 86_400,
      run: async (_payload, { signal, log }) => {
        const fixes = await remakeFixQueue(deps, AbortSignal.any([signal, AbortSignal.timeout(RUN_MS)]));
        log.info({ fixes }, "makes the queue of updates anew");
      },
    },
  ];
}
