import { sql, type RawBuilder } from "kysely";
import type { Database } from "../../database/tables.ts";

/** Which findings a decision is about. All of them null: every finding of the vulnerability, everywhere. */
export interface DecisionScope {
  vulnerability_id: number;
  software_id: number | null;
  operating_system_id: number | null;
  software_title_id: number | null;
  host_id: number | null;
  label_id: number | null;
}

export interface FindingKey {
  subject_id: number;
  vulnerability_id: number;
}

/** A title that was merged stands for the one that took over. */
const TITLE_NOW = (title: RawBuilder<unknown>) =>
  sql`coalesce((SELECT t.merged_into FROM software_titles t WHERE t.id = ${title}), ${title})`;

/** Findings within a scope: `f`, with its subject `ms`. Software is joined as `sw`. */
function covered(scope: DecisionScope): RawBuilder<unknown> {
  return sql`findings f JOIN match_subjects ms ON ms.id = f.subject_id LEFT JOIN software sw ON sw.id = ms.software_id
    WHERE f.vulnerability_id = ${scope.vulnerability_id}
      AND (${scope.software_id}::integer IS NULL OR ms.software_id = ${scope.software_id})
      AND (${scope.operating_system_id}::integer IS NULL OR ms.operating_system_id = ${scope.operating_system_id})
      AND (${scope.software_title_id}::integer IS NULL OR sw.title_id = ${TITLE_NOW(sql`${scope.software_title_id}::bigint`)})`;
}

/**
 * Suppresses what decisions that hold say of these findings (null: of all), and has their exposures counted anew. What is suppressed
 * already stays.
 */
export async function suppressionsByDecisionsInTx(
  tx: Database,
  of: { decisionId: number } | { findings: readonly FindingKey[] },
) {
  const only =
    "decisionId" in of
      ? sql`d.id = ${of.decisionId}`
      : sql`(f.subject_id, f.vulnerability_id) IN (SELECT * FROM unnest(${of.findings.map((f) => f.subject_id)}::integer[],
          ${of.findings.map((f) => f.vulnerability_id)}::integer[]))`;
  await sql`
    WITH made AS (
      INSERT INTO suppressions (subject_id, vulnerability_id, decision_id, kind, host_id, label_id, expires_at)
      SELECT f.subject_id, f.vulnerability_id, d.id, d.kind, d.host_id, d.label_id, d.expires_at
      FROM vulnerability_decisions d
      JOIN findings f ON f.vulnerability_id = d.vulnerability_id
      JOIN match_subjects ms ON ms.id = f.subject_id LEFT JOIN software sw ON sw.id = ms.software_id
      WHERE d.ended_at IS NULL AND ${only}
        AND (d.software_id IS NULL OR d.software_id = ms.software_id)
        AND (d.operating_system_id IS NULL OR d.operating_system_id = ms.operating_system_id)
        AND (d.software_title_id IS NULL OR sw.title_id = ${TITLE_NOW(sql`d.software_title_id`)})
      ON CONFLICT DO NOTHING RETURNING vulnerability_id
    )
    INSERT INTO exposure_queue AS q (vulnerability_id) SELECT DISTINCT vulnerability_id FROM made ORDER BY 1
    ON CONFLICT (vulnerability_id) DO UPDATE SET hosts_only = false`.execute(tx);
}

/** Are there decisions that hold, or VEX statements? Nearly always answered without reading further. */
export async function anythingSuppresses(db: Database): Promise<{ decisions: boolean; vex: boolean }> {
  const { rows } = await sql<{ decisions: boolean; vex: boolean }>`
    SELECT EXISTS (SELECT FROM vulnerability_decisions WHERE ended_at IS NULL) AS decisions,
      EXISTS (SELECT FROM vex_statements) AS vex`.execute(db);
  return rows[0] ?? { decisions: false, vex: false };
}

/** Is there a finding in scope that an update fixes? */
export async function fixAvailable(db: Database, scope: DecisionScope): Promise<boolean> {
  const { rows } = await sql<{ fixable: boolean }>`
    SELECT EXISTS (SELECT FROM ${covered(scope)} AND f.resolved_in_version IS NOT NULL) AS fixable`.execute(db);
  return rows[0]?.fixable ?? false;
}

export interface CoveredFinding {
  software_version_id: number | null;
  os_version_id: number | null;
  name: string;
  version: string;
  source: string;
  os_scope: string;
  resolved_in_version: string | null;
}

