import { sql } from "kysely";
import type { Database } from "../database/tables.ts";

/**
 * Takes locked hosts out of every count and label, and notes that what they held is to be cleared away: one ledger row a host, with all
 * that it held. Nothing is read of these links afterwards, because no host has these ids.
 */
export async function hostsForgetInTx(tx: Database, hostIds: number[]): Promise<void> {
  await sql`
    WITH left_labels AS (
      DELETE FROM label_membership WHERE host_id = ANY (${hostIds}::bigint[]) RETURNING host_id, label_id, counted
    ), held AS (
      SELECT hs.host_id, array_agg(hs.software_id) AS software_ids, array_agg(DISTINCT s.title_id) AS title_ids
      FROM host_software hs JOIN software s ON s.id = hs.software_id
      WHERE hs.host_id = ANY (${hostIds}::bigint[]) GROUP BY hs.host_id
    ), noted AS (
      INSERT INTO host_deletions (host_id) SELECT unnest(${hostIds}::bigint[])
    ), systems AS (
      INSERT INTO subject_changes (host_id, software_added, operating_system_ids)
      SELECT id, '{}', ARRAY[operating_system_id]::integer[] FROM hosts
      WHERE id = ANY (${hostIds}::bigint[]) AND operating_system_id IS NOT NULL
    )
    INSERT INTO software_count_changes (host_id, software_removed, titles_removed, label_ids, labels_removed)
    SELECT g.id, coalesce(h.software_ids, '{}'), coalesce(h.title_ids, '{}'),
      ARRAY(SELECT label_id FROM left_labels l WHERE l.host_id = g.id AND l.counted),
      ARRAY(SELECT label_id FROM left_labels l WHERE l.host_id = g.id)
    FROM unnest(${hostIds}::bigint[]) g (id) LEFT JOIN held h ON h.host_id = g.id`.execute(tx);
}

/** A host whose links and history are still to be cleared away; null when there is none. */
export async function forgottenHost(db: Database): Promise<number | null> {
  const row = await db.selectFrom("host_deletions").select("host_id").orderBy("host_id").limit(1).executeTakeFirst();
  return row?.host_id ?? null;
}

/** Clears up to `limit` rows of each kind of a forgotten host; returns whether any are left. Two that clear one host do no harm. */
export async function forgottenHostClear(db: Database, hostId: number, limit: number): Promise<boolean> {
  const { rows } = await sql<{ links: number; past: number }>`
    WITH links AS (
      DELETE FROM host_software WHERE host_id = ${hostId} AND software_id IN (
        SELECT software_id FROM host_software WHERE host_id = ${hostId} LIMIT ${limit}
      ) RETURNING 1
    ), past AS (
      DELETE FROM host_software_history WHERE host_id = ${hostId} AND (tableoid, ctid) IN (
        SELECT tableoid, ctid FROM host_software_history WHERE host_id = ${hostId} LIMIT ${limit}
      ) RETURNING 1
    )
    SELECT (SELECT count(*) FROM links) AS links, (SELECT count(*) FROM past) AS past`.execute(db);
  const cleared = rows[0] ?? { links: 0, past: 0 };
  if (cleared.links === limit || cleared.past === limit) return true;
  await db.deleteFrom("host_deletions").where("host_id", "=", hostId).execute();
  return false;
}
