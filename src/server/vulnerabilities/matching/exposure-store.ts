import { sql } from "kysely";
import type { RawBuilder } from "kysely";
import type { Severity } from "#domain/vulnerability/model.ts";
import { groupsOfMembers } from "#domain/vulnerability/shared-members.ts";
import { heldSubjects, OPEN_SOMEWHERE, openOn } from "#server/database/finding-sql.ts";
import type { Database } from "#server/database/tables.ts";

/** A vulnerability whose exposure is to be counted. */
export interface QueuedExposure {
  vulnerability_id: number;
  /** Its findings are the same, on other hosts: software is as it was. */
  hosts_only: boolean;
}

/** Vulnerabilities whose exposure is to be counted, the oldest first; whoever else counts passes them over until the transaction ends. */
export async function exposuresQueuedInTx(tx: Database, limit: number): Promise<QueuedExposure[]> {
  const { rows } = await sql<QueuedExposure>`
    SELECT vulnerability_id, hosts_only FROM exposure_queue
    ORDER BY queued_at, vulnerability_id LIMIT ${limit} FOR UPDATE SKIP LOCKED`.execute(tx);
  return rows.toSorted((a, b) => a.vulnerability_id - b.vulnerability_id);
}

/** Those of these vulnerabilities whose software will be counted anyway. */
export async function exposuresQueuedAmong(db: Database, ids: readonly number[]): Promise<number[]> {
  const { rows } = await sql<{ vulnerability_id: number }>`
    SELECT vulnerability_id FROM exposure_queue WHERE vulnerability_id = ANY (${[...ids]}::integer[]) AND NOT hosts_only`.execute(
    db,
  );
  return rows.map(({ vulnerability_id }) => vulnerability_id);
}

/** What is counted waits no longer. */
export async function exposuresUnqueueInTx(tx: Database, ids: readonly number[]): Promise<void> {
  await sql`DELETE FROM exposure_queue WHERE vulnerability_id = ANY (${[...ids]}::integer[])`.execute(tx);
}

/** On how many hosts the software of subjects is, about: what counting them costs. Operating systems cost next to nothing. */
export async function linksOfSubjects(db: Database, subjectIds: readonly number[]): Promise<Map<number, number>> {
  const { rows } = await sql<{ id: number; links: number }>`
    SELECT m.id, c.hosts_count AS links FROM match_subjects m JOIN software_counts c ON c.software_id = m.software_id
    WHERE m.id = ANY (${[...subjectIds]}::integer[])`.execute(db);
  return new Map(rows.map(({ id, links }) => [id, links]));
}

/** The findings of one vulnerability, as they are counted. */
export interface ExposedSubjects {
  vulnerability_id: number;
  /** Subjects of all its findings, ordered. */
  subjects: number[];
  /** Those that nothing suppresses everywhere. */
  open: number[];
  /** Something suppresses one of them on some hosts only. */
  partly: boolean;
  states: string[];
  sources: string[];
  software_count: number;
  opened_at: Date;
}

export async function exposedSubjects(db: Database, ids: readonly number[]): Promise<ExposedSubjects[]> {
  const { rows } = await sql<ExposedSubjects>`
    SELECT f.vulnerability_id, array_agg(f.subject_id ORDER BY f.subject_id) AS subjects,
      coalesce(array_agg(f.subject_id ORDER BY f.subject_id) FILTER (WHERE f.open), '{}') AS open, bool_or(f.partly) AS partly,
      coalesce(array_agg(DISTINCT f.state) FILTER (WHERE f.open), '{}') AS states,
      array_agg(DISTINCT coalesce(s.source, 'operating_systems')) AS sources,
      count(DISTINCT m.software_id)::integer AS software_count, min(f.opened_at) AS opened_at
    FROM (
      SELECT f.*, ${OPEN_SOMEWHERE} AS open, EXISTS (
        SELECT FROM suppressions x WHERE x.subject_id = f.subject_id AND x.vulnerability_id = f.vulnerability_id
          AND (x.host_id IS NOT NULL OR x.label_id IS NOT NULL)
      ) AS partly
      FROM findings f WHERE f.vulnerability_id = ANY (${[...ids]}::integer[])
    ) f JOIN match_subjects m ON m.id = f.subject_id LEFT JOIN software s ON s.id = m.software_id
    GROUP BY f.vulnerability_id`.execute(db);
  return rows;
}

