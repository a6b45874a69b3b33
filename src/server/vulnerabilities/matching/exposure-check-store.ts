import { sql } from "kysely";
import type { Database } from "#server/database/tables.ts";

/** The stored counts of one exposure; null: there is none. */
export interface StoredExposure {
  vulnerability_id: number;
  cve: string;
  hosts_count: number | null;
  software_count: number | null;
}

/**
 * Vulnerabilities with findings or an exposure, by id, whose exposure can be compared in this moment: nothing that waits (links that changed,
 * exposures to be counted) concerns them.
 */
export async function exposuresSettled(db: Database, after: number, limit: number): Promise<StoredExposure[]> {
  const { rows } = await sql<StoredExposure>`
    WITH candidates AS (
      SELECT v.id, v.cve FROM vulnerabilities v
      WHERE v.id > ${after} AND (EXISTS (SELECT FROM findings f WHERE f.vulnerability_id = v.id)
        OR EXISTS (SELECT FROM vulnerability_exposures e WHERE e.vulnerability_id = v.id))
        AND NOT EXISTS (SELECT FROM exposure_queue q WHERE q.vulnerability_id = v.id)
      ORDER BY v.id LIMIT ${limit}
    ), moving AS MATERIALIZED (
      SELECT unnest(software_added || software_removed) AS id FROM subject_changes
      UNION SELECT unnest(software_added || software_removed)::integer FROM software_count_changes
      UNION SELECT hs.software_id FROM subject_changes c JOIN host_software hs ON hs.host_id = c.host_id
      WHERE c.software_added IS NULL AND c.software_removed IS NULL
    ), systems AS MATERIALIZED (SELECT unnest(operating_system_ids) AS id FROM subject_changes)
    SELECT c.id AS vulnerability_id, c.cve, e.hosts_count, e.software_count
    FROM candidates c LEFT JOIN vulnerability_exposures e ON e.vulnerability_id = c.id
    WHERE NOT EXISTS (
      SELECT FROM findings f JOIN match_subjects m ON m.id = f.subject_id
      WHERE f.vulnerability_id = c.id
        AND (m.software_id IN (SELECT id FROM moving) OR m.operating_system_id IN (SELECT id FROM systems))
    )
    ORDER BY 1`.execute(db);
  return rows;
}

/** The last id that {@link exposuresSettled} of the same arguments looked at; null: there are no more. */
export async function exposuresLookedAt(db: Database, after: number, limit: number): Promise<number | null> {
  const { rows } = await sql<{ last: number | null }>`
    SELECT max(id) AS last FROM (
      SELECT v.id FROM vulnerabilities v
      WHERE v.id > ${after} AND (EXISTS (SELECT FROM findings f WHERE f.vulnerability_id = v.id)
        OR EXISTS (SELECT FROM vulnerability_exposures e WHERE e.vulnerability_id = v.id))
        AND NOT EXISTS (SELECT FROM exposure_queue q WHERE q.vulnerability_id = v.id)
      ORDER BY v.id LIMIT ${limit}
    ) c`.execute(db);
  return rows[0]?.last ?? null;
}
