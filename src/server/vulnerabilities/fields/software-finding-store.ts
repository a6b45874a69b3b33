import { sql } from "kysely";
import type { RawBuilder } from "kysely";
import { OPEN_SOMEWHERE, openOn, subjectsOfHosts } from "../../database/finding-sql.ts";
import { readRows, type Readable } from "../../database/read-rows.ts";
import type { FindingRow } from "../hosts/present-finding.ts";

/** A finding of a software row. */
export interface SoftwareFinding extends FindingRow {
  software_id: number;
}

type Fragment = RawBuilder<unknown>;

/** The worst first: what is cut off is the least. */
const WORST_FIRST = sql`(v.kev IS NOT NULL) DESC, v.cvss_score DESC NULLS LAST, v.cve COLLATE "C"`;
/** The same by the copies beside the counts: rows of a tenth of the size. What is not counted yet is the least for those seconds. */
const WORST_COUNTED = sql`e.kev DESC NULLS LAST, e.cvss_score DESC NULLS LAST, e.cve COLLATE "C", o.vulnerability_id`;

const SHOWN = sql`v.cve, v.cvss_score, v.epss, v.kev IS NOT NULL AS kev, coalesce((v.kev ->> 'ransomware')::boolean, false) AS ransomware, v.exploit,
  v.malware, v.published, v.description, v.severity, coalesce(e.priority, 0) AS priority, e.due_at`;

/**
 * The worst open findings of each owner, as a relation (owner, vulnerability_id, opened_at, state, confidence, resolved_in_version, place, total):
 * one row a vulnerability; of what is several subjects (kinds of host, facts) what was found first. All owners are ranked together, by few
 * columns: a vulnerability of many of them is read once, and the descriptions of those alone that are shown.
 *
 * @param subjects a relation (owner, id): whose findings are whose
 */
const worstOf = (subjects: Fragment, perOwner: number): Fragment => sql`(
  SELECT * FROM (
    SELECT o.*, row_number() OVER (PARTITION BY o.owner ORDER BY ${WORST_COUNTED}) AS place,
      (count(*) OVER (PARTITION BY o.owner))::integer AS total
    FROM (
      SELECT DISTINCT ON (m.owner, f.vulnerability_id) m.owner, f.vulnerability_id, f.opened_at, f.state, f.confidence, f.resolved_in_version
      FROM (${subjects}) m JOIN findings f ON f.subject_id = m.id WHERE ${OPEN_SOMEWHERE}
      ORDER BY m.owner, f.vulnerability_id, f.opened_at, f.subject_id
    ) o LEFT JOIN vulnerability_exposures e ON e.vulnerability_id = o.vulnerability_id
  ) ranked WHERE place <= ${perOwner})`;

const ofSoftware = (ids: readonly number[], perRow: number): Fragment =>
  worstOf(sql`SELECT software_id AS owner, id FROM match_subjects WHERE software_id = ANY (${[...ids]}::integer[])`, perRow);

const DETAILS = sql`${SHOWN}, x.opened_at, x.state, x.confidence, x.resolved_in_version, NULL::text AS suppressed`;
const DETAILED = sql`JOIN vulnerabilities v ON v.id = x.vulnerability_id
  LEFT JOIN vulnerability_exposures e ON e.vulnerability_id = x.vulnerability_id ORDER BY x.owner, x.place`;

/** The open findings of each of these software rows, at most `perRow` of each, in one statement. */
export async function findingsOfSoftware(db: Readable, ids: readonly number[], perRow: number): Promise<SoftwareFinding[]> {
  return await readRows(
    db,
    sql<SoftwareFinding>`SELECT x.owner AS software_id, ${DETAILS} FROM ${ofSoftware(ids, perRow)} x ${DETAILED}`,
  );
}

/** As {@link findingsOfSoftware}, the ids alone with when they were found. */
export async function namesOfSoftware(
  db: Readable,
  ids: readonly number[],
  perRow: number,
): Promise<{ software_id: number; cve: string; opened_at: Date }[]> {
  return await readRows(
    db,
    sql<{ software_id: number; cve: string; opened_at: Date }>`
    SELECT x.owner AS software_id, v.cve, x.opened_at FROM ${ofSoftware(ids, perRow)} x JOIN vulnerabilities v ON v.id = x.vulnerability_id
    ORDER BY x.owner, x.place`,
  );
}

