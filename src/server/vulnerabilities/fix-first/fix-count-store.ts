import { sql } from "kysely";
import type { Database } from "../../database/tables.ts";

/** What the findings of an update come to, before its version is chosen and its hosts are counted. */
export interface FixSum {
  id: number;
  name: string;
  risk: number;
  vulnerabilities_count: number;
  known_exploited_count: number;
  software_count: number;
  priority: number;
  cves: string[];
  scheme: string | null;
  versions: string[];
  /** Of all its findings, ordered. */
  subjects: number[];
  /** Its vulnerabilities, where something suppresses one of them on some hosts only; else empty. */
  partly: number[];
}

/** Adds up the findings of these updates; those without any are left out. */
export async function fixSums(db: Database, ids: readonly number[]): Promise<FixSum[]> {
  const { rows } = await sql<FixSum>`
    WITH own AS MATERIALIZED (
      SELECT ff.*, e.cve, e.kev, e.priority FROM fix_findings ff JOIN vulnerability_exposures e ON e.vulnerability_id = ff.vulnerability_id
      WHERE ff.fix_id = ANY (${[...ids]}::integer[])
    ), sums AS (
      SELECT fix_id, sum(priority::float8 * hosts_count) AS risk, count(*)::integer AS vulnerabilities_count,
        (count(*) FILTER (WHERE kev))::integer AS known_exploited_count, max(priority) AS priority,
        (array_agg(cve ORDER BY priority DESC, cve))[1:10] AS cves, min(scheme) AS scheme,
        CASE WHEN bool_or(partly) THEN array_agg(vulnerability_id) ELSE '{}' END AS partly
      FROM own GROUP BY fix_id
    ), held AS (
      SELECT u.fix_id, array_agg(u.subject_id ORDER BY u.subject_id) AS subjects,
        count(DISTINCT coalesce(ms.software_id, -ms.operating_system_id))::integer AS software_count
      FROM (SELECT DISTINCT fix_id, unnest(subjects) AS subject_id FROM own) u JOIN match_subjects ms ON ms.id = u.subject_id
      GROUP BY u.fix_id
    ), fixes AS (
      SELECT fix_id, array_agg(DISTINCT version) AS versions FROM (SELECT fix_id, unnest(versions) AS version FROM own) v GROUP BY fix_id
    )
    SELECT q.id, coalesce(t.name, q.source_package, q.operating_system, '') AS name, s.risk, s.vulnerabilities_count,
      s.known_exploited_count, h.software_count, s.priority, s.cves, s.scheme, x.versions, h.subjects, s.partly
    FROM sums s JOIN held h ON h.fix_id = s.fix_id JOIN fixes x ON x.fix_id = s.fix_id JOIN fix_queue q ON q.id = s.fix_id
    LEFT JOIN software_titles t ON t.id = q.software_title_id ORDER BY q.id`.execute(db);
  return rows;
}

/** What lists show of an update. */
export interface FixCounts {
  id: number;
  name: string;
  resolved_in_version: string;
  risk: number;
  hosts_count: number;
  vulnerabilities_count: number;
  known_exploited_count: number;
  software_count: number;
  priority: number;
  cves: string[];
}

/** Updates that are to be counted anew, the first ones. */
export async function staleFixes(db: Database, limit: number): Promise<number[]> {
  const rows = await db.selectFrom("fix_queue").where("stale", "=", true).select("id").orderBy("id").limit(limit).execute();
  return rows.map(({ id }) => id);
}

/** Writes what was counted of these updates; those that are not in `counts` clear nothing any more and go. */
export async function fixCountsWriteInTx(tx: Database, ids: readonly number[], counts: readonly FixCounts[]): Promise<void> {
  await sql`
    DELETE FROM fix_queue WHERE id = ANY (${[...ids]}::integer[]) AND id <> ALL (${counts.map(({ id }) => id)}::integer[])`.execute(
    tx,
  );
  await sql`
    UPDATE fix_queue q SET stale = false, name = r.name, resolved_in_version = r.resolved_in_version, risk = r.risk,
      hosts_count = r.hosts_count, vulnerabilities_count = r.vulnerabilities_count, known_exploited_count = r.known_exploited_count,
      software_count = r.software_count, priority = r.priority, cves = r.cves
    FROM json_to_recordset(${JSON.stringify(counts)}::json) AS r (id integer, name text, resolved_in_version text, risk float8,
      hosts_count integer, vulnerabilities_count integer, known_exploited_count integer, software_count integer, priority real, cves text[])
    WHERE q.id = r.id`.execute(tx);
}
