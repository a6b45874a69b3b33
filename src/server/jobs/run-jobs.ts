import { makeWorkerUtils, run } from "graphile-worker";
import type { JobHelpers as QueueHelpers, Runner, Task } from "graphile-worker";
import type { Pool } from "pg";
import type { Database } from "#server/database/tables.ts";
import type { Log } from "#server/observe/log.ts";
import type { Metrics } from "#server/observe/metrics.ts";
import type { Job } from "./job.ts";
import { queueDepth, queueInsertTimer, queueLogger, queueReplaceTimer, queueWorkerIds, timerKey } from "./queue-store.ts";

export interface JobRunnerOptions {
  pool: Pool;
  db: Database;
  jobs: Job[];
  log: Log;
  metrics: Metrics;
  /** No other process uses this database: jobs that a killed predecessor held are free at once instead of after hours. */
  alone: boolean;
  /** Jobs of this process at one time; default 2. */
  concurrency?: number;
}

/** A timer whose process dies in mid-run is due again after this much more than its interval. */
const TIMER_GRACE_SECONDS = 900;
const POLL_MS = 2000;
const ABORT_MS = 5000;

/** Runs jobs in this process until stopped; a stop aborts what runs after five seconds. */
export async function runJobs(options: JobRunnerOptions): Promise<{ stop(): Promise<void> }> {
  if (options.alone) await unlockAbandoned(options);
  const tasks = Object.fromEntries(options.jobs.map((job) => [job.name, taskOf(job, options)]));
  const runner = await run({
    pgPool: options.pool,
    taskList: tasks,
    concurrency: options.concurrency ?? 2,
    pollInterval: POLL_MS,
    noHandleSignals: true,
    gracefulShutdownAbortTimeout: ABORT_MS,
    logger: queueLogger(options.log),
  });
  await startTimers(options);
  observeQueue(options);
  return { stop: () => stopRunner(runner) };
}

async function stopRunner(runner: Runner): Promise<void> {
  await runner.stop();
}

async function unlockAbandoned({ pool, db, log }: JobRunnerOptions): Promise<void> {
  const utils = await makeWorkerUtils({ pgPool: pool, logger: queueLogger(log) });
  try {
    const ids = await queueWorkerIds(db);
    if (ids.length > 0) await utils.forceUnlockWorkers(ids);
  } finally {
    await utils.release();
  }
}

async function startTimers({ db, jobs }: JobRunnerOptions): Promise<void> {
  const timers = jobs.filter((job) => job.everySeconds !== undefined);
  await Promise.all(timers.map((job) => queueInsertTimer(db, job.name, 0)));
}

function taskOf(job: Job, options: JobRunnerOptions): Task {
  const { log, metrics } = options;
  const runs = metrics.counter("muster_jobs_total", "Runs of background jobs.", ["job", "outcome"]);
  const seconds = metrics.histogram("muster_job_seconds", "Duration of background jobs.", ["job"]);
  return async (payload: unknown, helpers: QueueHelpers) => {
    const stopTimer = seconds.startTimer({ job: job.name });
    const child = log.child({ job: job.name });
    try {
      await withTimer(job, options.db, helpers, () => job.run(payload ?? {}, { signal: helpers.abortSignal, log: child }));
      runs.inc({ job: job.name, outcome: "done" });
    } catch (error) {
      runs.inc({ job: job.name, outcome: "failed" });
      child.error({ err: error, attempt: helpers.job.attempts }, "job failed");
      throw error;
    } finally {
      stopTimer();
    }
  };
}

/**
 * A timer's next run is added before this one begins (a killed process must not end the timer) and moved to its proper time when
 * this one is over. Runs that were enqueued leave the timer alone.
 */
async function withTimer(job: Job, db: Database, helpers: QueueHelpers, work: () => Promise<void>): Promise<void> {
  if (job.everySeconds === undefined || helpers.job.key !== timerKey(job.name)) return await work();
  await queueInsertTimer(db, job.name, job.everySeconds + TIMER_GRACE_SECONDS);
  try {
    await work();
  } finally {
    await queueReplaceTimer(db, job.name, job.everySeconds);
  }
}

function observeQueue({ db, metrics }: JobRunnerOptions): void {
  const depth = metrics.gauge("muster_jobs_waiting", "Background jobs that are due, and those that failed for good.", ["state"]);
  metrics.onCollect(async () => {
    const { due, failed } = await queueDepth(db);
    depth.set({ state: "due" }, due);
    depth.set({ state: "failed" }, failed);
  });
}
