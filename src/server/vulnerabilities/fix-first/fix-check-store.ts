import { sql } from "kysely";
import type { Database } from "../../database/tables.ts";
import type { FixCounts } from "./fix-count-store.ts";
import type { FixKey, StoredFixFinding } from "./fix-finding-store.ts";

/** Of these vulnerabilities, those that no note says are to be counted anew. */
export async function unnotedVulnerabilities(db: Database, ids: readonly number[]): Promise<number[]> {
  const { rows } = await sql<{ id: number }>`
    SELECT id FROM unnest(${[...ids]}::integer[]) AS given (id)
    WHERE NOT EXISTS (SELECT FROM fix_queue_changes c WHERE c.vulnerability_id = given.id) ORDER BY 1`.execute(db);
  return rows.map(({ id }) => id);
}

/** What is stored of these vulnerabilities, with what the updates are; hosts are compared with the update. */
export async function storedFixFindings(db: Database, ids: readonly number[]): Promise<(StoredFixFinding & FixKey)[]> {
  return db
    .selectFrom("fix_findings as ff")
    .innerJoin("fix_queue as q", "q.id", "ff.fix_id")
    .where("ff.vulnerability_id", "=", sql<number>`ANY (${[...ids]}::integer[])`)
    .selectAll("ff")
    .select(["q.os_scope_id", "q.source", "q.software_title_id", "q.source_package", "q.operating_system"])
    .execute();
}

export type StoredFix = FixCounts & {
  /** One that it clears; null: none, which is wrong. */
  vulnerability_id: number | null;
  findings: { vulnerability_id: number; hosts_count: number }[];
};

/** Updates after `after` by id of which nothing waits to be counted. */
export async function settledFixes(db: Database, after: number, limit: number): Promise<StoredFix[]> {
  const { rows } = await sql<StoredFix>`
    SELECT q.id, q.name, q.resolved_in_version, q.risk, q.hosts_count, q.vulnerabilities_count, q.known_exploited_count, q.software_count,
      q.priority, q.cves, (SELECT min(ff.vulnerability_id) FROM fix_findings ff WHERE ff.fix_id = q.id) AS vulnerability_id,
      coalesce((SELECT json_agg(json_build_object('vulnerability_id', ff.vulnerability_id, 'hosts_count', ff.hosts_count))
        FROM fix_findings ff WHERE ff.fix_id = q.id), '[]') AS findings
    FROM fix_queue q WHERE q.id > ${after} AND NOT q.stale AND NOT EXISTS (
      SELECT FROM fix_findings ff WHERE ff.fix_id = q.id AND (
        ff.vulnerability_id IN (SELECT c.vulnerability_id FROM fix_queue_changes c)
        OR ff.vulnerability_id IN (SELECT x.vulnerability_id FROM exposure_queue x)))
    ORDER BY q.id LIMIT ${limit}`.execute(db);
  return rows;
}

/** Of these updates those whose software is noted otherwise than their findings say. */
export async function misplacedSubjects(db: Database, ids: readonly number[]): Promise<Set<number>> {
  const { rows } = await sql<{ fix_id: number }>`
    SELECT DISTINCT fix_id
    FROM (SELECT DISTINCT ff.fix_id, u.subject_id, true AS mark FROM fix_findings ff CROSS JOIN LATERAL unnest(ff.subjects) AS u (subject_id)
      WHERE ff.fix_id = ANY (${[...ids]}::integer[])) own
    FULL JOIN (SELECT fix_id, subject_id, true AS mark FROM fix_subjects WHERE fix_id = ANY (${[...ids]}::integer[])) fs USING (fix_id, subject_id)
    WHERE own.mark IS NULL OR fs.mark IS NULL`.execute(db);
  return new Set(rows.map(({ fix_id }) => fix_id));
}
