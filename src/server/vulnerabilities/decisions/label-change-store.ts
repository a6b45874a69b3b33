import { sql } from "kysely";
import type { Database } from "../../database/tables.ts";

/**
 * Takes notes of labels whose members changed, the oldest first, and has the vulnerabilities that a decision for one of these labels is about
 * counted anew. Whoever decides about a label meanwhile has them counted after its own transaction, so nothing falls between.
 *
 * @returns how many notes were taken
 */
export async function labelChangesTakeInTx(tx: Database, limit: number): Promise<number> {
  const { rows } = await sql<{ taken: number }>`
    WITH taken AS (
      DELETE FROM label_member_changes WHERE id IN (
        SELECT id FROM label_member_changes ORDER BY id LIMIT ${limit} FOR UPDATE SKIP LOCKED)
      RETURNING label_id
    ), queued AS (
      INSERT INTO exposure_queue AS q (vulnerability_id)
      SELECT DISTINCT d.vulnerability_id FROM vulnerability_decisions d
      WHERE d.ended_at IS NULL AND d.label_id IN (SELECT label_id FROM taken) ORDER BY 1
      ON CONFLICT (vulnerability_id) DO UPDATE SET hosts_only = false
    )
    SELECT count(*)::integer AS taken FROM taken`.execute(tx);
  return rows[0]?.taken ?? 0;
}
