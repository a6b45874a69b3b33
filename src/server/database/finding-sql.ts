import { sql } from "kysely";
import type { RawBuilder, SqlBool } from "kysely";
import { beginPattern } from "./like-pattern.ts";

/**
 * What several components ask of findings in their own SQL: which subjects a host has, and which findings count. One place, so that lists
 * of hosts, of software and of vulnerabilities can not disagree.
 */

type Fragment = RawBuilder<unknown>;

/** Nothing suppresses the finding `f` on every host: neither the feed itself, nor a decision, nor VEX. */
export const OPEN_SOMEWHERE: RawBuilder<SqlBool> = openUnless(null);

/** Nothing suppresses the finding `f` on the host whose id is `host`. */
export function openOn(host: Fragment): RawBuilder<SqlBool> {
  return openUnless(host);
}

function openUnless(host: Fragment | null): RawBuilder<SqlBool> {
  return sql<SqlBool>`(f.suppressed IS NULL AND NOT EXISTS (SELECT FROM suppressions x WHERE ${suppressionHolds(host)}))`;
}

/** Why the finding `f` is suppressed, in words; NULL when it is not. `host` null: only what suppresses it everywhere. */
export function suppressionText(host: Fragment | null): RawBuilder<string | null> {
  return sql<string | null>`coalesce(f.suppressed, (
    SELECT CASE x.kind WHEN 'accepted_risk' THEN 'accepted risk' WHEN 'false_positive' THEN 'false positive' ELSE 'VEX' END
        || coalesce(' (' || d.author_full_name || ')', '')
        || coalesce(': ' || d.reason, '')
        || coalesce(' (' || vd.author || '): ' || replace(vs.status, '_', ' ') || coalesce(', ' || replace(vs.justification, '_', ' '), ''), '')
        || coalesce(', until ' || to_char(x.expires_at AT TIME ZONE 'UTC', 'YYYY-MM-DD'), '')
    FROM suppressions x LEFT JOIN vulnerability_decisions d ON d.id = x.decision_id
      LEFT JOIN vex_statements vs ON vs.id = x.vex_statement_id LEFT JOIN vex_documents vd ON vd.id = vs.vex_document_id
    WHERE ${suppressionHolds(host)} ORDER BY x.id LIMIT 1))`;
}

function suppressionHolds(host: Fragment | null): Fragment {
  const place =
    host === null
      ? sql`x.host_id IS NULL AND x.label_id IS NULL`
      : sql`(x.host_id IS NULL OR x.host_id = ${host}) AND (x.label_id IS NULL OR EXISTS (
          SELECT FROM label_membership lm WHERE lm.label_id = x.label_id AND lm.host_id = ${host}))`;
  return sql`x.subject_id = f.subject_id AND x.vulnerability_id = f.vulnerability_id
    AND (x.expires_at IS NULL OR x.expires_at > now()) AND ${place}`;
}

/**
 * The subjects that hosts have, as a relation (host_id, subject_id, software_id, kernel_version); `software_id` null: the operating system
 * itself.
 *
 * @param hosts condition on `h` (hosts)
 */
export function subjectsOfHosts(hosts: Fragment): Fragment {
  return sql`(
    SELECT h.id AS host_id, ms.id AS subject_id, hs.software_id, o.kernel_version
    FROM hosts h LEFT JOIN operating_systems o ON o.id = h.operating_system_id LEFT JOIN os_scopes sc ON sc.id = o.os_scope_id
      JOIN host_software hs ON hs.host_id = h.id
      JOIN match_subjects ms ON ms.software_id = hs.software_id AND ms.facts_id = coalesce(hs.facts_id, 0)
        AND (ms.os_scope_id = 0 OR ms.os_scope_id = sc.id OR ms.os_scope_id = sc.family_id)
    WHERE ${hosts}
    UNION ALL
    SELECT h.id, ms.id, NULL, NULL FROM hosts h JOIN match_subjects ms ON ms.operating_system_id = h.operating_system_id
    WHERE ${hosts})`;
}

