import type { Database } from "../../database/tables.ts";
import { HttpError } from "../../http/errors.ts";
import { enqueueJob } from "../../jobs/enqueue-job.ts";
import { labelCountAskInTx, labelCountsAsked, type LabelCount, type LabelCountTable } from "./label-count-store.ts";

/** Labels of so many hosts are counted while their list is asked for: it takes less than a quarter of a second. */
export const MEMBERS_IN_REQUEST = 50;
/** Counts of a label that is looked at are never older than this, … */
const FRESH_MS = 60_000;
/** … but counting takes at most this part of the time. */
const SHARE = 10;
const RETRY_SECONDS = 3;

/** What is counted within large labels, in the background. */
export interface BackgroundCount {
  table: LabelCountTable;
  /** The job that counts what was asked for. */
  job: string;
  /** In words: "vulnerabilities". */
  what: string;
}

export interface CountDeps {
  db: Database;
  now: () => Date;
}

/**
 * Has a large label counted when its counts are missing or old; called while somebody looks at them.
 *
 * @returns the moment that the counts are of
 * @throws {HttpError} 503 while it is counted for the first time
 */
export async function countedInBackground(
  { db, now }: CountDeps,
  { table, job, what }: BackgroundCount,
  labelId: number,
  count: LabelCount,
): Promise<Date> {
  if (isDue(count, now())) {
    await db.transaction().execute(async (tx) => {
      await labelCountAskInTx(tx, table, labelId);
      await enqueueJob(tx, job, {}, { key: job });
    });
  }
  if (count.counted_at !== null) return count.counted_at;
  const reason = `The ${what} of label ${labelId} are being counted. Ask again in ${RETRY_SECONDS} seconds.`;
  throw new HttpError(503, [{ name: "label_id", reason }], RETRY_SECONDS);
}

/** Counts the labels that were asked for and are due. */
export async function countAsked(
  { db, now }: CountDeps,
  table: LabelCountTable,
  signal: AbortSignal,
  countLabel: (labelId: number) => Promise<unknown>,
): Promise<void> {
  for (const label of await labelCountsAsked(db, table)) {
    if (signal.aborted) return;
    // oxlint-disable-next-line no-await-in-loop -- one label after the other
    if (isDue(label, now())) await countLabel(label.label_id);
  }
}

function isDue({ counted_at, took_ms }: LabelCount, now: Date): boolean {
  return counted_at === null || now.getTime() - counted_at.getTime() > Math.max(FRESH_MS, took_ms * SHARE);
}
