import { sql } from "kysely";
import type { RawBuilder, SqlBool } from "kysely";
import { openOn } from "../database/finding-sql.ts";

/**
 * The host `h` needs an update of the queue (fix_queue): exactly the hosts that its row counts. Links are looked up software by software, as
 * for counting. Findings are asked for only where something suppresses one of them on some hosts only.
 */
export function needsFix(fixId: number): RawBuilder<SqlBool> {
  const open = (host: RawBuilder<unknown>): RawBuilder<SqlBool> => sql<SqlBool>`(
    NOT EXISTS (SELECT FROM fix_findings p WHERE p.fix_id = ${fixId} AND p.partly) OR EXISTS (
      SELECT FROM fix_findings ff JOIN findings f ON f.vulnerability_id = ff.vulnerability_id AND f.subject_id = m.id
      WHERE ff.fix_id = ${fixId} AND m.id = ANY (ff.subjects) AND ${openOn(host)}))`;
  return sql<SqlBool>`h.id IN (
    SELECT l.host_id FROM fix_subjects fs JOIN match_subjects m ON m.id = fs.subject_id
      CROSS JOIN LATERAL (
        SELECT hs.host_id FROM host_software hs WHERE hs.software_id = m.software_id AND coalesce(hs.facts_id, 0) = m.facts_id OFFSET 0
      ) l JOIN hosts hh ON hh.id = l.host_id LEFT JOIN operating_systems o ON o.id = hh.operating_system_id
      LEFT JOIN os_scopes sc ON sc.id = o.os_scope_id
    WHERE fs.fix_id = ${fixId} AND (m.os_scope_id = 0 OR m.os_scope_id = sc.id OR m.os_scope_id = sc.family_id) AND ${open(sql`l.host_id`)}
    UNION ALL
    SELECT hh.id FROM fix_subjects fs JOIN match_subjects m ON m.id = fs.subject_id
      JOIN hosts hh ON hh.operating_system_id = m.operating_system_id
    WHERE fs.fix_id = ${fixId} AND ${open(sql`hh.id`)})`;
}
