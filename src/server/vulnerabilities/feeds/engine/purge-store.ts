import { sql } from "kysely";
import type { PoolClient } from "pg";
import type { Database } from "#server/database/tables.ts";

/** A part that nothing needs any more. */
export interface PurgeablePart {
  id: number;
  feed: string;
  part: string;
}

/**
 * Parts that nothing has needed since `before` and that were not loaded since; those that people imported since `importedBefore`. Parts of the
 * feeds `except` stay.
 */
export async function partsToPurge(
  db: Database,
  { before, importedBefore, except }: { before: Date; importedBefore: Date; except: readonly string[] },
): Promise<PurgeablePart[]> {
  const { rows } = await sql<PurgeablePart>`
    SELECT id, feed, part FROM feed_parts
    WHERE NOT wanted AND state <> 'loading' AND NOT feed = ANY(${except})
      AND greatest(unwanted_at, succeeded_at) < CASE WHEN origin = 'import' THEN ${importedBefore}::timestamptz ELSE ${before} END
    ORDER BY id`.execute(db);
  return rows;
}

/**
 * Removes up to `limit` records of a part that is still not needed, and queues what they were about, so that findings follow. To be called in
 * a transaction.
 *
 * @returns how many were removed; null: the part is needed again
 */
export async function purgeBatch(client: PoolClient, partId: number, limit: number): Promise<number | null> {
  // what was loaded is no longer whole: whoever needs the part again loads everything
  const { rows: parts } = await client.query(
    `UPDATE feed_parts SET state = 'waiting', cursor = NULL, records_count = 0, left_out = '[]', bad_records_count = 0, bad_record = NULL,
       error = NULL, failures = 0, next_attempt_at = NULL
     WHERE id = $1 AND NOT wanted RETURNING id`,
    [partId],
  );
  if (parts.length === 0) return null;
  await client.query(
    `CREATE TEMP TABLE purged ON COMMIT DROP AS
     SELECT id, vulnerabilities FROM feed_records WHERE part_id = ${partId} ORDER BY name LIMIT ${limit}`,
  );
  await client.query(`
    CREATE TEMP TABLE purged_packages ON COMMIT DROP AS
    SELECT DISTINCT a.ecosystem, a.package FROM affected_packages a JOIN purged p ON p.id = a.record_id`);
  // in the order of a load, so that the two do not wait for each other in a circle
  await client.query(`
    INSERT INTO merge_queue (cve) SELECT DISTINCT unnest(vulnerabilities) FROM purged ORDER BY 1
    ON CONFLICT (cve) DO UPDATE SET scores_only = false`);
  const { rowCount } = await client.query("DELETE FROM feed_records WHERE id IN (SELECT id FROM purged)");
  await client.query(`
    INSERT INTO match_queue (ecosystem, package) SELECT ecosystem, package FROM purged_packages ORDER BY 1, 2
    ON CONFLICT (ecosystem, package) DO UPDATE SET queued_at = excluded.queued_at`);
  return rowCount ?? 0;
}

/** Forgets a part that has no records left and is still not needed. */
export async function partForget(db: Database, partId: number): Promise<void> {
  await sql`
    DELETE FROM feed_parts p WHERE id = ${partId} AND NOT wanted AND NOT EXISTS (SELECT FROM feed_records r WHERE r.part_id = p.id)`.execute(
    db,
  );
}