/**
 * The hosts of subjects, as a relation (host_id, subject_id). Where a software has one subject only, every host that holds it counts: the
 * hosts' own rows are not read.
 *
 * @param subjects condition on `m` (match_subjects)
 */
export function hostsOfSubjects(subjects: Fragment): Fragment {
  const chosen = sql`SELECT m.id, m.software_id, m.facts_id, m.os_scope_id, m.operating_system_id, NOT EXISTS (
      SELECT FROM match_subjects other WHERE other.software_id = m.software_id AND other.id <> m.id
    ) AS whole FROM match_subjects m WHERE ${subjects}`;
  return sql`(
    SELECT hs.host_id, m.id AS subject_id FROM (${chosen}) m JOIN host_software hs ON hs.software_id = m.software_id WHERE m.whole
    UNION ALL
    SELECT hs.host_id, m.id FROM (${chosen}) m
      JOIN host_software hs ON hs.software_id = m.software_id AND coalesce(hs.facts_id, 0) = m.facts_id
      JOIN hosts hh ON hh.id = hs.host_id LEFT JOIN operating_systems ho ON ho.id = hh.operating_system_id
      LEFT JOIN os_scopes hsc ON hsc.id = ho.os_scope_id
    WHERE NOT m.whole AND (m.os_scope_id = 0 OR m.os_scope_id = hsc.id OR m.os_scope_id = hsc.family_id)
    UNION ALL
    SELECT hh.id, m.id FROM (${chosen}) m JOIN hosts hh ON hh.operating_system_id = m.operating_system_id)`;
}

/**
 * SQL: the hosts of subjects `m` (id, software_id, facts_id, os_scope_id, operating_system_id, whole, set), as (set, id, host_id). Links are
 * looked up software by software (OFFSET 0): how many hosts have one differs too much for the planner, which would read all links.
 */
export const heldSubjects = (members: Fragment): Fragment => sql`
  SELECT m.set, m.id, hs.host_id FROM (${members}) m
    CROSS JOIN LATERAL (SELECT l.host_id FROM host_software l WHERE l.software_id = m.software_id OFFSET 0) hs
  WHERE m.whole AND (m.os_scope_id = 0 OR hs.host_id NOT IN (
    SELECT h.id FROM hosts h LEFT JOIN operating_systems o ON o.id = h.operating_system_id WHERE o.os_scope_id IS NULL
  ))
  UNION ALL
  SELECT m.set, m.id, hs.host_id FROM (${members}) m
    CROSS JOIN LATERAL (
      SELECT l.host_id FROM host_software l WHERE l.software_id = m.software_id AND coalesce(l.facts_id, 0) = m.facts_id OFFSET 0
    ) hs
    JOIN hosts h ON h.id = hs.host_id LEFT JOIN operating_systems o ON o.id = h.operating_system_id
    LEFT JOIN os_scopes s ON s.id = o.os_scope_id
  WHERE NOT m.whole AND (m.os_scope_id = 0 OR m.os_scope_id = s.id OR m.os_scope_id = s.family_id)
  UNION ALL
  SELECT m.set, m.id, h.id FROM (${members}) m JOIN hosts h ON h.operating_system_id = m.operating_system_id`;

/** Ids of the vulnerability that people name by its id or an alias of it, as stored (`canonicalId`). */
export function vulnerabilityNamed(cve: string): Fragment {
  return sql`(SELECT v.id FROM vulnerabilities v WHERE v.cve = ${cve}
    UNION SELECT v.id FROM vulnerability_aliases a JOIN vulnerabilities v ON v.cve = a.vulnerability WHERE a.alias = ${cve})`;
}

/** Which software lists ask for by its vulnerabilities; a range of scores and exploitation are asked of one and the same vulnerability. */
export interface VulnerableFilter {
  vulnerable?: boolean;
  cvssMin?: number;
  cvssMax?: number;
  exploited?: boolean;
  /** A stored id or alias, or (ending in `*`) the beginning of CVE ids. */
  vulnerability?: string;
}

