import { sql } from "kysely";
import { systemWords } from "#domain/vulnerability/system-words.ts";
import type { Database } from "../../database/tables.ts";
import type { ClearedSet } from "./count-fixes.ts";

/** What updates clear, with vulnerabilities of the same subjects put together. */
export async function clearedSets(db: Database, ids: readonly number[]): Promise<ClearedSet[]> {
  const { rows } = await sql<ClearedSet>`
    SELECT fix_id, subjects, partly, array_agg(vulnerability_id) AS vulnerability_ids FROM fix_findings
    WHERE fix_id = ANY (${[...ids]}::integer[]) GROUP BY 1, 2, 3`.execute(db);
  return rows;
}

/** About how many links tell the hosts of these updates. */
export async function linksOfFixes(db: Database, sets: readonly ClearedSet[]): Promise<Map<number, number>> {
  const pairs = [...Map.groupBy(sets, ({ fix_id }) => fix_id)].flatMap(([fix_id, own]) =>
    [...new Set(own.flatMap(({ subjects }) => subjects))].map((subject) => [fix_id, subject] as const),
  );
  const { rows } = await sql<{ fix_id: number; links: number }>`
    SELECT a.fix_id, sum(c.hosts_count)::integer AS links
    FROM unnest(${pairs.map(([fix]) => fix)}::integer[], ${pairs.map(([, subject]) => subject)}::integer[]) AS a (fix_id, subject_id)
    JOIN match_subjects m ON m.id = a.subject_id JOIN software_counts c ON c.software_id = m.software_id GROUP BY 1`.execute(db);
  return new Map(rows.map(({ fix_id, links }) => [fix_id, links]));
}

/** What was counted of one update's findings. */
export interface CountedFinding {
  fix_id: number;
  vulnerability_id: number;
  hosts_count: number;
}

/** Writes on how many hosts the findings of these updates are; those on none go. Then says which subjects are of these updates. */
export async function fixHostsWriteInTx(tx: Database, ids: readonly number[], counted: readonly CountedFinding[]): Promise<void> {
  const columns = [counted.map((c) => c.fix_id), counted.map((c) => c.vulnerability_id), counted.map((c) => c.hosts_count)];
  await sql`
    WITH g AS MATERIALIZED (
      SELECT * FROM unnest(${columns[0]}::integer[], ${columns[1]}::integer[], ${columns[2]}::integer[]) AS g (fix, vulnerability, hosts)
    ), gone AS (
      DELETE FROM fix_findings ff WHERE ff.fix_id = ANY (${[...ids]}::integer[])
        AND NOT EXISTS (SELECT FROM g WHERE g.fix = ff.fix_id AND g.vulnerability = ff.vulnerability_id)
    )
    UPDATE fix_findings ff SET hosts_count = g.hosts FROM g
    WHERE ff.fix_id = g.fix AND ff.vulnerability_id = g.vulnerability AND ff.hosts_count <> g.hosts`.execute(tx);
  await sql`
    WITH own AS MATERIALIZED (
      SELECT DISTINCT u.subject_id, ff.fix_id FROM fix_findings ff CROSS JOIN LATERAL unnest(ff.subjects) AS u (subject_id)
      WHERE ff.fix_id = ANY (${[...ids]}::integer[])
    ), gone AS (
      DELETE FROM fix_subjects s WHERE s.fix_id = ANY (${[...ids]}::integer[])
        AND NOT EXISTS (SELECT FROM own WHERE own.subject_id = s.subject_id)
    )
    INSERT INTO fix_subjects AS s (subject_id, fix_id) SELECT subject_id, fix_id FROM own ORDER BY 1
    ON CONFLICT (subject_id) DO UPDATE SET fix_id = EXCLUDED.fix_id WHERE s.fix_id <> EXCLUDED.fix_id`.execute(tx);
}

/** What the findings of an update come to, before its version is chosen. */
export interface FixSum {
  id: number;
  name: string;
  risk: number;
  /** As stored: what is counted anew has them written first. */
  hosts_count: number;
  vulnerabilities_count: number;
  known_exploited_count: number;
  software_count: number;
  priority: number;
  cves: string[];
  scheme: string | null;
  versions: string[];
}

