import { sql } from "kysely";
import type { Database } from "#server/database/tables.ts";

/**
 * Deletes subjects that no host has and that are older than a moment: their findings are closed as removed. Software that was deleted from
 * the catalogue goes at once.
 *
 * @param after subjects up to this id were looked at
 * @returns the last id that was looked at, null when there were no more, and how many went
 */
export async function subjectsSweepInTx(
  tx: Database,
  after: number,
  olderThan: Date,
  limit: number,
): Promise<{ last: number | null; swept: number }> {
  const { rows } = await sql<{ last: number | null; swept: number }>`
    WITH looked AS MATERIALIZED (
      SELECT m.id, m.software_id, m.facts_id, m.os_scope_id, m.operating_system_id, m.created_at FROM match_subjects m
      WHERE m.id > ${after} ORDER BY m.id LIMIT ${limit}
    ), unheld AS MATERIALIZED (
      SELECT m.* FROM looked m
      WHERE m.created_at < ${olderThan} AND CASE WHEN m.software_id IS NULL
        THEN NOT EXISTS (SELECT FROM hosts h WHERE h.operating_system_id = m.operating_system_id)
        ELSE NOT EXISTS (
          SELECT FROM host_software hs JOIN hosts h ON h.id = hs.host_id
            LEFT JOIN operating_systems o ON o.id = h.operating_system_id LEFT JOIN os_scopes s ON s.id = o.os_scope_id
          WHERE hs.software_id = m.software_id AND coalesce(hs.facts_id, 0) = m.facts_id
            AND (m.os_scope_id = 0 OR m.os_scope_id = s.id OR m.os_scope_id = s.family_id)
        ) END
    ), closed AS (
      INSERT INTO closed_findings (vulnerability_id, software_id, operating_system_id, os_scope_id, opened_at, reason)
      SELECT f.vulnerability_id, u.software_id, u.operating_system_id, u.os_scope_id, f.opened_at, 'removed'
      FROM unheld u JOIN findings f ON f.subject_id = u.id
    ), queued AS (
      INSERT INTO exposure_queue AS q (vulnerability_id)
      SELECT DISTINCT f.vulnerability_id FROM unheld u JOIN findings f ON f.subject_id = u.id
      ON CONFLICT (vulnerability_id) DO UPDATE SET hosts_only = false WHERE q.hosts_only
    ), swept AS (
      DELETE FROM match_subjects m USING unheld u WHERE m.id = u.id RETURNING m.id
    )
    SELECT (SELECT max(id) FROM looked) AS last, (SELECT count(*)::integer FROM swept) AS swept`.execute(tx);
  return rows[0] ?? { last: null, swept: 0 };
}
