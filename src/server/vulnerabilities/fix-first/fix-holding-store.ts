import { sql } from "kysely";
import type { Database } from "../../database/tables.ts";

/** A subject as links tell that a host has it. */
export interface Holdable {
  id: number;
  os_scope_id: number;
  software_id: number | null;
  facts_id: number;
  operating_system_id: number | null;
}

export async function holdables(db: Database, subjectIds: readonly number[]): Promise<Map<number, Holdable>> {
  const { rows } = await sql<Holdable>`
    SELECT id, os_scope_id, software_id, coalesce(facts_id, 0) AS facts_id, operating_system_id FROM match_subjects
    WHERE id = ANY (${[...subjectIds]}::integer[])`.execute(db);
  return new Map(rows.map((row) => [row.id, row]));
}

/** Software or operating systems that are looked for, by update. */
export interface Wanted {
  fix_id: number;
  software_id: number | null;
  operating_system_id: number | null;
}

/** So many hosts hold just this of what is looked for, for one update. */
export interface Pattern {
  fix_id: number;
  operating_system_id: number | null;
  /** What they hold of the software, … */
  software: number[];
  /** … each with its facts; 0: none. */
  facts: number[];
  /** The host itself, where it is one of those that are told apart. */
  host_id: number | null;
  /** Of the labels that are told apart those that they are in, ordered. */
  labels: number[];
  hosts: number;
}

/** What hosts are told apart by beside what they hold, and which are looked at at all. */
export interface HostView {
  hosts: readonly number[];
  labels: readonly number[];
  /** Only the hosts of a label, or a few hosts; null: all. */
  within: { label_id: number } | { hosts: readonly number[] } | null;
}

/**
 * What hosts hold of what is looked for: every link is read once, software by software off its index (OFFSET 0: how many hosts have one
 * differs too much for the planner, which would read all links). Nothing is joined before hosts are put together, so that no guess of the
 * planner can make it read more.
 */
export async function patternsHeld(db: Database, wanted: readonly Wanted[], view: HostView): Promise<Pattern[]> {
  const software = wanted.filter(({ software_id }) => software_id !== null);
  const systems = wanted.filter(({ operating_system_id }) => operating_system_id !== null);
  const { label, few } = limitsOf(view.within);
  const labels =
    view.labels.length === 0
      ? sql`'{}'::bigint[]`
      : sql`ARRAY(SELECT lm.label_id FROM label_membership lm WHERE lm.host_id = h.id AND lm.label_id = ANY (${[...view.labels]}::bigint[]) ORDER BY 1)`;
  const { rows } = await sql<Pattern>`
    WITH held AS MATERIALIZED (
      SELECT o.fix_id, o.host_id, array_agg(o.software_id) AS software, array_agg(o.facts_id) AS facts FROM (
        SELECT a.fix_id, l.host_id, a.software_id, l.facts_id
        FROM unnest(${software.map((one) => one.fix_id)}::integer[], ${software.map((one) => one.software_id)}::integer[])
          AS a (fix_id, software_id)
        CROSS JOIN LATERAL (
          SELECT hs.host_id, coalesce(hs.facts_id, 0) AS facts_id FROM host_software hs WHERE hs.software_id = a.software_id ${few} OFFSET 0
        ) l ORDER BY 1, 2, 3
      ) o GROUP BY 1, 2
    )
    SELECT x.fix_id, h.operating_system_id, x.software, x.facts, CASE WHEN h.id = ANY (${[...view.hosts]}::bigint[]) THEN h.id END AS host_id,
      ${labels} AS labels, count(*)::integer AS hosts
    FROM (
      SELECT * FROM held
      UNION ALL
      SELECT a.fix_id, h.id, '{}', '{}'
      FROM unnest(${systems.map((one) => one.fix_id)}::integer[], ${systems.map((one) => one.operating_system_id)}::integer[])
        AS a (fix_id, operating_system_id) JOIN hosts h ON h.operating_system_id = a.operating_system_id
    ) x JOIN hosts h ON h.id = x.host_id
    WHERE x.host_id NOT IN (SELECT d.host_id FROM host_deletions d) ${label} GROUP BY 1, 2, 3, 4, 5, 6`.execute(db);
  return rows;
}

/** Few hosts are asked for each software; many are sorted out in the end. */
function limitsOf(within: HostView["within"]) {
  if (within === null) return { label: sql``, few: sql`` };
  if ("label_id" in within) {
    const label = sql`AND x.host_id IN (SELECT lm.host_id FROM label_membership lm WHERE lm.label_id = ${within.label_id})`;
    return { label, few: sql`` };
  }
  const hosts = [...within.hosts];
  return { label: sql`AND x.host_id = ANY (${hosts}::bigint[])`, few: sql`AND hs.host_id = ANY (${hosts}::bigint[])` };
}

/** Lets this transaction sort the links that it may read at once in memory: some 50 bytes each. */
export async function sortInMemoryInTx(tx: Database): Promise<void> {
  await sql`SET LOCAL work_mem = '64MB'`.execute(tx);
}

/** Of each operating system its kind of host and the family of that; those without one are absent. */
export async function systemScopes(db: Database): Promise<Map<number, readonly number[]>> {
  const { rows } = await sql<{ id: number; scopes: number[] }>`
    SELECT o.id, ARRAY[s.id, s.family_id] AS scopes FROM operating_systems o JOIN os_scopes s ON s.id = o.os_scope_id`.execute(
    db,
  );
  return new Map(rows.map(({ id, scopes }) => [id, scopes]));
}

/** What suppresses a finding on one host, or on the hosts of a label. */
export interface PartialSuppression {
  subject_id: number;
  vulnerability_id: number;
  host_id: number | null;
  label_id: number | null;
}

export async function partialSuppressions(db: Database, vulnerabilityIds: readonly number[]): Promise<PartialSuppression[]> {
  if (vulnerabilityIds.length === 0) return [];
  const { rows } = await sql<PartialSuppression>`
    SELECT subject_id, vulnerability_id, host_id, label_id FROM suppressions
    WHERE vulnerability_id = ANY (${[...vulnerabilityIds]}::integer[]) AND (host_id IS NOT NULL OR label_id IS NOT NULL)
      AND (expires_at IS NULL OR expires_at > now())`.execute(db);
  return rows;
}
