import type { Database } from "#server/database/tables.ts";
import type { JobPayload } from "./job.ts";
import { queueInsert, queueInsertMany } from "./queue-store.ts";

/**
 * Enqueues a job for any worker process. Within a transaction the job exists if and only if the transaction commits.
 *
 * @param options.key at most one job with this key waits: enqueuing again replaces the one that waits
 */
export async function enqueueJob(
  db: Database,
  name: string,
  payload: JobPayload = {},
  options: { key?: string } = {},
): Promise<void> {
  await queueInsert(db, { identifier: name, payload, key: options.key });
}

/** Enqueues many jobs of one name in one statement. */
export async function enqueueJobs(db: Database, name: string, payloads: JobPayload[]): Promise<void> {
  if (payloads.length > 0) await queueInsertMany(db, name, payloads);
}
