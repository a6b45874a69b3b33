import { sql } from "kysely";
import { heldSubjects, OPEN_SOMEWHERE, openOn } from "../../database/finding-sql.ts";
import type { Database } from "../../database/tables.ts";

/** What is updated: on one kind of host a title, a source package or an operating system; two of the three are null. */
export interface FixKey {
  os_scope_id: number;
  source: string;
  software_title_id: number | null;
  source_package: string | null;
  operating_system: string | null;
}

/** One vulnerability that an update clears, before its hosts are counted. */
export interface FixFinding extends FixKey {
  vulnerability_id: number;
  subjects: number[];
  versions: string[];
  scheme: string | null;
  partly: boolean;
}

/** The same as one text, to be compared. */
export function nameOfFix({ os_scope_id, source, software_title_id, source_package, operating_system }: FixKey): string {
  return JSON.stringify([os_scope_id, source, software_title_id, source_package, operating_system]);
}

/**
 * Which updates clear these vulnerabilities: open findings with a fix, of software that some host holds, by what is updated: the source package
 * of a distribution's software (one update brings all its binaries), the release of an operating system, else the title.
 */
export async function fixFindings(db: Database, vulnerabilityIds: readonly number[]): Promise<FixFinding[]> {
  const { rows } = await sql<FixFinding>`
    WITH open AS MATERIALIZED (
      SELECT f.vulnerability_id, f.subject_id, f.resolved_in_version, EXISTS (
          SELECT FROM suppressions x WHERE x.subject_id = f.subject_id AND x.vulnerability_id = f.vulnerability_id
            AND (x.host_id IS NOT NULL OR x.label_id IS NOT NULL)
        ) AS partly
      FROM findings f JOIN vulnerability_exposures e ON e.vulnerability_id = f.vulnerability_id
      WHERE f.vulnerability_id = ANY (${[...vulnerabilityIds]}::integer[]) AND f.resolved_in_version IS NOT NULL
        AND f.state <> 'possible' AND ${OPEN_SOMEWHERE}
    ), kinds AS MATERIALIZED (
      SELECT ms.id AS subject_id, ms.os_scope_id, coalesce(s.source, 'operating_systems') AS source, s.title_id,
        CASE WHEN s.source IN ('deb_packages', 'rpm_packages', 'apk_packages', 'pacman_packages') THEN nullif(sf.source_package, '') END
          AS source_package,
        CASE WHEN ms.operating_system_id IS NOT NULL THEN concat_ws(' ', coalesce(ms.identity #>> '{keys,0,package}', o.name),
          CASE WHEN ms.authority = 'apple' THEN split_part(o.version, '.', 1) END) END AS operating_system,
        ms.identity #>> '{keys,0,scheme}' AS scheme
      FROM match_subjects ms LEFT JOIN software s ON s.id = ms.software_id LEFT JOIN software_facts sf ON sf.id = ms.facts_id
      LEFT JOIN operating_systems o ON o.id = ms.operating_system_id
      WHERE ms.id IN (SELECT subject_id FROM open) AND coalesce(
          -- one look into the index each: as EXISTS it may become a hash of all links
          (SELECT true FROM host_software hs WHERE hs.software_id = ms.software_id LIMIT 1),
          (SELECT true FROM hosts h WHERE h.operating_system_id = ms.operating_system_id LIMIT 1), false)
    )
    SELECT k.os_scope_id, k.source, CASE WHEN k.source_package IS NULL AND k.operating_system IS NULL THEN k.title_id END AS software_title_id,
      k.source_package, k.operating_system, o.vulnerability_id, array_agg(o.subject_id ORDER BY o.subject_id) AS subjects,
      array_agg(DISTINCT o.resolved_in_version) AS versions, min(k.scheme) AS scheme, bool_or(o.partly) AS partly
    FROM open o JOIN kinds k ON k.subject_id = o.subject_id GROUP BY 1, 2, 3, 4, 5, 6`.execute(db);
  return rows;
}

/** Hosts that hold exactly these of the subjects that were asked for, of one update. */
export interface Holding {
  subjects: number[];
  hosts: number;
}

/**
 * Which of these subjects hosts hold together, and how many hosts do: the links are read once, however many sets of the subjects are to be
 * counted. Subjects of one group are seen apart from those of others.
 */
