import { sql } from "kysely";
import type { RawBuilder, SqlBool } from "kysely";
import { canonicalId } from "#domain/vulnerability/details-link.ts";
import { OPEN_SOMEWHERE, vulnerabilityNamed } from "../database/finding-sql.ts";
import { readRows } from "../database/read-rows.ts";
import type { ReadonlyDatabase } from "../database/tables.ts";

/** What a host must hold, or run, to have a vulnerability; found out before hosts are asked for it. */
export interface VulnerableHolders {
  /** Software all of whose subjects have it: whichever host holds it. */
  software_ids: number[];
  /** Subjects of software of which others do not have it: hosts of that kind, with those facts. */
  subject_ids: number[];
  operating_system_ids: number[];
  /** How many links there are to all that software: at least as many as hosts. */
  links: number;
  /** Ask host after host in the order of the list, instead of finding all of them first. */
  hostByHost: boolean;
}

export interface VulnerableHostsFilter {
  vulnerability: string;
  vulnerability_suppressed?: boolean | undefined;
  software_version_id?: number | undefined;
  software_title_id?: number | undefined;
}

/**
 * What hosts have a vulnerability by. The planner knows how many hosts hold the very software that it is given; of software that is still to
 * be found it takes the average, which is off by a thousand times in both directions.
 *
 * @returns null when something suppresses it on some hosts only: then each host is asked for decisions about it
 */
export async function vulnerableHolders(
  db: ReadonlyDatabase,
  filter: VulnerableHostsFilter,
): Promise<Omit<VulnerableHolders, "hostByHost"> | null> {
  const all = filter.vulnerability_suppressed === true;
  const [row] = await readRows(
    db,
    sql<Omit<VulnerableHolders, "hostByHost"> & { partly: boolean }>`
    WITH found AS MATERIALIZED (
      SELECT DISTINCT m.id, m.software_id, m.operating_system_id, ${all ? sql`false` : PARTLY} AS partly
      FROM findings f JOIN match_subjects m ON m.id = f.subject_id
      WHERE f.vulnerability_id IN ${vulnerabilityNamed(canonicalId(filter.vulnerability))}
        AND ${all ? sql`true` : OPEN_SOMEWHERE} AND ${inSoftware(filter)}
    ), told AS (
      SELECT f.*, f.software_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM match_subjects o WHERE o.software_id = f.software_id AND o.id NOT IN (SELECT id FROM found)
      ) AS whole FROM found f
    )
    SELECT coalesce(array_agg(DISTINCT software_id) FILTER (WHERE whole), '{}') AS software_ids,
      coalesce(array_agg(id) FILTER (WHERE software_id IS NOT NULL AND NOT whole), '{}') AS subject_ids,
      coalesce(array_agg(operating_system_id) FILTER (WHERE operating_system_id IS NOT NULL), '{}') AS operating_system_ids,
      coalesce(bool_or(partly), false) AS partly,
      coalesce((
        SELECT sum(c.hosts_count) FROM software_counts c WHERE c.software_id IN (SELECT software_id FROM found)
      ), 0)::integer AS links
    FROM told`,
  );
  if (row === undefined) throw new Error("an aggregate has a row");
  const { partly, ...holders } = row;
  return partly ? null : holders;
}

const PARTLY = sql<boolean>`EXISTS (
  SELECT FROM suppressions x WHERE x.subject_id = f.subject_id AND x.vulnerability_id = f.vulnerability_id
    AND (x.host_id IS NOT NULL OR x.label_id IS NOT NULL) AND (x.expires_at IS NULL OR x.expires_at > now()))`;

/** Subjects `m` of the software that the filter names: a host may hold it, and have the vulnerability in something else. */
export function inSoftware({
  software_version_id,
  software_title_id,
}: Pick<VulnerableHostsFilter, "software_version_id" | "software_title_id">): RawBuilder<SqlBool> {
  if (software_version_id !== undefined) return sql<SqlBool>`m.software_id = ${software_version_id}`;
  if (software_title_id === undefined) return sql<SqlBool>`true`;
  return sql<SqlBool>`m.software_id IN (SELECT id FROM software WHERE title_id = ${software_title_id})`;
}

/** The host `h` has what the holders name. */
export function isHolder(holders: VulnerableHolders): RawBuilder<SqlBool> {
  const arms = holders.hostByHost
    ? armsByHost(holders)
    : [sql<SqlBool>`h.id IN (${sql.join(armsOfAll(holders), sql` UNION ALL `)})`];
  return sql<SqlBool>`(${sql.join(arms, sql` OR `)})`;
}

const KIND = sql`(m.os_scope_id = 0 OR m.os_scope_id = sc.id OR m.os_scope_id = sc.family_id)`;

/** All hosts, found by the indexes on what they hold. */
function armsOfAll({ software_ids, subject_ids, operating_system_ids }: VulnerableHolders): RawBuilder<unknown>[] {
  return [
    sql`SELECT l.host_id FROM host_software l WHERE l.software_id = ANY (${software_ids}::integer[])`,
    ...(subject_ids.length === 0
      ? []
      : [
          sql`SELECT l.host_id FROM match_subjects m CROSS JOIN LATERAL (
                SELECT hs.host_id FROM host_software hs WHERE hs.software_id = m.software_id AND coalesce(hs.facts_id, 0) = m.facts_id OFFSET 0
              ) l JOIN hosts hh ON hh.id = l.host_id LEFT JOIN operating_systems o ON o.id = hh.operating_system_id
              LEFT JOIN os_scopes sc ON sc.id = o.os_scope_id
            WHERE m.id = ANY (${subject_ids}::integer[]) AND ${KIND}`,
        ]),
    ...(operating_system_ids.length === 0
      ? []
      : [sql`SELECT r.id FROM hosts r WHERE r.operating_system_id = ANY (${operating_system_ids}::integer[])`]),
  ];
}

/** One host: OFFSET 0 keeps the planner from finding all of them first. */
function armsByHost({ software_ids, subject_ids, operating_system_ids }: VulnerableHolders): RawBuilder<SqlBool>[] {
  return [
    sql<SqlBool>`EXISTS (
      SELECT FROM host_software l WHERE l.host_id = h.id AND l.software_id = ANY (${software_ids}::integer[]) OFFSET 0)`,
    ...(subject_ids.length === 0
      ? []
      : [
          sql<SqlBool>`EXISTS (
            SELECT FROM match_subjects m JOIN host_software l ON l.host_id = h.id AND l.software_id = m.software_id
                AND coalesce(l.facts_id, 0) = m.facts_id
              LEFT JOIN operating_systems o ON o.id = h.operating_system_id LEFT JOIN os_scopes sc ON sc.id = o.os_scope_id
            WHERE m.id = ANY (${subject_ids}::integer[]) AND ${KIND} OFFSET 0)`,
        ]),
    ...(operating_system_ids.length === 0
      ? []
      : [sql<SqlBool>`h.operating_system_id = ANY (${operating_system_ids}::integer[])`]),
  ];
}
