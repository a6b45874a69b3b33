import { sql } from "kysely";
import type { Database } from "../database/tables.ts";

/** Held shared by every check-in while it links, exclusively by a sweep: neither sees the other half done. */
const SWEEP_LOCK = 7_302;

export async function sweepLockShareInTx(tx: Database): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock_shared(${SWEEP_LOCK})`.execute(tx);
}

/**
 * Deletes up to `limit` software rows that no host holds or held (history keeps what it names) and that are older than
 * `olderThan`, then titles left without software. Returns how many software rows went. What history names as a successor
 * (`next_software_id`) was linked in the same moment: it has a link, or a later row of history, of its own.
 */
export async function orphansDeleteInTx(tx: Database, olderThan: Date, limit: number): Promise<number> {
  // New check-ins wait behind an exclusive lock that waits; give up rather than hold them all.
  await sql`SET LOCAL lock_timeout = '1s'`.execute(tx);
  await sql`SELECT pg_advisory_xact_lock(${SWEEP_LOCK})`.execute(tx);
  const { rows } = await sql<{ title_id: number }>`
    DELETE FROM software WHERE id IN (
      SELECT s.id FROM software s
      WHERE s.created_at < ${olderThan}
        AND NOT EXISTS (SELECT 1 FROM software_counts c WHERE c.software_id = s.id)
        AND NOT EXISTS (SELECT 1 FROM host_software hs WHERE hs.software_id = s.id)
        AND NOT EXISTS (SELECT 1 FROM host_software_history hh WHERE hh.software_id = s.id)
      LIMIT ${limit}
    ) RETURNING title_id`.execute(tx);
  const titles = [...new Set(rows.map((row) => row.title_id))];
  if (titles.length > 0) {
    await sql`
      DELETE FROM software_titles t
      WHERE t.id = ANY (${titles}) AND NOT EXISTS (SELECT 1 FROM software s WHERE s.title_id = t.id)`.execute(tx);
  }
  return rows.length;
}
