import type { Log } from "#server/observe/log.ts";

/** What a job works on. Only an identifier: a job reads the present state itself, so a late or repeated run does no harm. */
export interface JobPayload {
  id?: number;
}

export interface JobHelpers {
  /** Aborted when the process is to stop: end soon, at a point from which the next run can go on. */
  signal: AbortSignal;
  log: Log;
}

/**
 * Something done in the background, by any worker process. Jobs are idempotent: one may run twice, and two runs may overlap.
 * A job that throws is tried again with growing delays.
 */
export interface Job {
  name: string;
  /** Runs on its own this often, besides being enqueued. */
  everySeconds?: number;
  run(payload: JobPayload, helpers: JobHelpers): Promise<void>;
}
