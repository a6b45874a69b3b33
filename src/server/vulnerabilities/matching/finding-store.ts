import { sql } from "kysely";
import type { FindingState } from "#domain/vulnerability/model.ts";
import type { Database } from "#server/database/tables.ts";

/** A finding's name. */
export interface FindingKey {
  subject_id: number;
  vulnerability_id: number;
}

/** What a finding says besides its name. */
export interface FindingRow extends FindingKey {
  state: FindingState;
  resolved_in_version: string | null;
  channel: string | null;
  confidence: string;
  suppressed: string | null;
  record_id: number;
  range_index: number;
}

/** Ids of vulnerabilities; those that are found for the first time get rows, which are merged soon. */
export async function vulnerabilityIdsInTx(tx: Database, cves: readonly string[]): Promise<Map<string, number>> {
  const { rows } = await sql<{ id: number; cve: string }>`
    SELECT id, cve FROM vulnerabilities WHERE cve = ANY (${[...cves]}::text[])`.execute(tx);
  const ids = new Map(rows.map(({ id, cve }) => [cve, id]));
  const missing = cves.filter((cve) => !ids.has(cve)).toSorted();
  if (missing.length === 0) return ids;
  const made = await sql<{ id: number; cve: string }>`
    WITH made AS (
      INSERT INTO vulnerabilities (cve) SELECT g.cve FROM unnest(${missing}::text[]) g (cve)
      ON CONFLICT (cve) DO UPDATE SET merged_at = vulnerabilities.merged_at RETURNING id, cve
    ), queued AS (
      INSERT INTO merge_queue AS q (cve) SELECT cve FROM made ON CONFLICT (cve) DO UPDATE SET scores_only = false WHERE q.scores_only
    )
    SELECT id, cve FROM made`.execute(tx);
  for (const { id, cve } of made.rows) ids.set(cve, id);
  return ids;
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

type Packed = [number, FindingState, string | null, string | null, string, string | null, number, number];

/** The open findings of subjects. One row a subject: of a rescan nearly all there is to read. */
export async function findingsOfSubjects(db: Database, subjectIds: readonly number[]): Promise<FindingRow[]> {
  const { rows } = await sql<{ subject_id: number; findings: Packed[] }>`
    SELECT subject_id, json_agg(json_build_array(vulnerability_id, state, resolved_in_version, channel, confidence, suppressed, record_id,
      range_index)) AS findings
    FROM findings WHERE subject_id = ANY (${[...subjectIds]}::integer[]) GROUP BY subject_id`.execute(db);
  return rows.flatMap(({ subject_id, findings }) =>
    findings.map(([vulnerability_id, state, resolved_in_version, channel, confidence, suppressed, record_id, range_index]) => ({
      subject_id,
      vulnerability_id,
      state,
      resolved_in_version,
      channel,
      confidence,
      suppressed,
      record_id,
      range_index,
    })),
  );
}

/** SQL: findings as a relation `g`. */
function given(rows: readonly FindingRow[]) {
  return sql`unnest(${rows.map((r) => r.subject_id)}::integer[], ${rows.map((r) => r.vulnerability_id)}::integer[],
    ${rows.map((r) => r.state)}::text[], ${rows.map((r) => r.resolved_in_version)}::text[], ${rows.map((r) => r.channel)}::text[],
    ${rows.map((r) => r.confidence)}::text[], ${rows.map((r) => r.suppressed)}::text[], ${rows.map((r) => r.record_id)}::bigint[],
    ${rows.map((r) => r.range_index)}::integer[])
    g (subject_id, vulnerability_id, state, resolved_in_version, channel, confidence, suppressed, record_id, range_index)`;
}

/** Opens findings, and notes them for notifications. */
export async function findingsOpenInTx(tx: Database, rows: readonly FindingRow[]): Promise<void> {
  await sql`
    WITH opened AS (
      INSERT INTO findings
        (subject_id, vulnerability_id, state, resolved_in_version, channel, confidence, suppressed, record_id, range_index)
      SELECT * FROM ${given(rows)} RETURNING subject_id, vulnerability_id
    )
    INSERT INTO finding_events (subject_id, vulnerability_id) SELECT subject_id, vulnerability_id FROM opened`.execute(tx);
}

/** Lets open findings say something else. */
export async function findingsUpdateInTx(tx: Database, rows: readonly FindingRow[]): Promise<void> {
  await sql`
    UPDATE findings f SET state = g.state, resolved_in_version = g.resolved_in_version, channel = g.channel, confidence = g.confidence,
      suppressed = g.suppressed, record_id = g.record_id, range_index = g.range_index
    FROM ${given(rows)} WHERE f.subject_id = g.subject_id AND f.vulnerability_id = g.vulnerability_id`.execute(tx);
}

/** Closes findings: they are history now. */
export async function findingsCloseInTx(tx: Database, keys: readonly FindingKey[], reason: "feed" | "identity"): Promise<void> {
  await sql`
    WITH gone AS (
      DELETE FROM findings f
      USING unnest(${keys.map((k) => k.subject_id)}::integer[], ${keys.map((k) => k.vulnerability_id)}::integer[])
        g (subject_id, vulnerability_id)
      WHERE f.subject_id = g.subject_id AND f.vulnerability_id = g.vulnerability_id
      RETURNING f.subject_id, f.vulnerability_id, f.opened_at
    )
    INSERT INTO closed_findings (vulnerability_id, software_id, operating_system_id, os_scope_id, opened_at, reason)
    SELECT g.vulnerability_id, m.software_id, m.operating_system_id, m.os_scope_id, g.opened_at, ${reason}
    FROM gone g JOIN match_subjects m ON m.id = g.subject_id`.execute(tx);
}

/** Has the exposure of vulnerabilities counted again. */
export async function exposuresQueueInTx(tx: Database, vulnerabilityIds: readonly number[]): Promise<void> {
  await sql`
    INSERT INTO exposure_queue AS q (vulnerability_id) SELECT id FROM unnest(${[...vulnerabilityIds]}::integer[]) v (id)
    ON CONFLICT (vulnerability_id) DO UPDATE SET hosts_only = false WHERE q.hosts_only`.execute(tx);
}
