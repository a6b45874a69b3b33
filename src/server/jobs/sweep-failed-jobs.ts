import { makeWorkerUtils } from "graphile-worker";
import type { Pool } from "pg";
import type { Log } from "#server/observe/log.ts";
import type { Job } from "./job.ts";
import { queueLogger } from "./queue-store.ts";

const DAY_SECONDS = 86_400;

/** The queue's own housekeeping: jobs that failed for good are in the log and the metrics; their rows go once a day. */
export function sweepFailedJobs(deps: { pool: Pool; log: Log }): Job {
  return {
    name: "sweep_failed_jobs",
    everySeconds: DAY_SECONDS,
    async run() {
      const utils = await makeWorkerUtils({ pgPool: deps.pool, logger: queueLogger(deps.log) });
      try {
        await utils.cleanup({ tasks: ["DELETE_PERMAFAILED_JOBS", "GC_JOB_QUEUES"] });
      } finally {
        await utils.release();
      }
    },
  };
}
