import { sql, type RawBuilder, type SqlBool } from "kysely";

/** True of the hosts (`h.id`) that have a title and did not open it since `cutoff`, where its source tells openings on that host. */
export function hasNotOpened(titleId: number, cutoff: Date): RawBuilder<SqlBool> {
  return sql<SqlBool>`h.id IN (
    SELECT u.host_id FROM (
      SELECT o.host_id, max(o.last_opened_at) AS opened, max(o.created_at) AS installed
      FROM host_software o WHERE o.software_id IN (SELECT id FROM software WHERE title_id = ${titleId}) GROUP BY 1
    ) u
    WHERE coalesce(u.opened, u.installed) < ${cutoff} AND (u.opened IS NOT NULL OR EXISTS (
      SELECT 1 FROM host_software x JOIN software xs ON xs.id = x.software_id
      WHERE x.host_id = u.host_id AND x.last_opened_at IS NOT NULL
        AND xs.source = (SELECT source FROM software_titles WHERE id = ${titleId})
    )))`;
}
