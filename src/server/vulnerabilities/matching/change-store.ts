import { sql } from "kysely";
import { SOURCES } from "#domain/software/sources.ts";
import { scopeOfSource } from "#domain/vulnerability/identity/os-scope.ts";
import type { Database } from "#server/database/tables.ts";

/** Sources whose software is matched once for each distribution, and once for the whole fleet; any other: once a family. */
const PROBE = { name: "a distribution", family: "a family" };
const OF_DISTRIBUTION = SOURCES.map(({ source }) => source).filter((source) => scopeOfSource(source, PROBE).name === PROBE.name);
const OF_NO_SYSTEM = SOURCES.map(({ source }) => source).filter((source) => scopeOfSource(source, PROBE).name === "");

/** SQL: the scope of software of source `source` on a host of scope `scope` and family `family`. */
export function subjectScope(source: string, scope: string, family: string) {
  return sql<number>`CASE WHEN ${sql.ref(source)} = ANY (${OF_NO_SYSTEM}::text[]) THEN 0
    WHEN ${sql.ref(source)} = ANY (${OF_DISTRIBUTION}::text[]) THEN ${sql.ref(scope)} ELSE ${sql.ref(family)} END`;
}

/**
 * Takes the oldest changes of hosts: makes the subjects that they brought and that nobody had, and queues the exposures of all that they
 * brought or lost. Software of a host whose operating system is not known yet waits for that, which is a change as well.
 *
 * Findings are looked up subject by subject (OFFSET 0) before the queue is asked: where most vulnerabilities are queued already, the planner
 * expects next to none to be left, reads all findings for them, and all that hosts brought again for each: minutes instead of a tenth of a second.
 *
 * @returns how many changes were taken
 */
export async function subjectChangesTakeInTx(tx: Database, limit: number): Promise<number> {
  const { rows } = await subjectChangesTake(limit).execute(tx);
  return rows[0]?.taken ?? 0;
}

/** The statement of {@link subjectChangesTakeInTx}; exported for the test that looks at its plan. */
export function subjectChangesTake(limit: number) {
  return sql<{ taken: number }>`
    WITH taken AS MATERIALIZED (
      DELETE FROM subject_changes
      WHERE id IN (SELECT id FROM subject_changes ORDER BY id LIMIT ${limit} FOR UPDATE SKIP LOCKED) RETURNING *
    ), kinds AS MATERIALIZED (
      SELECT h.id AS host_id, s.id AS os_scope_id, s.family_id
      FROM hosts h LEFT JOIN operating_systems o ON o.id = h.operating_system_id LEFT JOIN os_scopes s ON s.id = o.os_scope_id
      WHERE h.id IN (SELECT host_id FROM taken)
    ), held AS MATERIALIZED (
      SELECT DISTINCT hs.software_id, coalesce(hs.facts_id, 0) AS facts_id, k.os_scope_id, k.family_id
      FROM taken t LEFT JOIN kinds k ON k.host_id = t.host_id JOIN host_software hs ON hs.host_id = t.host_id
      WHERE t.software_added IS NULL AND t.software_removed IS NULL
      UNION
      SELECT hs.software_id, coalesce(hs.facts_id, 0), k.os_scope_id, k.family_id
      FROM taken t LEFT JOIN kinds k ON k.host_id = t.host_id CROSS JOIN LATERAL unnest(t.software_added) a (id)
        JOIN host_software hs ON hs.host_id = t.host_id AND hs.software_id = a.id
    ), wanted AS MATERIALIZED (
      SELECT DISTINCT e.software_id, e.facts_id, ${subjectScope("w.source", "e.os_scope_id", "e.family_id")} AS os_scope_id
      FROM held e JOIN software w ON w.id = e.software_id
    ), made AS (
      INSERT INTO match_subjects (software_id, facts_id, os_scope_id, identity)
      SELECT n.software_id, n.facts_id, n.os_scope_id, '{}' FROM wanted n
      WHERE n.os_scope_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM match_subjects m
        WHERE m.software_id = n.software_id AND m.facts_id = n.facts_id AND m.os_scope_id = n.os_scope_id
      )
      ON CONFLICT DO NOTHING
    ), moved AS (
      SELECT software_id AS id FROM held
      UNION SELECT r.id FROM taken t CROSS JOIN LATERAL unnest(t.software_removed) r (id)
    ), subjects AS MATERIALIZED (
      SELECT m.id FROM match_subjects m WHERE m.software_id IN (SELECT id FROM moved)
      UNION ALL SELECT m.id FROM match_subjects m
      WHERE m.operating_system_id IN (SELECT o.id FROM taken t CROSS JOIN LATERAL unnest(t.operating_system_ids) o (id))
    ), touched AS MATERIALIZED (
      SELECT DISTINCT f.vulnerability_id
      FROM subjects m CROSS JOIN LATERAL (SELECT o.vulnerability_id FROM findings o WHERE o.subject_id = m.id OFFSET 0) f
    ), queued AS (
      INSERT INTO exposure_queue (vulnerability_id, hosts_only)
      SELECT t.vulnerability_id, true FROM touched t
      WHERE NOT EXISTS (SELECT FROM exposure_queue q WHERE q.vulnerability_id = t.vulnerability_id)
      ON CONFLICT DO NOTHING
    )
    SELECT count(*)::integer AS taken FROM taken`;
}