/** So many hosts have just these subjects of a group. */
interface Pattern {
  group: number;
  subjects: number[];
  hosts: number;
}

/**
 * Counts the distinct hosts of sets of subjects, all sets in one statement. Each host that holds any of the subjects is read once, however
 * many sets they are in: hosts are told apart by what they hold of subjects that belong together, and most of a fleet hold the same. Hosts that
 * were deleted and whose links wait to be cleared away do not count.
 */
export async function hostsOfSubjectSets(
  db: Database,
  sets: readonly (readonly number[])[],
  labelId?: number,
): Promise<number[]> {
  const groups = groupsOfMembers(sets);
  const patterns = Map.groupBy(await patternsOf(db, groups, labelId), ({ group }) => group);
  return sets.map((set) => {
    const members = new Set(set);
    const own = patterns.get(groups.get(set[0] ?? 0) ?? 0) ?? [];
    return own.reduce((sum, { subjects, hosts }) => sum + (subjects.some((id) => members.has(id)) ? hosts : 0), 0);
  });
}

/**
 * What hosts hold of groups of subjects. Where a software has a single subject every host that holds it has that, read off the index
 * alone; facts and operating systems of hosts are read only where it has several.
 */
async function patternsOf(db: Database, groups: ReadonlyMap<number, number>, labelId?: number): Promise<Pattern[]> {
  if (groups.size === 0) return [];
  const { rows } = await sql<Pattern>`
    WITH m AS MATERIALIZED (
      SELECT g.set, m.id, m.software_id, m.facts_id, m.os_scope_id, m.operating_system_id, NOT EXISTS (
          SELECT FROM match_subjects o WHERE o.software_id = m.software_id AND o.id <> m.id
        ) AS whole
      FROM unnest(${[...groups.values()]}::integer[], ${[...groups.keys()]}::integer[]) g (set, subject)
        JOIN match_subjects m ON m.id = g.subject
    ), held AS (
      SELECT set, host_id, array_agg(id ORDER BY id) AS subjects FROM (${heldSubjects(sql`SELECT * FROM m`)}) held
      WHERE host_id NOT IN (SELECT d.host_id FROM host_deletions d) ${inLabel(labelId)} GROUP BY set, host_id
    )
    SELECT set AS "group", subjects, count(*)::integer AS hosts FROM held GROUP BY set, subjects`.execute(db);
  return rows;
}

/** Hosts with a finding of the vulnerability that nothing suppresses there: where something does so on some hosts only. */
export async function hostsUnsuppressed(db: Database, vulnerabilityId: number, labelId?: number): Promise<number> {
  const { rows } = await sql<{ hosts: number }>`
    SELECT count(DISTINCT held.host_id)::integer AS hosts
    FROM (${heldSubjects(sql`
      SELECT f.subject_id AS set, m.id, m.software_id, m.facts_id, m.os_scope_id, m.operating_system_id, false AS whole
      FROM findings f JOIN match_subjects m ON m.id = f.subject_id WHERE f.vulnerability_id = ${vulnerabilityId}`)}) held
      JOIN findings f ON f.subject_id = held.set AND f.vulnerability_id = ${vulnerabilityId}
    WHERE host_id NOT IN (SELECT d.host_id FROM host_deletions d) ${inLabel(labelId)}
      AND ${openOn(sql`held.host_id`)}`.execute(db);
  return rows[0]?.hosts ?? 0;
}

function inLabel(labelId: number | undefined): RawBuilder<unknown> {
  return labelId === undefined
    ? sql``
    : sql`AND host_id IN (SELECT lm.host_id FROM label_membership lm WHERE lm.label_id = ${labelId})`;
}

/** What was counted of one vulnerability. */
export interface ExposureCounts {
  vulnerability_id: number;
  hosts_count: number;
  suppressed_hosts_count: number;
  software_count: number;
  states: string[];
  sources: string[];
  suppressed: boolean;
  opened_at: Date;
}

/**
 * Writes counted exposures and takes away those of `ids` that no host has any more; these are noted as closed. One that comes back begins
 * anew: it is seen since then.
 */
