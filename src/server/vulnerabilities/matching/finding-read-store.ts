import { sql } from "kysely";
import type { RawBuilder } from "kysely";
import type { Database } from "#server/database/tables.ts";
import { NOT_SUPPRESSED_EVERYWHERE, suppressedOnHost } from "./exposure-store.ts";

/** A finding as lists, exports and bills of materials show it. */
export interface ReadFinding {
  subject_id: number;
  vulnerability_id: number;
  /** Null: the operating system itself. */
  software_id: number | null;
  operating_system_id: number | null;
  cve: string;
  severity: string;
  cvss_score: number | null;
  epss: number | null;
  kev: boolean;
  exploit: boolean;
  published: Date | null;
  state: string;
  resolved_in_version: string | null;
  channel: string | null;
  confidence: string;
  opened_at: Date;
  /** Something keeps it out of counts: the feed itself, a decision, VEX. On a host: there; else: on every host. */
  suppressed: boolean;
  /** Why the feed itself suppresses it. */
  suppressed_reason: string | null;
}

const COLUMNS = sql`f.subject_id, f.vulnerability_id, m.software_id, m.operating_system_id, v.cve, v.severity, v.cvss_score, v.epss,
  v.kev IS NOT NULL AS kev, v.exploit, v.published, f.state, f.resolved_in_version, f.channel, f.confidence, f.opened_at,
  f.suppressed AS suppressed_reason`;

export interface FindingOptions {
  /** Those that are suppressed are wanted, too. */
  suppressed?: boolean;
}

/** A finding on a host; of a kernel's package it tells whether that kernel is the one that runs. */
export interface HostFinding extends ReadFinding {
  /** Null: the package is no kernel, or it is not known which one runs. */
  running: boolean | null;
}

/** SQL: the subjects of a host's software and of its operating system, as `m`. By the index of links of the host. */
export function hostSubjects(host: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`(
    SELECT m.* FROM hosts h LEFT JOIN operating_systems o ON o.id = h.operating_system_id LEFT JOIN os_scopes s ON s.id = o.os_scope_id
      JOIN host_software hs ON hs.host_id = h.id
      JOIN match_subjects m ON m.software_id = hs.software_id AND m.facts_id = coalesce(hs.facts_id, 0)
        AND m.os_scope_id IN (0, coalesce(s.id, 0), coalesce(s.family_id, 0))
    WHERE h.id = ${host}
    UNION ALL
    SELECT m.* FROM hosts h JOIN match_subjects m ON m.operating_system_id = h.operating_system_id WHERE h.id = ${host}
  )`;
}

/**
 * SQL: whether the package of software `w` is the kernel that a host runs, by the kernel's version as the host tells it
 * (`6.1.0-18-amd64`, `4.18.0-513.el8.x86_64`). Debian's family has it in the package's name, Red Hat's in version and release.
 */
function runningKernel(kernel: RawBuilder<unknown>): RawBuilder<boolean | null> {
  return sql`CASE WHEN coalesce(${kernel}, '') = '' OR w.id IS NULL THEN NULL
    WHEN w.source = 'deb_packages' AND w.name ~ '^linux-(image|modules)(-unsigned|-extra)?-[0-9]' THEN
      w.name ~ ('^linux-(image|modules)(-unsigned|-extra)?-' || regexp_replace(${kernel}, '([.+*?()|])', '\\\\\\1', 'g') || '$')
    WHEN w.source = 'rpm_packages' AND w.name ~ '^kernel(-core|-modules|-modules-core|-modules-extra|-rt|-rt-core|-uek|-uek-core|-default)?$' THEN
      starts_with(${kernel}, CASE WHEN w.release = '' THEN w.version ELSE w.version || '-' || w.release END)
    END`;
}

