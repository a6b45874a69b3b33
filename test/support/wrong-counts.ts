import { sql } from "kysely";
import type { Database } from "#server/database/tables.ts";
import { settleCounts } from "#server/inventory/settle-counts.ts";

/**
 * Every stored count that differs from the rows behind it once the ledger is folded, and links that lead nowhere; empty when all is
 * right. Written apart from the code under test, `muster doctor` included. Links of deleted hosts that wait to be cleared away count
 * nowhere; any others without a host are wrong. Of a label whose software is being counted nothing is known yet.
 */
export async function wrongCounts(db: Database): Promise<unknown[]> {
  await settleCounts(db);
  return (await sql`${WRONG_COUNTS}`.execute(db)).rows;
}

const WRONG_COUNTS = sql`
  WITH real AS (SELECT hs.host_id, hs.software_id, s.title_id FROM host_software hs JOIN hosts h ON h.id = hs.host_id
      JOIN software s ON s.id = hs.software_id),
    by_software AS (SELECT software_id AS id, count(*) AS n FROM real GROUP BY 1),
    by_title AS (SELECT title_id AS id, count(DISTINCT host_id) AS n, count(DISTINCT software_id) AS versions FROM real GROUP BY 1),
    by_host AS (SELECT host_id AS id, count(*) AS n FROM real GROUP BY 1),
    by_label AS (SELECT m.label_id, r.title_id AS id, count(DISTINCT r.host_id) AS n
      FROM real r JOIN label_membership m ON m.host_id = r.host_id AND m.counted
      WHERE m.label_id NOT IN (SELECT label_id FROM label_count_runs) GROUP BY 1, 2)
  SELECT 'software' AS kind, id, c.hosts_count AS stored, r.n AS real FROM by_software r
    FULL JOIN (SELECT software_id AS id, hosts_count FROM software_counts) c USING (id) WHERE c.hosts_count IS DISTINCT FROM r.n
  UNION ALL SELECT 'title', id, c.hosts_count, r.n FROM by_title r
    FULL JOIN (SELECT title_id AS id, hosts_count FROM software_title_counts) c USING (id) WHERE c.hosts_count IS DISTINCT FROM r.n
  UNION ALL SELECT 'versions', id, c.versions_count, r.versions FROM by_title r
    FULL JOIN (SELECT title_id AS id, versions_count FROM software_title_counts) c USING (id)
    WHERE c.versions_count IS DISTINCT FROM r.versions
  UNION ALL SELECT 'label', id, c.hosts_count, r.n FROM by_label r
    FULL JOIN (SELECT label_id, title_id AS id, hosts_count FROM label_title_counts
      WHERE label_id NOT IN (SELECT label_id FROM label_count_runs)) c USING (label_id, id)
    WHERE c.hosts_count IS DISTINCT FROM r.n
  UNION ALL SELECT 'host', h.id, h.software_count, coalesce(r.n, 0) FROM hosts h LEFT JOIN by_host r ON r.id = h.id
    WHERE h.software_count <> coalesce(r.n, 0)
  UNION ALL SELECT 'dangling', hs.software_id, 0, count(*) FROM host_software hs
    WHERE NOT EXISTS (SELECT 1 FROM software s WHERE s.id = hs.software_id) GROUP BY 1, 2
  UNION ALL SELECT 'hostless', hs.host_id, 0, count(*) FROM host_software hs
    WHERE NOT EXISTS (SELECT 1 FROM hosts h WHERE h.id = hs.host_id)
      AND NOT EXISTS (SELECT 1 FROM host_deletions d WHERE d.host_id = hs.host_id) GROUP BY 1, 2`;