export async function coveredFindings(db: Database, scope: DecisionScope, limit: number): Promise<CoveredFinding[]> {
  const { rows } = await sql<CoveredFinding>`
    SELECT c.software_id AS software_version_id, c.operating_system_id AS os_version_id, coalesce(c.name, o.name, '') AS name,
      coalesce(c.version, o.version, '') AS version, coalesce(c.source, 'operating_systems') AS source,
      coalesce(sc.name, '') AS os_scope, c.resolved_in_version
    FROM (SELECT ms.software_id, ms.operating_system_id, ms.os_scope_id, sw.name, sw.version, sw.source, f.resolved_in_version
      FROM ${covered(scope)}) c
    LEFT JOIN operating_systems o ON o.id = c.operating_system_id LEFT JOIN os_scopes sc ON sc.id = c.os_scope_id
    ORDER BY name, version, os_scope LIMIT ${limit}`.execute(db);
  return rows;
}

export interface CoverCounts {
  findings_count: number;
  suppressed_count: number;
  hosts_count: number;
}

/** How many findings a scope holds, how many of them something suppresses everywhere already, and on how many hosts they are. */
export async function coverCounts(db: Database, scope: DecisionScope): Promise<CoverCounts> {
  const wanted = sql`(${scope.host_id}::integer IS NULL OR h.id = ${scope.host_id})
    AND (${scope.label_id}::integer IS NULL OR EXISTS (
      SELECT FROM label_membership m WHERE m.label_id = ${scope.label_id} AND m.host_id = h.id))`;
  const { rows } = await sql<CoverCounts>`
    WITH c AS MATERIALIZED (
      SELECT f.subject_id, ms.software_id, ms.facts_id, ms.operating_system_id, ms.os_scope_id,
        (f.suppressed IS NOT NULL OR EXISTS (SELECT FROM suppressions s
          WHERE s.subject_id = f.subject_id AND s.vulnerability_id = f.vulnerability_id AND s.host_id IS NULL AND s.label_id IS NULL
            AND (s.expires_at IS NULL OR s.expires_at > now()))) AS suppressed
      FROM ${covered(scope)}
    )
    SELECT (SELECT count(*) FROM c)::integer AS findings_count, (SELECT count(*) FROM c WHERE suppressed)::integer AS suppressed_count,
      (SELECT count(*) FROM (
        SELECT h.id FROM c JOIN host_software hs ON hs.software_id = c.software_id AND coalesce(hs.facts_id, 0) = c.facts_id
          JOIN hosts h ON h.id = hs.host_id LEFT JOIN operating_systems o ON o.id = h.operating_system_id
          LEFT JOIN os_scopes sc ON sc.id = o.os_scope_id
        WHERE (c.os_scope_id = 0 OR c.os_scope_id IN (sc.id, sc.family_id)) AND ${wanted}
        UNION
        SELECT h.id FROM c JOIN hosts h ON h.operating_system_id = c.operating_system_id WHERE ${wanted}
      ) x)::integer AS hosts_count`.execute(db);
  return rows[0] ?? { findings_count: 0, suppressed_count: 0, hosts_count: 0 };
}

export interface SuppressionRow {
  kind: "accepted_risk" | "false_positive" | "vex";
  decision_id: number | null;
  vex_document_id: number | null;
  software_version_id: number | null;
  os_version_id: number | null;
  name: string;
  version: string;
  by: string;
  reason: string;
  since: Date;
  until: Date | null;
  host_id: number | null;
  label_id: number | null;
}

/** What suppresses findings of a vulnerability, with who, why and until when. */
export async function suppressionList(
  db: Database,
  cve: string,
  softwareId: number | undefined,
  limit: number,
): Promise<SuppressionRow[]> {
  const { rows } = await sql<SuppressionRow>`
    SELECT s.kind, s.decision_id, vs.vex_document_id, ms.software_id AS software_version_id, ms.operating_system_id AS os_version_id,
      coalesce(sw.name, o.name, '') AS name, coalesce(sw.version, o.version, '') AS version,
      coalesce(d.author_full_name, vd.author, '') AS by,
      coalesce(d.reason, concat_ws(': ', vs.status, vs.justification, vs.impact_statement)) AS reason,
      coalesce(d.created_at, vs.stated_at) AS since, s.expires_at AS until, s.host_id, s.label_id
    FROM vulnerabilities v JOIN suppressions s ON s.vulnerability_id = v.id JOIN match_subjects ms ON ms.id = s.subject_id
    LEFT JOIN software sw ON sw.id = ms.software_id LEFT JOIN operating_systems o ON o.id = ms.operating_system_id
    LEFT JOIN vulnerability_decisions d ON d.id = s.decision_id
    LEFT JOIN vex_statements vs ON vs.id = s.vex_statement_id LEFT JOIN vex_documents vd ON vd.id = vs.vex_document_id
    WHERE v.cve = ${cve} AND (s.expires_at IS NULL OR s.expires_at > now())
      AND (${softwareId ?? null}::integer IS NULL OR ms.software_id = ${softwareId ?? null})
    ORDER BY s.id LIMIT ${limit}`.execute(db);
  return rows;
}
