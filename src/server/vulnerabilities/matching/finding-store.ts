import { sql } from "kysely";
import type { Match } from "#domain/vulnerability/model.ts";
import type { Database } from "#server/database/tables.ts";

export interface SubjectMatch extends Match {
  subject_id: number;
}

/** A finding's name. */
export interface FindingKey {
  subject_id: number;
  vulnerability_id: number;
}

export interface FindingChanges {
  opened: FindingKey[];
  closed: number;
  changed: number;
}

/** Makes rows for vulnerabilities that are found for the first time; what feeds say of them is merged soon. */
async function vulnerabilitiesEnsureInTx(tx: Database, cves: readonly string[]): Promise<void> {
  await sql`
    WITH made AS (
      INSERT INTO vulnerabilities (cve)
      SELECT DISTINCT g.cve FROM unnest(${[...cves]}::text[]) g (cve)
      WHERE NOT EXISTS (SELECT FROM vulnerabilities v WHERE v.cve = g.cve) ORDER BY 1
      ON CONFLICT DO NOTHING RETURNING cve
    )
    INSERT INTO merge_queue (cve) SELECT cve FROM made ON CONFLICT DO NOTHING`.execute(tx);
}

/**
 * Remembers vulnerabilities that are not found only because they were rejected: when that is taken back, their rows are where it shows.
 */
export async function rejectedRememberInTx(tx: Database, cves: readonly string[]): Promise<void> {
  if (cves.length === 0) return;
  await sql`
    INSERT INTO vulnerabilities (cve, rejected) SELECT g.cve, true FROM unnest(${[...cves]}::text[]) g (cve)
    ON CONFLICT (cve) DO NOTHING`.execute(tx);
}

/**
 * Makes the findings of these subjects exactly `matches`: what is new is opened, what is gone is closed (kept in closed_findings), what says
 * something else is updated, and nothing else is touched. Exposures that this changes are queued, openings are noted for notifications.
 *
 * @param reason why a finding that is gone is gone
 */
export async function findingsWriteInTx(
  tx: Database,
  subjectIds: readonly number[],
  matches: readonly SubjectMatch[],
  reason: "feed" | "identity",
): Promise<FindingChanges> {
  await vulnerabilitiesEnsureInTx(tx, [...new Set(matches.map((m) => m.vulnerability))]);
  const { rows } = await sql<{ opened: FindingKey[] | null; closed: number; changed: number }>`
    WITH given AS MATERIALIZED (
      SELECT g.*, v.id AS vulnerability_id
      FROM unnest(${matches.map((m) => m.subject_id)}::integer[], ${matches.map((m) => m.vulnerability)}::text[],
        ${matches.map((m) => m.state)}::text[], ${matches.map((m) => m.resolved_in_version)}::text[],
        ${matches.map((m) => m.channel)}::text[], ${matches.map((m) => m.confidence)}::text[],
        ${matches.map((m) => m.suppressed)}::text[], ${matches.map((m) => m.record_id)}::bigint[],
        ${matches.map((m) => m.range_index)}::integer[])
        g (subject_id, cve, state, resolved_in_version, channel, confidence, suppressed, record_id, range_index)
        JOIN vulnerabilities v ON v.cve = g.cve
    ), present AS MATERIALIZED (
      SELECT * FROM findings WHERE subject_id = ANY (${[...subjectIds]}::integer[])
    ), gone AS (
      DELETE FROM findings f USING present p
      WHERE f.subject_id = p.subject_id AND f.vulnerability_id = p.vulnerability_id AND NOT EXISTS (
        SELECT FROM given g WHERE g.subject_id = p.subject_id AND g.vulnerability_id = p.vulnerability_id
      ) RETURNING f.subject_id, f.vulnerability_id, f.opened_at
    ), closed AS (
      INSERT INTO closed_findings (vulnerability_id, software_id, operating_system_id, os_scope_id, opened_at, reason)
      SELECT g.vulnerability_id, m.software_id, m.operating_system_id, m.os_scope_id, g.opened_at, ${reason}
      FROM gone g JOIN match_subjects m ON m.id = g.subject_id
    ), changed AS (
      UPDATE findings f SET state = g.state, resolved_in_version = g.resolved_in_version, channel = g.channel, confidence = g.confidence,
        suppressed = g.suppressed, record_id = g.record_id, range_index = g.range_index
      FROM given g JOIN present p ON p.subject_id = g.subject_id AND p.vulnerability_id = g.vulnerability_id
      WHERE f.subject_id = g.subject_id AND f.vulnerability_id = g.vulnerability_id
        AND (p.state, p.resolved_in_version, p.channel, p.confidence, p.suppressed, p.record_id, p.range_index) IS DISTINCT FROM
          (g.state, g.resolved_in_version, g.channel, g.confidence, g.suppressed, g.record_id, g.range_index)
      RETURNING f.vulnerability_id, p.state <> g.state OR p.suppressed IS DISTINCT FROM g.suppressed AS counts
    ), opened AS (
      INSERT INTO findings
        (subject_id, vulnerability_id, state, resolved_in_version, channel, confidence, suppressed, record_id, range_index)
      SELECT g.subject_id, g.vulnerability_id, g.state, g.resolved_in_version, g.channel, g.confidence, g.suppressed, g.record_id,
        g.range_index
      FROM given g WHERE NOT EXISTS (
        SELECT FROM present p WHERE p.subject_id = g.subject_id AND p.vulnerability_id = g.vulnerability_id
      ) RETURNING subject_id, vulnerability_id
    ), noted AS (
      INSERT INTO finding_events (subject_id, vulnerability_id) SELECT subject_id, vulnerability_id FROM opened
    ), queued AS (
      INSERT INTO exposure_queue (vulnerability_id)
      SELECT vulnerability_id FROM gone UNION SELECT vulnerability_id FROM opened UNION SELECT vulnerability_id FROM changed WHERE counts
      ON CONFLICT DO NOTHING
    )
    SELECT (SELECT json_agg(o) FROM opened o) AS opened, (SELECT count(*)::integer FROM gone) AS closed,
      (SELECT count(*)::integer FROM changed) AS changed`.execute(tx);
  const row = rows[0];
  return { opened: row?.opened ?? [], closed: row?.closed ?? 0, changed: row?.changed ?? 0 };
}
