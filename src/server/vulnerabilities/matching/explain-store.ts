import { sql } from "kysely";
import type { Database } from "#server/database/tables.ts";

/** Subjects that a question is about: a software on one kind of host or all, or an operating system. */
export async function subjectsAsked(
  db: Database,
  asked: { software_id?: number; operating_system_id?: number; host_id?: number },
): Promise<number[]> {
  const { software_id = null, operating_system_id = null, host_id = null } = asked;
  const { rows } = await sql<{ id: number }>`
    SELECT DISTINCT m.id FROM match_subjects m
    WHERE (m.software_id = ${software_id} OR m.operating_system_id = ${operating_system_id}) AND (${host_id}::integer IS NULL
      OR EXISTS (SELECT FROM hosts h WHERE h.id = ${host_id} AND h.operating_system_id = m.operating_system_id)
      OR EXISTS (
        SELECT FROM host_software hs JOIN hosts h ON h.id = hs.host_id LEFT JOIN operating_systems o ON o.id = h.operating_system_id
          LEFT JOIN os_scopes s ON s.id = o.os_scope_id
        WHERE hs.host_id = ${host_id} AND hs.software_id = m.software_id AND coalesce(hs.facts_id, 0) = m.facts_id
          AND m.os_scope_id IN (0, coalesce(s.id, 0), coalesce(s.family_id, 0))))
    ORDER BY m.id LIMIT 50`.execute(db);
  return rows.map(({ id }) => id);
}

/** What suppresses a subject's finding on every host, or on this one, in words; null: nothing but what the feed itself says. */
export async function suppressionWords(
  db: Database,
  subjectId: number,
  cve: string,
  hostId: number | null,
): Promise<string | null> {
  const { rows } = await sql<{ kind: string; reason: string | null; until: Date | null }>`
    SELECT x.kind, coalesce(d.reason, s.justification, s.impact_statement) AS reason, x.expires_at AS until
    FROM suppressions x JOIN vulnerabilities v ON v.id = x.vulnerability_id
      LEFT JOIN vulnerability_decisions d ON d.id = x.decision_id LEFT JOIN vex_statements s ON s.id = x.vex_statement_id
    WHERE x.subject_id = ${subjectId} AND v.cve = ${cve} AND (x.expires_at IS NULL OR x.expires_at > now())
      AND (x.host_id IS NULL OR x.host_id = ${hostId}) AND (x.label_id IS NULL OR EXISTS (
        SELECT FROM label_membership l WHERE l.label_id = x.label_id AND l.host_id = ${hostId}))
    LIMIT 1`.execute(db);
  const found = rows[0];
  if (found === undefined) return null;
  const kind =
    found.kind === "vex"
      ? "a VEX statement"
      : found.kind === "false_positive"
        ? "decided to be a false positive"
        : "accepted risk";
  const until = found.until === null ? "" : `, until ${found.until.toISOString().slice(0, 10)}`;
  return `${kind}${found.reason === null ? "" : `: ${found.reason}`}${until}`;
}
