import type { DecisionKind } from "#domain/vulnerability/judgement/decision.ts";
import { sql } from "kysely";
import type { Database } from "../../database/tables.ts";

export interface DecidedFinding {
  decision_id: number;
  subject_id: number;
  cve: string;
  kind: DecisionKind;
  reason: string;
  created_at: Date;
  /** The decision is about all versions of a title. */
  all_versions: boolean;
}

/** Findings of the decisions that hold everywhere, at most `limit`, by decision. */
export async function decidedFindings(db: Database, limit: number): Promise<DecidedFinding[]> {
  const { rows } = await sql<DecidedFinding>`
    SELECT d.id AS decision_id, s.subject_id, v.cve, d.kind, d.reason, d.created_at, d.software_title_id IS NOT NULL AS all_versions
    FROM vulnerability_decisions d JOIN vulnerabilities v ON v.id = d.vulnerability_id JOIN suppressions s ON s.decision_id = d.id
    WHERE d.ended_at IS NULL AND d.host_id IS NULL AND d.label_id IS NULL AND (d.expires_at IS NULL OR d.expires_at > now())
    ORDER BY d.id, s.subject_id LIMIT ${limit}`.execute(db);
  return rows;
}
