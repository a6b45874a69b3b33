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
  expires_at: Date | null;
  host_id: number | null;
  label_id: number | null;
  /** Of the host or label, as it was called when it was decided. */
  place: string | null;
  /** The decision is about all versions of a title. */
  all_versions: boolean;
}

/**
 * Findings of the decisions that hold, at most `limit`, by decision. Of one for a host or a label those of software that the host, or one of
 * the label's hosts, holds.
 */
export async function decidedFindings(db: Database, limit: number): Promise<DecidedFinding[]> {
  const { rows } = await sql<DecidedFinding>`
    SELECT d.id AS decision_id, s.subject_id, v.cve, d.kind, d.reason, d.created_at, d.expires_at, d.host_id, d.label_id,
      coalesce(d.names ->> 'host', d.names ->> 'label') AS place, d.software_title_id IS NOT NULL AS all_versions
    FROM vulnerability_decisions d JOIN vulnerabilities v ON v.id = d.vulnerability_id JOIN suppressions s ON s.decision_id = d.id
      JOIN match_subjects ms ON ms.id = s.subject_id
    WHERE d.ended_at IS NULL AND (d.expires_at IS NULL OR d.expires_at > now())
      AND (d.host_id IS NULL OR ${isHeldBy(sql`h.id = d.host_id`)})
      AND (d.label_id IS NULL OR ${isHeldBy(sql`h.id IN (SELECT lm.host_id FROM label_membership lm WHERE lm.label_id = d.label_id)`)})
    ORDER BY d.id, s.subject_id LIMIT ${limit}`.execute(db);
  return rows;
}

/** One of these hosts `h` has the software or the operating system of the subject `ms`. */
function isHeldBy(hosts: ReturnType<typeof sql>) {
  return sql`EXISTS (SELECT FROM hosts h WHERE ${hosts} AND (h.operating_system_id = ms.operating_system_id
    OR EXISTS (SELECT FROM host_software hs WHERE hs.host_id = h.id AND hs.software_id = ms.software_id)))`;
}

/** How many decisions hold. */
export async function holdingCount(db: Database): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    SELECT count(*)::integer AS n FROM vulnerability_decisions
    WHERE ended_at IS NULL AND (expires_at IS NULL OR expires_at > now())`.execute(db);
  return rows[0]?.n ?? 0;
}