/** Adds up the findings of these updates that some host has; updates without any are left out. */
export async function fixSums(db: Database, ids: readonly number[]): Promise<FixSum[]> {
  const { rows } = await sql<FixSum & { operating_system: string | null }>`
    WITH own AS MATERIALIZED (
      SELECT ff.fix_id, ff.versions, ff.scheme, ff.hosts_count, e.cve, e.kev, e.priority
      FROM fix_findings ff JOIN vulnerability_exposures e ON e.vulnerability_id = ff.vulnerability_id
      WHERE ff.fix_id = ANY (${[...ids]}::integer[]) AND ff.hosts_count > 0
    ), sums AS (
      SELECT fix_id, sum(priority::float8 * hosts_count) AS risk, count(*)::integer AS vulnerabilities_count,
        (count(*) FILTER (WHERE kev))::integer AS known_exploited_count, max(priority) AS priority,
        (array_agg(cve ORDER BY priority DESC, cve))[1:10] AS cves, min(scheme) AS scheme
      FROM own GROUP BY fix_id
    ), fixes AS (
      SELECT fix_id, array_agg(DISTINCT version) AS versions FROM (SELECT fix_id, unnest(versions) AS version FROM own) v GROUP BY fix_id
    ), held AS (
      SELECT fs.fix_id, count(DISTINCT coalesce(ms.software_id, -ms.operating_system_id))::integer AS software_count
      FROM fix_subjects fs JOIN match_subjects ms ON ms.id = fs.subject_id WHERE fs.fix_id = ANY (${[...ids]}::integer[]) GROUP BY 1
    )
    SELECT q.id, coalesce(t.name, q.source_package, '') AS name, q.operating_system, s.risk, q.hosts_count, s.vulnerabilities_count,
      s.known_exploited_count, coalesce(h.software_count, 0) AS software_count, s.priority, s.cves, s.scheme, x.versions
    FROM sums s JOIN fixes x ON x.fix_id = s.fix_id JOIN fix_queue q ON q.id = s.fix_id LEFT JOIN held h ON h.fix_id = s.fix_id
    LEFT JOIN software_titles t ON t.id = q.software_title_id ORDER BY q.id`.execute(db);
  return rows.map(({ operating_system, ...sum }) =>
    operating_system === null ? sum : { ...sum, name: systemWords(operating_system) },
  );
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

/** An update that is to be added up anew. */
export interface StaleFix {
  id: number;
  /** Its hosts are to be counted, too. */
  recount: boolean;
}

/** Updates that are to be counted anew, those that wait longest first. */
export async function staleFixes(db: Database, limit: number): Promise<StaleFix[]> {
  return db
    .selectFrom("fix_queue")
    .where("stale", "=", true)
    .select(["id", "recount"])
    .orderBy("queued_at")
    .orderBy("id")
    .limit(limit)
    .execute();
}

/** Writes what was counted of these updates; those that are not in `counts` clear nothing any more and go. */
export async function fixCountsWriteInTx(tx: Database, ids: readonly number[], counts: readonly FixCounts[]): Promise<void> {
  await sql`
    DELETE FROM fix_queue WHERE id = ANY (${[...ids]}::integer[]) AND id <> ALL (${counts.map(({ id }) => id)}::integer[])`.execute(
    tx,
  );
  await sql`
    UPDATE fix_queue q SET stale = false, recount = false, name = r.name, resolved_in_version = r.resolved_in_version, risk = r.risk,
      hosts_count = r.hosts_count, vulnerabilities_count = r.vulnerabilities_count, known_exploited_count = r.known_exploited_count,
      software_count = r.software_count, priority = r.priority, cves = r.cves
    FROM json_to_recordset(${JSON.stringify(counts)}::json) AS r (id integer, name text, resolved_in_version text, risk float8,
      hosts_count integer, vulnerabilities_count integer, known_exploited_count integer, software_count integer, priority real, cves text[])
    WHERE q.id = r.id`.execute(tx);
}
