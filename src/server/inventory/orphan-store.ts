import { sql } from "kysely";
import type { Database } from "../database/tables.ts";

/** Held shared by every check-in while it links, exclusively by sweeps and corrections: neither sees the other half done. */
const SWEEP_LOCK = 7_302;

/** Takes the lock (migration 0007 has its number too) and returns the epoch that was valid once it was granted. */
export async function sweepLockShareInTx(tx: Database): Promise<number> {
  const { rows } = await sql<{ epoch: number }>`SELECT catalogue_lock_share() AS epoch`.execute(tx);
  return rows[0]?.epoch ?? -1;
}

/**
 * Takes the catalogue for oneself until the transaction ends. New check-ins wait behind a lock that waits, so it gives up after
 * `timeout` rather than hold them all (PostgreSQL's error 55P03).
 */
export async function catalogueLockInTx(tx: Database, timeout: "1s" | "5s"): Promise<void> {
  await sql`SET LOCAL lock_timeout = ${sql.lit(timeout)}`.execute(tx);
  await sql`SELECT pg_advisory_xact_lock(${SWEEP_LOCK})`.execute(tx);
}

/**
 * Deletes up to `limit` software rows that no host holds or held (history keeps what it names) and that are older than
 * `olderThan`, their aliases, and titles left without software that no correction names. Returns how many software rows went. What history names as a successor
 * (`next_software_id`) was linked in the same moment: it has a link, or a later row of history, of its own.
 */
export async function orphansDeleteInTx(tx: Database, olderThan: Date, limit: number): Promise<number> {
  await catalogueLockInTx(tx, "1s");
  const { rows } = await sql<{ id: number; title_id: number }>`
    DELETE FROM software WHERE id IN (
      SELECT s.id FROM software s
      WHERE s.created_at < ${olderThan}
        AND NOT EXISTS (SELECT 1 FROM software_counts c WHERE c.software_id = s.id)
        AND NOT EXISTS (SELECT 1 FROM host_software hs WHERE hs.software_id = s.id)
        AND NOT EXISTS (SELECT 1 FROM host_software_history hh WHERE hh.software_id = s.id)
      LIMIT ${limit}
    ) RETURNING id, title_id`.execute(tx);
  const titles = [...new Set(rows.map((row) => row.title_id))];
  if (titles.length > 0) {
    await sql`
      DELETE FROM software_titles t
      WHERE t.id = ANY (${titles}) AND NOT EXISTS (SELECT 1 FROM software s WHERE s.title_id = t.id)
        AND NOT EXISTS (SELECT 1 FROM title_corrections c WHERE c.undone_at IS NULL AND t.id = ANY (c.title_ids))
        AND NOT EXISTS (SELECT 1 FROM software_titles m WHERE m.merged_into = t.id)`.execute(tx);
    await sql`DELETE FROM software_aliases WHERE software_id = ANY (${rows.map((row) => row.id)})`.execute(tx);
  }
  return rows.length;
}