/** All findings of a host. */
export async function hostFindings(db: Database, hostId: number, options: FindingOptions = {}): Promise<HostFinding[]> {
  const suppressed = suppressedOnHost(sql`${hostId}::integer`);
  const { rows } = await sql<HostFinding>`
    SELECT ${COLUMNS}, ${suppressed} AS suppressed, ${runningKernel(sql`k.kernel_version`)} AS running
    FROM ${hostSubjects(sql`${hostId}`)} m JOIN findings f ON f.subject_id = m.id JOIN vulnerabilities v ON v.id = f.vulnerability_id
      LEFT JOIN software w ON w.id = m.software_id
      LEFT JOIN LATERAL (
        SELECT o.kernel_version FROM hosts h JOIN operating_systems o ON o.id = h.operating_system_id WHERE h.id = ${hostId}
      ) k ON true
    WHERE ${options.suppressed === true ? sql`true` : sql`NOT ${suppressed}`}
    ORDER BY v.cve, f.subject_id`.execute(db);
  return rows;
}

/** Findings of software wherever it is: a vulnerability that several kinds of hosts have with it comes once for each. */
export async function softwareFindings(
  db: Database,
  softwareIds: readonly number[],
  options: FindingOptions = {},
): Promise<ReadFinding[]> {
  return await findingsWhere(db, sql`m.software_id = ANY (${[...softwareIds]}::integer[])`, options);
}

/** Findings of all software of titles. */
export async function titleFindings(
  db: Database,
  titleIds: readonly number[],
  options: FindingOptions = {},
): Promise<ReadFinding[]> {
  const software = sql`SELECT w.id FROM software w WHERE w.title_id = ANY (${[...titleIds]}::bigint[])`;
  return await findingsWhere(db, sql`m.software_id IN (${software})`, options);
}

/** Findings of operating systems themselves: Windows by its build, macOS. */
export async function osFindings(
  db: Database,
  operatingSystemIds: readonly number[],
  options: FindingOptions = {},
): Promise<ReadFinding[]> {
  return await findingsWhere(db, sql`m.operating_system_id = ANY (${[...operatingSystemIds]}::integer[])`, options);
}

async function findingsWhere(db: Database, condition: RawBuilder<unknown>, options: FindingOptions): Promise<ReadFinding[]> {
  const { rows } = await sql<ReadFinding>`
    SELECT ${COLUMNS}, NOT ${NOT_SUPPRESSED_EVERYWHERE} AS suppressed
    FROM match_subjects m JOIN findings f ON f.subject_id = m.id JOIN vulnerabilities v ON v.id = f.vulnerability_id
    WHERE ${condition} AND ${options.suppressed === true ? sql`true` : NOT_SUPPRESSED_EVERYWHERE}
    ORDER BY v.cve, f.subject_id`.execute(db);
  return rows;
}

/** SQL: whether the host of id `host` has a finding of the vulnerability that nothing suppresses there; for the filter of lists of hosts. */
export function hostHasVulnerability(host: RawBuilder<unknown>, vulnerabilityId: number): RawBuilder<boolean> {
  return sql`${host} IN (${hostsOfVulnerability(vulnerabilityId)})`;
}

/** SQL: ids of the hosts with a finding of the vulnerability that nothing suppresses there. Read from the software's side. */
export function hostsOfVulnerability(vulnerabilityId: number): RawBuilder<number> {
  return sql`
    SELECT hs.host_id FROM findings f JOIN match_subjects m ON m.id = f.subject_id
      JOIN host_software hs ON hs.software_id = m.software_id AND coalesce(hs.facts_id, 0) = m.facts_id
      JOIN hosts h ON h.id = hs.host_id LEFT JOIN operating_systems o ON o.id = h.operating_system_id
      LEFT JOIN os_scopes s ON s.id = o.os_scope_id
    WHERE f.vulnerability_id = ${vulnerabilityId} AND m.os_scope_id IN (0, coalesce(s.id, 0), coalesce(s.family_id, 0))
      AND NOT ${suppressedOnHost(sql`hs.host_id`)}
    UNION
    SELECT h.id FROM findings f JOIN match_subjects m ON m.id = f.subject_id JOIN hosts h ON h.operating_system_id = m.operating_system_id
    WHERE f.vulnerability_id = ${vulnerabilityId} AND NOT ${suppressedOnHost(sql`h.id`)}`;
}
