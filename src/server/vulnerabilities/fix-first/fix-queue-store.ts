import { sql } from "kysely";
import type { VersionScheme } from "#domain/version/scheme.ts";
import { containsPattern } from "../../database/like-pattern.ts";
import type { Database } from "../../database/tables.ts";
import { applyKeyset, type Page } from "../../http/paging.ts";

/** One update before its version is chosen: what it clears, and the versions that fix each part of that. */
export interface FixGroup {
  os_scope_id: number;
  software_title_id: number | null;
  source_package: string | null;
  operating_system: string | null;
  name: string;
  source: string;
  scheme: VersionScheme | null;
  versions: string[];
  risk: number;
  hosts_count: number;
  vulnerabilities_count: number;
  known_exploited_count: number;
  software_count: number;
  priority: number;
  cves: string[];
}

/**
 * Open findings with a fix, by what is updated: the source package of a distribution's software (one update brings all its binaries), the
 * release of an operating system, else the title. Nothing here is read per host: hosts are those that software and operating systems are
 * counted with.
 */
export async function fixGroups(db: Database): Promise<FixGroup[]> {
  const { rows } = await sql<FixGroup>`
    WITH open AS MATERIALIZED (
      SELECT f.vulnerability_id, f.resolved_in_version, ms.os_scope_id, ms.software_id, s.title_id, ms.operating_system_id,
        CASE WHEN s.source IN ('deb_packages', 'rpm_packages', 'apk_packages', 'pacman_packages') THEN nullif(sf.source_package, '') END
          AS source_package,
        CASE WHEN ms.operating_system_id IS NOT NULL THEN concat_ws(' ', coalesce(ms.identity #>> '{keys,0,package}', o.name),
          CASE WHEN ms.authority = 'apple' THEN split_part(o.version, '.', 1) END) END AS operating_system,
        ms.identity #>> '{keys,0,scheme}' AS scheme, coalesce(s.source, 'operating_systems') AS source, e.cve, e.priority, e.kev
      FROM findings f JOIN match_subjects ms ON ms.id = f.subject_id
      JOIN vulnerability_exposures e ON e.vulnerability_id = f.vulnerability_id
      LEFT JOIN software s ON s.id = ms.software_id LEFT JOIN software_facts sf ON sf.id = ms.facts_id
      LEFT JOIN operating_systems o ON o.id = ms.operating_system_id
      WHERE f.resolved_in_version IS NOT NULL AND f.suppressed IS NULL AND f.state <> 'possible' AND NOT ${SUPPRESSED_EVERYWHERE}
    ), held AS MATERIALIZED (
      SELECT id, hosts_count FROM (
        SELECT d.software_id AS id, c.hosts_count FROM (SELECT DISTINCT software_id FROM open) d
        JOIN software_counts c ON c.software_id = d.software_id) x
      UNION ALL
      SELECT -d.operating_system_id, count(h.id)::integer FROM (SELECT DISTINCT operating_system_id FROM open) d
      JOIN hosts h ON h.operating_system_id = d.operating_system_id GROUP BY 1
    ), keyed AS MATERIALIZED (
      SELECT o.*, CASE WHEN o.source_package IS NULL AND o.operating_system IS NULL THEN o.title_id END AS fix_title,
        json_build_array(o.os_scope_id, o.source_package, o.operating_system,
          CASE WHEN o.source_package IS NULL AND o.operating_system IS NULL THEN o.title_id END)::text AS key,
        coalesce(held.hosts_count, 0) AS hosts_count
      FROM open o LEFT JOIN held ON held.id = coalesce(o.software_id, -o.operating_system_id)
    ), per_vulnerability AS (
      SELECT ${KEY}, vulnerability_id, min(cve) AS cve, max(priority) AS priority, bool_or(kev) AS kev, sum(priority * hosts_count) AS risk
      FROM keyed GROUP BY ${KEY}, vulnerability_id
    ), per_title AS (
      SELECT ${KEY}, title_id, sum(hosts_count) AS hosts_count, count(*) AS software_count FROM (
        SELECT DISTINCT ${KEY}, title_id, software_id, operating_system_id, hosts_count FROM keyed) x
      GROUP BY ${KEY}, title_id
    ), hosts AS (
      SELECT ${KEY}, max(hosts_count)::integer AS hosts_count, sum(software_count)::integer AS software_count FROM per_title GROUP BY ${KEY}
    ), versions AS (
      SELECT ${KEY}, min(source) AS source, min(scheme) AS scheme, array_agg(DISTINCT resolved_in_version) AS versions
      FROM keyed GROUP BY ${KEY}
    ), cleared AS (
      SELECT ${KEY}, count(*)::integer AS vulnerabilities_count, (count(*) FILTER (WHERE kev))::integer AS known_exploited_count,
        sum(risk) AS risk, max(priority) AS priority, (array_agg(cve ORDER BY priority DESC, cve))[1:10] AS cves
      FROM per_vulnerability GROUP BY ${KEY}
    )
    SELECT c.os_scope_id, c.fix_title AS software_title_id, c.source_package, c.operating_system,
      coalesce(t.name, c.source_package, c.operating_system, '') AS name, v.source, v.scheme, v.versions, c.risk, h.hosts_count,
      c.vulnerabilities_count, c.known_exploited_count, h.software_count, c.priority, c.cves
    FROM cleared c JOIN hosts h ON h.key = c.key JOIN versions v ON v.key = c.key
    LEFT JOIN software_titles t ON t.id = c.fix_title
    WHERE h.hosts_count > 0`.execute(db);
  return rows;
}

