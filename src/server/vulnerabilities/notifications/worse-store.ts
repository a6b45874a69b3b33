import { sql } from "kysely";
import type { Severity } from "#domain/vulnerability/model.ts";
import type { Database } from "../../database/tables.ts";

/** What rules ask of a vulnerability itself. */
export interface JudgedVulnerability {
  id: number;
  severity: Severity;
  epss: number | null;
  kev: boolean;
}

/** Of these vulnerabilities those of which something is known already, as they are stored: new ones are told when they are first judged. */
export async function judgedVulnerabilities(db: Database, cves: readonly string[]): Promise<JudgedVulnerability[]> {
  const { rows } = await sql<JudgedVulnerability>`
    SELECT id, severity, epss, kev IS NOT NULL AS kev FROM vulnerabilities
    WHERE cve = ANY (${[...cves]}::text[]) AND (severity <> 'unknown' OR epss IS NOT NULL OR kev IS NOT NULL OR published IS NOT NULL
      OR title <> '' OR description <> '')`.execute(db);
  return rows;
}

/** Notes for every finding of these vulnerabilities that it became worse than it was. */
export async function worseEventsInsertInTx(tx: Database, before: readonly JudgedVulnerability[]): Promise<void> {
  const rows = before.map(({ id, ...was }) => ({ id, was }));
  await sql`
    INSERT INTO finding_events (subject_id, vulnerability_id, before)
    SELECT f.subject_id, f.vulnerability_id, r.was FROM json_to_recordset(${JSON.stringify(rows)}::json) AS r (id integer, was json)
    JOIN findings f ON f.vulnerability_id = r.id`.execute(tx);
}

/** Which rules have told of these vulnerabilities, as `rule vulnerability`. */
export async function toldOf(db: Database, vulnerabilityIds: readonly number[]): Promise<Set<string>> {
  if (vulnerabilityIds.length === 0) return new Set();
  const { rows } = await sql<{ rule_id: number; vulnerability_id: number }>`
    SELECT rule_id, vulnerability_id FROM notification_told
    WHERE vulnerability_id = ANY (${[...vulnerabilityIds]}::integer[])`.execute(db);
  return new Set(rows.map(({ rule_id, vulnerability_id }) => `${rule_id} ${vulnerability_id}`));
}