export async function exposuresWriteInTx(tx: Database, ids: readonly number[], counts: readonly ExposureCounts[]): Promise<void> {
  await sql`
    WITH gone AS (
      DELETE FROM vulnerability_exposures WHERE vulnerability_id = ANY (${[...ids]}::integer[])
        AND vulnerability_id <> ALL (${counts.map((c) => c.vulnerability_id)}::integer[])
      RETURNING vulnerability_id, severity, kev, first_seen
    )
    INSERT INTO closed_exposures (vulnerability_id, severity, kev, first_seen) SELECT * FROM gone`.execute(tx);
  await sql`
    INSERT INTO vulnerability_exposures AS e (vulnerability_id, cve, severity, first_seen, hosts_count, software_count, states, sources,
      suppressed_hosts_count, suppressed, counted_at)
    SELECT g.vulnerability_id, v.cve, v.severity, greatest(g.opened_at, (
        SELECT max(c.closed_at) FROM closed_exposures c WHERE c.vulnerability_id = g.vulnerability_id
      )), g.hosts_count, g.software_count, g.states, g.sources, g.suppressed_hosts_count, g.suppressed, now()
    FROM json_to_recordset(${JSON.stringify(counts)}::json) g (vulnerability_id integer, hosts_count integer, suppressed_hosts_count integer,
      software_count integer, states text[], sources text[], suppressed boolean, opened_at timestamptz)
      JOIN vulnerabilities v ON v.id = g.vulnerability_id
    ORDER BY 1
    ON CONFLICT (vulnerability_id) DO UPDATE SET hosts_count = EXCLUDED.hosts_count, software_count = EXCLUDED.software_count,
      states = EXCLUDED.states, sources = EXCLUDED.sources, suppressed_hosts_count = EXCLUDED.suppressed_hosts_count,
      suppressed = EXCLUDED.suppressed, counted_at = EXCLUDED.counted_at`.execute(tx);
}

/** An exposure with what its priority is made of. */
export interface ExposureFacts {
  vulnerability_id: number;
  severity: Severity;
  cvss_score: number | null;
  epss: number | null;
  kev: boolean;
  /** The day it became known to be exploited. */
  exploited_since: string | null;
  ransomware: boolean;
  exploit: boolean;
  malware: boolean;
  states: string[];
  hosts_count: number;
  first_seen: Date;
}

export async function exposureFacts(db: Database, ids: readonly number[]): Promise<ExposureFacts[]> {
  const { rows } = await sql<ExposureFacts>`
    SELECT e.vulnerability_id, v.severity, v.cvss_score, v.epss, v.kev IS NOT NULL AS kev, v.kev ->> 'date_added' AS exploited_since,
      coalesce((v.kev ->> 'ransomware')::boolean, false) AS ransomware, v.exploit, v.malware, e.states, e.hosts_count, e.first_seen
    FROM vulnerability_exposures e JOIN vulnerabilities v ON v.id = e.vulnerability_id
    WHERE e.vulnerability_id = ANY (${[...ids]}::integer[])`.execute(db);
  return rows;
}

export async function fleetSize(db: Database): Promise<number> {
  const { rows } = await sql<{ n: number }>`SELECT count(*)::integer AS n FROM hosts`.execute(db);
  return rows[0]?.n ?? 0;
}

/** Writes what lists show of the vulnerabilities themselves beside the counts. */
export async function exposureJudgementsWriteInTx(
  tx: Database,
  judged: readonly { vulnerability_id: number; priority: number; due_at: string | null }[],
): Promise<void> {
  await sql`
    UPDATE vulnerability_exposures e SET severity = v.severity, cvss_score = v.cvss_score, epss = v.epss, kev = v.kev IS NOT NULL,
      ransomware = coalesce((v.kev ->> 'ransomware')::boolean, false), exploit = v.exploit, published = v.published,
      priority = g.priority, due_at = g.due_at
    FROM json_to_recordset(${JSON.stringify(judged)}::json) g (vulnerability_id integer, priority real, due_at timestamptz)
      JOIN vulnerabilities v ON v.id = g.vulnerability_id
    WHERE e.vulnerability_id = g.vulnerability_id`.execute(tx);
}
