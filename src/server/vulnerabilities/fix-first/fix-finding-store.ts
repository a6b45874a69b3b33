import { sql } from "kysely";
import { OPEN_SOMEWHERE } from "../../database/finding-sql.ts";
import type { Database } from "../../database/tables.ts";

/** What is updated: on one kind of host a title, a source package or an operating system; two of the three are null. */
export interface FixKey {
  os_scope_id: number;
  source: string;
  software_title_id: number | null;
  source_package: string | null;
  operating_system: string | null;
}

/** Findings of one vulnerability that one version of an update clears. */
export interface FixStep extends FixKey {
  vulnerability_id: number;
  resolved_in_version: string;
  subjects: number[];
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
export async function fixSteps(db: Database, vulnerabilityIds: readonly number[]): Promise<FixStep[]> {
  const { rows } = await sql<FixStep>`
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
      WHERE ms.id IN (SELECT subject_id FROM open)
        -- one look into one index each: as EXISTS it may become a hash of all links, and hosts of no system would be searched for among all
        AND CASE WHEN ms.operating_system_id IS NULL
          THEN (SELECT true FROM host_software hs WHERE hs.software_id = ms.software_id LIMIT 1)
          ELSE (SELECT true FROM hosts h WHERE h.operating_system_id = ms.operating_system_id LIMIT 1) END
    )
    SELECT k.os_scope_id, k.source, CASE WHEN k.source_package IS NULL AND k.operating_system IS NULL THEN k.title_id END AS software_title_id,
      k.source_package, k.operating_system, o.vulnerability_id, o.resolved_in_version,
      array_agg(o.subject_id ORDER BY o.subject_id) AS subjects, min(k.scheme) AS scheme, bool_or(o.partly) AS partly
    FROM open o JOIN kinds k ON k.subject_id = o.subject_id GROUP BY 1, 2, 3, 4, 5, 6, 7`.execute(db);
  return rows;
}

/** The updates of these keys, made where they lack, and their hosts to be counted anew; ids by {@link nameOfFix}. */
export async function fixesMarkInTx(tx: Database, keys: readonly FixKey[]): Promise<Map<string, number>> {
  const { rows } = await sql<FixKey & { id: number }>`
    INSERT INTO fix_queue AS q (os_scope_id, source, software_title_id, source_package, operating_system)
    SELECT * FROM json_to_recordset(${JSON.stringify(keys)}::json)
      AS r (os_scope_id integer, source text, software_title_id integer, source_package text, operating_system text)
    ON CONFLICT ON CONSTRAINT fix_queue_what DO UPDATE SET stale = true, recount = true,
      queued_at = CASE WHEN q.stale THEN q.queued_at ELSE now() END
    RETURNING id, os_scope_id, source, software_title_id, source_package, operating_system`.execute(tx);
  return new Map(rows.map((row) => [nameOfFix(row), row.id]));
}

/** Has the updates that clear these vulnerabilities added up anew; their hosts stay as they were counted. */
export async function fixesOfMarkInTx(tx: Database, vulnerabilityIds: readonly number[]): Promise<void> {
  await sql`
    UPDATE fix_queue SET stale = true, queued_at = now() WHERE NOT stale AND id IN (
      SELECT fix_id FROM fix_findings WHERE vulnerability_id = ANY (${[...vulnerabilityIds]}::integer[]))`.execute(tx);
}

export interface StoredFixFinding {
  fix_id: number;
  vulnerability_id: number;
  subjects: number[];
  versions: string[];
  scheme: string | null;
  /** Counted with the update. */
  hosts_count: number;
  partly: boolean;
}

/** Puts these rows in the place of all of these vulnerabilities; updates that cleared one of them are to be counted anew. */
export async function fixFindingsReplaceInTx(
  tx: Database,
  vulnerabilityIds: readonly number[],
  rows: readonly Omit<StoredFixFinding, "hosts_count">[],
): Promise<void> {
  await sql`
    WITH gone AS (DELETE FROM fix_findings WHERE vulnerability_id = ANY (${[...vulnerabilityIds]}::integer[]) RETURNING fix_id)
    UPDATE fix_queue SET stale = true, recount = true, queued_at = CASE WHEN stale THEN queued_at ELSE now() END
    WHERE id IN (SELECT fix_id FROM gone) AND NOT (stale AND recount)`.execute(tx);
  await sql`
    INSERT INTO fix_findings (fix_id, vulnerability_id, subjects, versions, scheme, hosts_count, partly)
    SELECT r.fix_id, r.vulnerability_id, r.subjects, r.versions, r.scheme, 0, r.partly FROM json_to_recordset(${JSON.stringify(rows)}::json)
      AS r (fix_id integer, vulnerability_id integer, subjects integer[], versions text[], scheme text, partly boolean)
    ORDER BY 1, 2`.execute(tx);
}
