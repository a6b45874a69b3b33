import { sql } from "kysely";
import type { Database } from "../../database/tables.ts";

/** Days within which opening software counts as using it. */
const USED_DAYS = 30;

/**
 * How much of the software with these vulnerabilities is really used, 0 to 1: of the hosts that tell openings, the part that opened it in
 * the last 30 days. Vulnerabilities of software that nobody tells openings of are absent. Reads the summary of openings, not hosts.
 */
export async function usedShares(db: Database, vulnerabilityIds: readonly number[], now: Date): Promise<Map<number, number>> {
  const { rows } = await sql<{ vulnerability_id: number; used: number }>`
    SELECT t.vulnerability_id, (sum(o.hosts_count) FILTER (
        WHERE o.opening = 'opened' AND o.since >= (${now}::timestamptz - make_interval(days => ${USED_DAYS}))::date))::float
      / sum(o.hosts_count) AS used
    FROM (
      SELECT DISTINCT f.vulnerability_id, s.title_id FROM findings f JOIN match_subjects ms ON ms.id = f.subject_id
      JOIN software s ON s.id = ms.software_id WHERE f.vulnerability_id = ANY (${[...vulnerabilityIds]}::integer[])
    ) t JOIN software_title_openings o ON o.title_id = t.title_id AND o.opening <> 'unknown'
    GROUP BY 1`.execute(db);
  return new Map(rows.map((row) => [row.vulnerability_id, row.used ?? 0]));
}

/**
 * Of the hosts with a vulnerable kernel, the part that runs it, 0 to 1. Kernels are installed side by side; one that is not running is no way in until
 * the next start.
 */
export async function runningShares(db: Database, vulnerabilityIds: readonly number[]): Promise<Map<number, number>> {
  const { rows } = await sql<{ vulnerability_id: number; running: number }>`
    WITH kernels AS MATERIALIZED (
      SELECT f.vulnerability_id, s.id AS software_id, ${RELEASE} AS release
      FROM findings f JOIN match_subjects ms ON ms.id = f.subject_id JOIN software s ON s.id = ms.software_id
      WHERE f.vulnerability_id = ANY (${[...vulnerabilityIds]}::integer[]) AND ${IS_KERNEL}
    ), held AS (
      SELECT k.vulnerability_id, sum(c.hosts_count) AS hosts_count FROM kernels k JOIN software_counts c ON c.software_id = k.software_id GROUP BY 1
    ), running AS (
      SELECT k.vulnerability_id, sum(r.hosts_count) AS hosts_count FROM (SELECT DISTINCT vulnerability_id, release FROM kernels) k
      JOIN (SELECT o.kernel_version, count(*) AS hosts_count FROM hosts h JOIN operating_systems o ON o.id = h.operating_system_id
        WHERE o.kernel_version <> '' GROUP BY 1) r ON r.kernel_version = k.release GROUP BY 1
    )
    SELECT h.vulnerability_id, least(1, coalesce(r.hosts_count, 0)::float / nullif(h.hosts_count, 0)) AS running
    FROM held h LEFT JOIN running r USING (vulnerability_id) WHERE h.hosts_count > 0`.execute(db);
  return new Map(rows.map((row) => [row.vulnerability_id, row.running]));
}

/** Debian's and Ubuntu's image packages carry the release in their name; Red Hat's family has version, release and architecture. */
const IS_KERNEL = sql`((s.source = 'deb_packages' AND s.name ~ '^linux-image-(unsigned-)?[0-9]')
  OR (s.source = 'rpm_packages' AND s.name IN ('kernel', 'kernel-core', 'kernel-default', 'kernel-uek', 'kernel-uek-core')))`;
const RELEASE = sql`CASE WHEN s.source = 'deb_packages' THEN regexp_replace(s.name, '^linux-image-(unsigned-)?', '')
  ELSE s.version || '-' || s.release || '.' || s.arch END`;