/** Does the filter ask for vulnerabilities at all? */
export function asksVulnerable(filter: VulnerableFilter): boolean {
  const { vulnerable = false, cvssMin, cvssMax, exploited = false, vulnerability } = filter;
  return vulnerable || exploited || [cvssMin, cvssMax, vulnerability].some((value) => value !== undefined);
}

/** Ids of the software with open vulnerabilities of a filter, as a subquery. What one row of software_exposures answers is read there. */
export function vulnerableSoftware(filter: VulnerableFilter): Fragment {
  const { cvssMin, cvssMax, exploited = false, vulnerability } = filter;
  if (vulnerability !== undefined) {
    return sql`(SELECT m.software_id FROM findings f JOIN match_subjects m ON m.id = f.subject_id JOIN vulnerabilities v ON v.id = f.vulnerability_id
      WHERE m.software_id IS NOT NULL AND ${OPEN_SOMEWHERE} AND ${vulnerabilityConditions(filter)} OFFSET 0)`;
  }
  const exact = cvssMax !== undefined || (exploited && cvssMin !== undefined);
  const row = [
    sql`x.vulnerabilities_count > 0`,
    ...(cvssMin === undefined ? [] : [sql`x.cvss_score_max >= ${cvssMin}`]),
    ...(exploited ? [sql`x.exploited`] : []),
    ...(exact
      ? [
          sql`EXISTS (SELECT FROM match_subjects m JOIN findings f ON f.subject_id = m.id JOIN vulnerabilities v ON v.id = f.vulnerability_id
            WHERE m.software_id = x.software_id AND ${OPEN_SOMEWHERE} AND ${vulnerabilityConditions(filter)})`,
        ]
      : []),
  ];
  return sql`(SELECT x.software_id FROM software_exposures x WHERE ${sql.join(row, sql` AND `)})`;
}

/** The link `hs` of a host is software with an open vulnerability of a filter there. */
export function vulnerableOnHost(filter: VulnerableFilter): RawBuilder<SqlBool> {
  return sql<SqlBool>`EXISTS (SELECT ${findingsOnHost()} AND ${vulnerabilityConditions(filter)})`;
}

/** How many open vulnerabilities the software of the link `hs` (host_software) has on its host. */
export const VULNERABILITIES_ON_HOST: RawBuilder<number> = sql<number>`(SELECT count(*) ${findingsOnHost()})`;

function findingsOnHost(): Fragment {
  return sql`FROM match_subjects m JOIN findings f ON f.subject_id = m.id JOIN vulnerabilities v ON v.id = f.vulnerability_id
    WHERE m.software_id = hs.software_id AND m.facts_id = coalesce(hs.facts_id, 0) AND (m.os_scope_id = 0 OR m.os_scope_id IN (
        SELECT unnest(ARRAY[vsc.id, vsc.family_id]) FROM hosts vh JOIN operating_systems vo ON vo.id = vh.operating_system_id
          JOIN os_scopes vsc ON vsc.id = vo.os_scope_id WHERE vh.id = hs.host_id))
      AND ${openOn(sql`hs.host_id`)}`;
}

function vulnerabilityConditions({ cvssMin, cvssMax, exploited = false, vulnerability }: VulnerableFilter): Fragment {
  const conditions = [
    ...(cvssMin === undefined ? [] : [sql`v.cvss_score >= ${cvssMin}`]),
    ...(cvssMax === undefined ? [] : [sql`v.cvss_score <= ${cvssMax}`]),
    ...(exploited ? [sql`v.kev IS NOT NULL`] : []),
    ...(vulnerability === undefined ? [] : [named(vulnerability)]),
  ];
  return conditions.length === 0 ? sql`true` : sql.join(conditions, sql` AND `);
}

function named(vulnerability: string): Fragment {
  return vulnerability.endsWith("*")
    ? sql`v.cve COLLATE "C" LIKE ${beginPattern(vulnerability.slice(0, -1))}`
    : sql`v.id IN ${vulnerabilityNamed(vulnerability)}`;
}
