import { sql } from "kysely";
import type { Database } from "#server/database/tables.ts";
import { labelCounted } from "#server/inventory/count-label.ts";
import { clearForgottenHosts } from "#server/inventory/remove-host-software.ts";
import { wrongCounts } from "#test/support/wrong-counts.ts";

/** What the primary holds of a host: `source|name|version`, sorted. */
export async function storedSoftware(db: Database, hostId: number): Promise<string[]> {
  const { rows } = await sql<{ line: string }>`
    SELECT s.source || '|' || s.name || '|' || s.version AS line
    FROM host_software hs JOIN software s ON s.id = hs.software_id WHERE hs.host_id = ${hostId}`.execute(db);
  return rows.map(({ line }) => line).toSorted();
}

/** Ended links of a host: `event source|name|version`, sorted. */
export async function storedHistory(db: Database, hostId: number): Promise<string[]> {
  const { rows } = await sql<{ line: string }>`
    SELECT h.event || ' ' || s.source || '|' || s.name || '|' || s.version AS line
    FROM host_software_history h JOIN software s ON s.id = h.software_id WHERE h.host_id = ${hostId} AND h.event <> 'installed'`.execute(
    db,
  );
  return rows.map(({ line }) => line).toSorted();
}

/** Everything that is wrong with the stored counts, those of labels included, after what deleted hosts left is cleared away. */
export async function wrongStoredCounts(db: Database): Promise<unknown[]> {
  await clearForgottenHosts(db);
  return [...(await wrongCounts(db)), ...(await wrongLabelCounts(db))];
}

/**
 * The same of what is counted within labels. Who joins a label joins uncounted and is counted when a list next asks for the label: asked
 * for here as lists do, whereupon the counts must be those of all members.
 */
async function wrongLabelCounts(db: Database): Promise<unknown[]> {
  const labels = await db.selectFrom("labels").where("counted_at", "is not", null).select("id").execute();
  for (const { id } of labels) await labelCounted(db, id);
  const { rows } = await sql`
    WITH real AS (
      SELECT m.label_id, hs.host_id, hs.software_id, s.title_id FROM label_membership m
      JOIN labels l ON l.id = m.label_id AND l.counted_at IS NOT NULL
      JOIN host_software hs ON hs.host_id = m.host_id JOIN software s ON s.id = hs.software_id),
    by_software AS (SELECT label_id, software_id AS id, count(*) AS n FROM real GROUP BY 1, 2),
    by_title AS (SELECT label_id, title_id AS id, count(DISTINCT host_id) AS n, count(DISTINCT software_id) AS versions FROM real GROUP BY 1, 2)
    SELECT 'label software' AS kind, label_id, id, c.hosts_count AS stored, r.n AS real FROM by_software r
      FULL JOIN (SELECT label_id, software_id AS id, hosts_count FROM label_software_counts) c USING (label_id, id)
      WHERE c.hosts_count IS DISTINCT FROM r.n
    UNION ALL SELECT 'label title', label_id, id, c.hosts_count, r.n FROM by_title r
      FULL JOIN (SELECT label_id, title_id AS id, hosts_count, versions_count FROM label_title_counts) c USING (label_id, id)
      WHERE c.hosts_count IS DISTINCT FROM r.n OR c.versions_count IS DISTINCT FROM r.versions`.execute(db);
  return rows;
}