/** `key` is the other four as one text: nulls in them would keep joins from hashing. */
const KEY = sql`key, os_scope_id, fix_title, source_package, operating_system`;
/** Decisions and VEX for one host or label leave the finding open elsewhere. */
const SUPPRESSED_EVERYWHERE = sql`EXISTS (
  SELECT FROM suppressions sp WHERE sp.subject_id = f.subject_id AND sp.vulnerability_id = f.vulnerability_id
    AND sp.host_id IS NULL AND sp.label_id IS NULL AND (sp.expires_at IS NULL OR sp.expires_at > now()))`;

export type Fix = Omit<FixGroup, "versions" | "scheme"> & { resolved_in_version: string };

/** Puts a new queue in the place of the old one. */
export async function fixQueueReplaceInTx(tx: Database, fixes: readonly Fix[]): Promise<void> {
  await sql`LOCK TABLE fix_queue IN SHARE ROW EXCLUSIVE MODE`.execute(tx);
  await tx.deleteFrom("fix_queue").execute();
  await sql`
    INSERT INTO fix_queue (os_scope_id, software_title_id, source_package, operating_system, name, source, resolved_in_version, risk,
      hosts_count, vulnerabilities_count, known_exploited_count, software_count, priority, cves)
    SELECT r.* FROM json_to_recordset(${JSON.stringify(fixes)}::json) AS r (os_scope_id integer, software_title_id integer,
      source_package text, operating_system text, name text, source text, resolved_in_version text, risk double precision,
      hosts_count integer, vulnerabilities_count integer, known_exploited_count integer, software_count integer, priority real,
      cves text[])`.execute(tx);
}

/** When exposures last changed, as the newest of their counts tells; null: there are none. */
export async function exposuresCountedAt(db: Database): Promise<string | null> {
  const { rows } = await sql<{ state: string | null }>`
    SELECT max(counted_at)::text || ' ' || count(*) AS state FROM vulnerability_exposures`.execute(db);
  return rows[0]?.state ?? null;
}

export interface FixFilter {
  query?: string;
  source?: string;
  os_scope?: string;
  known_exploited?: boolean;
}
export type FixOrderKey = "risk" | "hosts_count" | "vulnerabilities_count" | "known_exploited_count" | "priority";

function filteredFixes(db: Database, filter: FixFilter) {
  const { query, source, os_scope, known_exploited } = filter;
  return db
    .selectFrom("fix_queue as q")
    .leftJoin("os_scopes as sc", "sc.id", "q.os_scope_id")
    .$if(query !== undefined && query !== "", (qb) => qb.where("q.name", "ilike", containsPattern(query ?? "")))
    .$if(source !== undefined, (qb) => qb.where("q.source", "=", source ?? ""))
    .$if(os_scope !== undefined, (qb) => qb.where("sc.name", "=", os_scope ?? ""))
    .$if(known_exploited === true, (qb) => qb.where("q.known_exploited_count", ">", 0));
}

export async function fixQueueList(db: Database, filter: FixFilter, page: Page<FixOrderKey>) {
  const query = filteredFixes(db, filter)
    .selectAll("q")
    .select((eb) => eb.fn.coalesce("sc.name", sql<string>`''`).as("os_scope"));
  return applyKeyset(query, sql.ref(`q.${page.orderKey}`), sql.ref("q.id"), page, { nullable: false }).execute();
}

export async function fixQueueCount(db: Database, filter: FixFilter): Promise<number> {
  return (
    await filteredFixes(db, filter)
      .select(sql<number>`count(*)::integer`.as("n"))
      .executeTakeFirstOrThrow()
  ).n;
}
