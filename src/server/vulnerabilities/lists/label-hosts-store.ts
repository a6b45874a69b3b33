import { sql } from "kysely";
import type { Database } from "../../database/tables.ts";

/** How many hosts of a label hold software (or run a system) with each of these vulnerabilities: for the rows of one page. */
export async function labelHostsCounts(db: Database, labelId: number, vulnerabilityIds: number[]): Promise<Map<number, number>> {
  const { rows } = await sql<{ id: number; hosts_count: number }>`
    SELECT v.id, (
      SELECT count(*) FROM (
        SELECT hs.host_id FROM findings f JOIN match_subjects ms ON ms.id = f.subject_id
          JOIN host_software hs ON hs.software_id = ms.software_id AND coalesce(hs.facts_id, 0) = ms.facts_id
          JOIN label_membership m ON m.host_id = hs.host_id AND m.label_id = ${labelId}
          JOIN hosts h ON h.id = hs.host_id JOIN operating_systems o ON o.id = h.operating_system_id JOIN os_scopes sc ON sc.id = o.os_scope_id
        WHERE f.vulnerability_id = v.id AND f.suppressed IS NULL AND ms.os_scope_id IN (0, sc.id, sc.family_id)
        UNION
        SELECT h.id FROM findings f JOIN match_subjects ms ON ms.id = f.subject_id
          JOIN hosts h ON h.operating_system_id = ms.operating_system_id
          JOIN label_membership m ON m.host_id = h.id AND m.label_id = ${labelId}
        WHERE f.vulnerability_id = v.id AND f.suppressed IS NULL
      ) x)::integer AS hosts_count
    FROM unnest(${vulnerabilityIds}::integer[]) AS v (id)`.execute(db);
  return new Map(rows.map((row) => [row.id, row.hosts_count]));
}
