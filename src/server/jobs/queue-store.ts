import { Logger, runMigrations } from "graphile-worker";
import { sql } from "kysely";
import type { Pool } from "pg";
import type { Database } from "#server/database/tables.ts";
import type { Log } from "#server/observe/log.ts";
import type { JobPayload } from "./job.ts";

/** Jobs to add; `key` makes a job unique among those that wait: adding it again replaces it. */
export interface QueueEntry {
  identifier: string;
  payload: JobPayload;
  key?: string | undefined;
  /** Seconds from now. */
  delaySeconds?: number;
}

/** Makes or updates the queue's own schema (`graphile_worker`); safe when several processes do so at once. */
export async function queueInstall(pool: Pool, log: Log): Promise<void> {
  await runMigrations({ pgPool: pool, logger: queueLogger(log) });
}

/** Adds one job inside the caller's transaction: it exists if and only if that commits. */
export async function queueInsert(db: Database, entry: QueueEntry): Promise<void> {
  await sql`
    SELECT graphile_worker.add_job(
      ${entry.identifier},
      payload := ${JSON.stringify(entry.payload)}::json,
      run_at := now() + make_interval(secs => ${entry.delaySeconds ?? 0}),
      job_key := ${entry.key ?? null})`.execute(db);
}

/** Adds many jobs of one name in one statement. */
export async function queueInsertMany(db: Database, identifier: string, payloads: JobPayload[]): Promise<void> {
  await sql`
    SELECT graphile_worker.add_jobs(ARRAY(
      SELECT (${identifier}, payload, NULL, NULL, NULL, NULL, NULL, NULL)::graphile_worker.job_spec
      FROM json_array_elements(${JSON.stringify(payloads)}::json) AS payload))`.execute(db);
}

/** Adds a timer's next run unless one waits already. */
export async function queueInsertTimer(db: Database, identifier: string, delaySeconds: number): Promise<void> {
  await sql`
    SELECT graphile_worker.add_job(
      ${identifier},
      payload := '{}'::json,
      run_at := now() + make_interval(secs => ${delaySeconds}),
      max_attempts := 1,
      job_key := ${timerKey(identifier)},
      job_key_mode := 'preserve_run_at')`.execute(db);
}

/** Moves a timer's next run, or adds it. */
export async function queueReplaceTimer(db: Database, identifier: string, delaySeconds: number): Promise<void> {
  await sql`
    SELECT graphile_worker.add_job(
      ${identifier},
      payload := '{}'::json,
      run_at := now() + make_interval(secs => ${delaySeconds}),
      max_attempts := 1,
      job_key := ${timerKey(identifier)})`.execute(db);
}

/** The key by which a timer's waiting run is known. */
export function timerKey(identifier: string): string {
  return `timer:${identifier}`;
}

/** Identifiers of the workers that hold jobs. */
export async function queueWorkerIds(db: Database): Promise<string[]> {
  const { rows } = await sql<{ locked_by: string }>`
    SELECT DISTINCT locked_by FROM graphile_worker.jobs WHERE locked_by IS NOT NULL`.execute(db);
  return rows.map((row) => row.locked_by);
}

/** How many jobs are due and wait, and how many have failed for good. */
export async function queueDepth(db: Database): Promise<{ due: number; failed: number }> {
  const { rows } = await sql<{ due: number; failed: number }>`
    SELECT count(*) FILTER (WHERE attempts < max_attempts AND locked_at IS NULL AND run_at <= now())::int AS due,
           count(*) FILTER (WHERE attempts >= max_attempts)::int AS failed
    FROM graphile_worker.jobs`.execute(db);
  return rows[0] ?? { due: 0, failed: 0 };
}

/** The queue's own log lines, in ours. Its "info" is about single jobs and belongs to debugging. */
export function queueLogger(log: Log): Logger {
  return new Logger(() => (level, message, meta) => {
    const error: unknown = meta?.["error"];
    if (level === "error") log.error({ err: error }, message);
    else if (level === "warning") log.warn(message);
    else log.debug(message);
  });
}
