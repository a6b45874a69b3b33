import { sql } from "kysely";
import type { NewFinding, NotificationConditions } from "#domain/vulnerability/judgement/notification-rule.ts";
import type { Database } from "../../database/tables.ts";

export interface FindingEvent extends Omit<NewFinding, "label_ids"> {
  subject_id: number;
  vulnerability_id: number;
  /** What the vulnerability was before it became worse; null: the finding itself is new. */
  before: Pick<NewFinding, "severity" | "epss" | "kev"> | null;
}

/**
 * Takes the oldest events away and tells what they are about. Findings that closed since and suppressed ones are taken and left out; those
 * whose vulnerability is still to be merged wait, because their severity is not known yet.
 *
 * @returns how many were taken, and the findings to tell of
 */
export async function eventsTakeInTx(tx: Database, limit: number): Promise<{ taken: number; findings: FindingEvent[] }> {
  const { rows } = await sql<{ taken: number; finding: FindingEvent | null }>`
    WITH taken AS (
      DELETE FROM finding_events WHERE id IN (
        SELECT e.id FROM finding_events e JOIN vulnerabilities v ON v.id = e.vulnerability_id
        WHERE NOT EXISTS (SELECT FROM merge_queue q WHERE q.cve = v.cve) OR e.created_at < now() - interval '10 minutes'
        ORDER BY e.id LIMIT ${limit} FOR UPDATE OF e SKIP LOCKED)
      RETURNING subject_id, vulnerability_id, before::jsonb AS before
    )
    SELECT t.n::integer AS taken, CASE WHEN f.subject_id IS NOT NULL THEN json_build_object('subject_id', f.subject_id,
      'vulnerability_id', f.vulnerability_id, 'severity', v.severity, 'epss', v.epss, 'kev', v.kev IS NOT NULL,
      'source', coalesce(s.source, 'operating_systems'), 'state', f.state, 'before', d.before) END AS finding
    FROM (SELECT count(*) AS n FROM taken) t
    LEFT JOIN (SELECT DISTINCT * FROM taken) d ON true
    LEFT JOIN findings f ON f.subject_id = d.subject_id AND f.vulnerability_id = d.vulnerability_id AND f.suppressed IS NULL
      AND NOT EXISTS (SELECT FROM suppressions sp WHERE sp.subject_id = f.subject_id AND sp.vulnerability_id = f.vulnerability_id
        AND sp.host_id IS NULL AND sp.label_id IS NULL AND (sp.expires_at IS NULL OR sp.expires_at > now()))
    LEFT JOIN vulnerabilities v ON v.id = f.vulnerability_id LEFT JOIN match_subjects ms ON ms.id = f.subject_id
    LEFT JOIN software s ON s.id = ms.software_id`.execute(tx);
  return { taken: rows[0]?.taken ?? 0, findings: rows.flatMap((row) => row.finding ?? []) };
}

/** For each of these subjects, the labels (of those asked for) that have a host with it. */
export async function labelsOfSubjects(
  db: Database,
  subjectIds: readonly number[],
  labelIds: readonly number[],
): Promise<Map<number, number[]>> {
  if (labelIds.length === 0 || subjectIds.length === 0) return new Map();
  const { rows } = await sql<{ subject_id: number; label_ids: number[] }>`
    SELECT ms.id AS subject_id, array_agg(l.id) AS label_ids
    FROM match_subjects ms CROSS JOIN unnest(${[...labelIds]}::integer[]) AS l (id)
    WHERE ms.id = ANY (${[...subjectIds]}::integer[]) AND (
      EXISTS (SELECT FROM host_software hs JOIN label_membership m ON m.host_id = hs.host_id AND m.label_id = l.id
        JOIN hosts h ON h.id = hs.host_id LEFT JOIN operating_systems o ON o.id = h.operating_system_id
        LEFT JOIN os_scopes sc ON sc.id = o.os_scope_id
        WHERE hs.software_id = ms.software_id AND coalesce(hs.facts_id, 0) = ms.facts_id
          AND (ms.os_scope_id = 0 OR ms.os_scope_id IN (sc.id, sc.family_id)))
      OR EXISTS (SELECT FROM hosts h JOIN label_membership m ON m.host_id = h.id AND m.label_id = l.id
        WHERE h.operating_system_id = ms.operating_system_id))
    GROUP BY ms.id`.execute(db);
  return new Map(rows.map((row) => [row.subject_id, row.label_ids]));
}

/** Rules that are on, with what they ask for. */
export async function rulesToMatch(db: Database): Promise<{ id: number; conditions: NotificationConditions }[]> {
  return db.selectFrom("notification_rules").where("enabled", "=", true).select(["id", "conditions"]).orderBy("id").execute();
}

/** What rules are to tell of, noted as told; what they are to tell of already stays once. */
export async function itemsInsertInTx(
  tx: Database,
  items: readonly { rule_id: number; vulnerability_id: number; subject_id: number }[],
  now: Date,
): Promise<void> {
  if (items.length === 0) return;
  const records = JSON.stringify(items);
  await sql`
    INSERT INTO notification_told (rule_id, vulnerability_id)
    SELECT DISTINCT r.rule_id, r.vulnerability_id FROM json_to_recordset(${records}::json) AS r (rule_id integer, vulnerability_id integer)
    ORDER BY 1, 2 ON CONFLICT DO NOTHING`.execute(tx);
  await sql`
    INSERT INTO notification_items (rule_id, vulnerability_id, subject_id, created_at)
    SELECT r.rule_id, r.vulnerability_id, r.subject_id, ${now}
    FROM json_to_recordset(${records}::json) AS r (rule_id integer, vulnerability_id integer, subject_id integer)
    ON CONFLICT DO NOTHING`.execute(tx);
}