export async function holdings(db: Database, members: readonly { group: number; subject: number }[]): Promise<Holding[]> {
  const { rows } = await sql<Holding>`
    WITH strangers AS MATERIALIZED (
      SELECT EXISTS (SELECT FROM hosts WHERE operating_system_id IS NULL)
        OR EXISTS (SELECT FROM operating_systems WHERE os_scope_id IS NULL) AS any
    ), m AS MATERIALIZED (
      SELECT m.id AS set, m.id, m.software_id, m.facts_id, m.os_scope_id, m.operating_system_id,
        (m.os_scope_id = 0 OR NOT x.any) AND NOT EXISTS (
          SELECT FROM match_subjects o WHERE o.software_id = m.software_id AND o.id <> m.id
        ) AS whole
      FROM match_subjects m CROSS JOIN strangers x WHERE m.id = ANY (${members.map(({ subject }) => subject)}::integer[])
    ), asked AS MATERIALIZED (
      SELECT * FROM unnest(${members.map(({ group }) => group)}::integer[], ${members.map(({ subject }) => subject)}::integer[])
        AS a (part, subject_id)
    )
    SELECT subjects, count(*)::integer AS hosts FROM (
      SELECT a.part, held.host_id, array_agg(held.set ORDER BY held.set) AS subjects
      FROM (${heldSubjects(sql`SELECT * FROM m`)}) held JOIN asked a ON a.subject_id = held.set
      WHERE held.host_id NOT IN (SELECT d.host_id FROM host_deletions d) GROUP BY 1, 2
    ) h GROUP BY part, subjects`.execute(db);
  return rows;
}

/**
 * Distinct hosts on which one of these vulnerabilities is open in one of these subjects: where something suppresses findings on some hosts
 * only. Reads the hosts of all subjects.
 */
export async function hostsOpen(db: Database, vulnerabilityIds: readonly number[], subjects: readonly number[]): Promise<number> {
  const { rows } = await sql<{ hosts: number }>`
    SELECT count(DISTINCT held.host_id)::integer AS hosts FROM (${heldSubjects(sql`
      SELECT m.id AS set, m.id, m.software_id, m.facts_id, m.os_scope_id, m.operating_system_id, false AS whole
      FROM match_subjects m WHERE m.id = ANY (${[...subjects]}::integer[])`)}) held
    WHERE held.host_id NOT IN (SELECT d.host_id FROM host_deletions d) AND EXISTS (
      SELECT FROM findings f WHERE f.subject_id = held.set AND f.vulnerability_id = ANY (${[...vulnerabilityIds]}::integer[])
        AND f.resolved_in_version IS NOT NULL AND f.state <> 'possible' AND ${openOn(sql`held.host_id`)})`.execute(db);
  return rows[0]?.hosts ?? 0;
}

/** The updates of these keys, made where they lack and to be counted anew; ids by {@link nameOfFix}. */
export async function fixesMarkInTx(tx: Database, keys: readonly FixKey[]): Promise<Map<string, number>> {
  const { rows } = await sql<FixKey & { id: number }>`
    INSERT INTO fix_queue (os_scope_id, source, software_title_id, source_package, operating_system)
    SELECT * FROM json_to_recordset(${JSON.stringify(keys)}::json)
      AS r (os_scope_id integer, source text, software_title_id integer, source_package text, operating_system text)
    ON CONFLICT ON CONSTRAINT fix_queue_what DO UPDATE SET stale = true
    RETURNING id, os_scope_id, source, software_title_id, source_package, operating_system`.execute(tx);
  return new Map(rows.map((row) => [nameOfFix(row), row.id]));
}

export interface StoredFixFinding {
  fix_id: number;
  vulnerability_id: number;
  subjects: number[];
  versions: string[];
  scheme: string | null;
  hosts_count: number;
  partly: boolean;
}

/** Puts these rows in the place of all of these vulnerabilities; updates that cleared one of them are to be counted anew. */
export async function fixFindingsReplaceInTx(
  tx: Database,
  vulnerabilityIds: readonly number[],
  rows: readonly StoredFixFinding[],
): Promise<void> {
  await sql`
    WITH gone AS (DELETE FROM fix_findings WHERE vulnerability_id = ANY (${[...vulnerabilityIds]}::integer[]) RETURNING fix_id)
    UPDATE fix_queue SET stale = true WHERE id IN (SELECT fix_id FROM gone) AND NOT stale`.execute(tx);
  await sql`
    INSERT INTO fix_findings (fix_id, vulnerability_id, subjects, versions, scheme, hosts_count, partly)
    SELECT r.* FROM json_to_recordset(${JSON.stringify(rows)}::json) AS r (fix_id integer, vulnerability_id integer, subjects integer[],
      versions text[], scheme text, hosts_count integer, partly boolean) ORDER BY 1, 2`.execute(tx);
}