/** What the vulnerabilities of one version of an operating system are found by. */
export interface VersionSubjects {
  id: number;
  /** Rows of operating_systems: those that are assessed themselves. */
  systems: number[];
  /** Software that stands for it: its kernels. */
  software: number[];
}

export interface VersionFinding extends FindingRow {
  os_version_id: number;
  /** How many there are of the version. */
  total: number;
}

/** The open findings of versions of operating systems, one a vulnerability, at most `perVersion` (and one) of each. */
export async function findingsOfVersions(
  db: Readable,
  versions: readonly VersionSubjects[],
  perVersion: number,
): Promise<VersionFinding[]> {
  const given = sql`json_to_recordset(${JSON.stringify(versions)}::json) g (id integer, systems integer[], software integer[])`;
  const subjects = sql`
    SELECT g.id AS owner, ms.id FROM ${given} CROSS JOIN LATERAL unnest(g.systems) s (id) JOIN match_subjects ms ON ms.operating_system_id = s.id
    UNION ALL
    SELECT g.id, ms.id FROM ${given} CROSS JOIN LATERAL unnest(g.software) s (id) JOIN match_subjects ms ON ms.software_id = s.id`;
  return await readRows(
    db,
    sql<VersionFinding>`SELECT x.owner AS os_version_id, x.total, ${DETAILS} FROM ${worstOf(subjects, Math.max(1, perVersion))} x ${DETAILED}`,
  );
}

/** The ids alone. */
export async function cvesOfSoftware(db: Readable, ids: readonly number[], perRow: number): Promise<Map<number, string[]>> {
  const rows = await readRows(
    db,
    sql<{ software_id: number; cves: string[] }>`
    SELECT g.id AS software_id, x.cves FROM unnest(${[...ids]}::integer[]) g (id) CROSS JOIN LATERAL (
      SELECT array_agg(y.cve) AS cves FROM (
        SELECT v.cve FROM (
          SELECT DISTINCT f.vulnerability_id FROM match_subjects m JOIN findings f ON f.subject_id = m.id
          WHERE m.software_id = g.id AND ${OPEN_SOMEWHERE}
        ) o JOIN vulnerabilities v ON v.id = o.vulnerability_id ORDER BY ${WORST_FIRST} LIMIT ${perRow}
      ) y
    ) x WHERE x.cves IS NOT NULL`,
  );
  return new Map(rows.map(({ software_id, cves }) => [software_id, cves]));
}

/** The subjects of hosts and of these software rows only; null: of all that the hosts hold. */
function held(hostIds: readonly number[], softwareIds: readonly number[] | null): Fragment {
  const only = softwareIds === null ? sql`true` : sql`hv.software_id = ANY (${[...softwareIds]}::integer[])`;
  return sql`(SELECT hv.* FROM ${subjectsOfHosts(sql`h.id = ANY (${[...hostIds]}::integer[])`)} hv WHERE hv.software_id IS NOT NULL AND ${only})`;
}

export interface HeldFinding extends SoftwareFinding {
  host_id: number;
}

/** The findings that software has on hosts: of its kind there, open there. At most `perRow` a software row. */
export async function findingsOnHosts(
  db: Readable,
  hostIds: readonly number[],
  softwareIds: readonly number[] | null,
  perRow: number,
): Promise<HeldFinding[]> {
  const rows = await readRows(
    db,
    sql<HeldFinding>`
    SELECT x.* FROM (
      SELECT hv.host_id, hv.software_id, ${SHOWN}, f.opened_at, f.state, f.confidence, f.resolved_in_version, NULL::text AS suppressed,
        row_number() OVER (PARTITION BY hv.host_id, hv.software_id ORDER BY ${WORST_FIRST}) AS place
      FROM ${held(hostIds, softwareIds)} hv JOIN findings f ON f.subject_id = hv.subject_id JOIN vulnerabilities v ON v.id = f.vulnerability_id
        LEFT JOIN vulnerability_exposures e ON e.vulnerability_id = f.vulnerability_id
      WHERE ${openOn(sql`hv.host_id`)}
    ) x WHERE x.place <= ${perRow} ORDER BY x.host_id, x.software_id, x.place`,
  );
  return rows;
}

/** The ids alone, by host and software. */
export async function cvesOnHosts(
  db: Readable,
  hostIds: readonly number[],
  softwareIds: readonly number[] | null,
  perRow: number,
): Promise<
  { host_id: number; software_id: number; cves: string[]; cvss_score_max: number | null; exploited: boolean; total: number }[]
> {
  const rows = await readRows(
    db,
    sql<{
      host_id: number;
      software_id: number;
      cves: string[];
      cvss_score_max: number | null;
      exploited: boolean;
      total: number;
    }>`
    SELECT hv.host_id, hv.software_id, (array_agg(v.cve ORDER BY ${WORST_FIRST}))[1:${sql.lit(perRow)}] AS cves,
      max(v.cvss_score) AS cvss_score_max, bool_or(v.kev IS NOT NULL) AS exploited, count(*)::integer AS total
    FROM ${held(hostIds, softwareIds)} hv JOIN findings f ON f.subject_id = hv.subject_id JOIN vulnerabilities v ON v.id = f.vulnerability_id
    WHERE ${openOn(sql`hv.host_id`)} GROUP BY hv.host_id, hv.software_id`,
  );
  return rows;
}

/** What lists and exports tell of each software row without reading its findings. */
export interface SoftwareExposure {
  software_id: number;
  vulnerabilities_count: number;
  cvss_score_max: number | null;
  exploited: boolean;
}

export async function exposuresOfSoftware(db: Readable, ids: readonly number[]): Promise<Map<number, SoftwareExposure>> {
  const rows = await readRows(
    db,
    sql<SoftwareExposure>`SELECT software_id, vulnerabilities_count, cvss_score_max, exploited FROM software_exposures
      WHERE software_id = ANY (${[...ids]}::integer[])`,
  );
  return new Map(rows.map((row) => [row.software_id, row]));
}

/** What lists tell of each title: of its versions that hosts hold now and that have open vulnerabilities. */
export interface TitleExposure {
  title_id: number;
  vulnerable_versions_count: number;
  cvss_score_max: number | null;
  exploited: boolean;
}

export async function titleExposures(db: Readable, ids: readonly number[]): Promise<TitleExposure[]> {
  return await readRows(
    db,
    sql<TitleExposure>`
    SELECT s.title_id, count(*)::integer AS vulnerable_versions_count, max(e.cvss_score_max) AS cvss_score_max, bool_or(e.exploited) AS exploited
    FROM software s JOIN software_counts c ON c.software_id = s.id JOIN software_exposures e ON e.software_id = s.id
    WHERE s.title_id = ANY (${[...ids]}::bigint[]) AND c.hosts_count > 0 AND e.vulnerabilities_count > 0
    GROUP BY s.title_id`,
  );
}

/** The first CPE that each software row, or operating system, is looked up by; those that are not looked up by CPE are left out. */
export async function cpesOf(db: Readable, column: "software_id" | "operating_system_id", ids: readonly number[]) {
  const rows = await readRows(
    db,
    sql<{ id: number; part: string; package: string; version: string }>`
    SELECT DISTINCT ON (m.${sql.ref(column)}) m.${sql.ref(column)} AS id, CASE k ->> 'ecosystem' WHEN 'cpe:o' THEN 'o' ELSE 'a' END AS part,
      k ->> 'package' AS package, k ->> 'version' AS version
    FROM match_subjects m CROSS JOIN LATERAL json_array_elements(m.identity -> 'keys') k
    WHERE m.${sql.ref(column)} = ANY (${[...ids]}::integer[]) AND m.status = 'assessed' AND k ->> 'ecosystem' IN ('cpe', 'cpe:o')
    ORDER BY m.${sql.ref(column)}, m.id`,
  );
  return rows;
}
