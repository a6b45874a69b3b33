import { sql } from "kysely";
import { openOn, subjectsOfHosts } from "../../database/finding-sql.ts";
import type { Database } from "../../database/tables.ts";
import { labelCountedInTx, type LabelCount } from "./label-count-store.ts";

/** A label as counting its exposure sees it. */
export interface LabelExposureState extends LabelCount {
  members: number;
}

/** Undefined: there is no such label. Members are counted up to `limit`. */
export async function labelExposureState(db: Database, labelId: number, limit: number): Promise<LabelExposureState | undefined> {
  const { rows } = await sql<LabelExposureState>`
    SELECT (SELECT count(*) FROM (SELECT FROM label_membership m WHERE m.label_id = l.id LIMIT ${limit}) x)::integer AS members,
      c.counted_at, coalesce(c.took_ms, 0) AS took_ms
    FROM labels l LEFT JOIN label_exposure_counts c ON c.label_id = l.id WHERE l.id = ${labelId}`.execute(db);
  return rows[0];
}

export interface LabelExposure {
  vulnerability_id: number;
  hosts_count: number;
  suppressed_hosts_count: number;
}

/** Counts host by host what a label's hosts have: exact, at the cost of all that they hold. For labels of few hosts. */
export async function exposuresOfMembers(db: Database, labelId: number): Promise<LabelExposure[]> {
  const members = sql`h.id IN (SELECT lm.host_id FROM label_membership lm WHERE lm.label_id = ${labelId})
    AND h.id NOT IN (SELECT d.host_id FROM host_deletions d)`;
  const { rows } = await sql<LabelExposure>`
    SELECT x.vulnerability_id, (count(*) FILTER (WHERE x.open))::integer AS hosts_count,
      (count(*) FILTER (WHERE NOT x.open))::integer AS suppressed_hosts_count
    FROM (
      SELECT f.vulnerability_id, hv.host_id, bool_or(${openOn(sql`hv.host_id`)}) AS open
      FROM ${subjectsOfHosts(members)} hv JOIN findings f ON f.subject_id = hv.subject_id
      GROUP BY f.vulnerability_id, hv.host_id
    ) x GROUP BY x.vulnerability_id`.execute(db);
  return rows;
}

/** Vulnerabilities in what a label's hosts hold (the label's software must be counted) or run. */
export async function vulnerabilitiesWithin(db: Database, labelId: number): Promise<number[]> {
  const { rows } = await sql<{ id: number }>`
    SELECT DISTINCT f.vulnerability_id AS id
    FROM match_subjects m JOIN findings f ON f.subject_id = m.id
    WHERE m.software_id IN (SELECT c.software_id FROM label_software_counts c WHERE c.label_id = ${labelId})
      OR m.operating_system_id IN (
        SELECT h.operating_system_id FROM hosts h JOIN label_membership lm ON lm.host_id = h.id WHERE lm.label_id = ${labelId})
    ORDER BY 1`.execute(db);
  return rows.map(({ id }) => id);
}

/** Replaces what is known of a label's exposure. One at a time: whoever is second waits, and writes over it. */
export async function labelExposuresReplaceInTx(
  tx: Database,
  labelId: number,
  counts: readonly LabelExposure[],
  counted: { at: Date; took_ms: number },
): Promise<void> {
  await labelCountedInTx(tx, "label_exposure_counts", labelId, counted);
  await sql`
    DELETE FROM label_exposures WHERE label_id = ${labelId}
      AND vulnerability_id <> ALL (${counts.map((c) => c.vulnerability_id)}::integer[])`.execute(tx);
  await sql`
    INSERT INTO label_exposures AS e (label_id, vulnerability_id, hosts_count, suppressed_hosts_count)
    SELECT ${labelId}, g.v, g.h, g.s
    FROM unnest(${counts.map((c) => c.vulnerability_id)}::integer[], ${counts.map((c) => c.hosts_count)}::integer[],
      ${counts.map((c) => c.suppressed_hosts_count)}::integer[]) g (v, h, s)
    ON CONFLICT (label_id, vulnerability_id) DO UPDATE SET hosts_count = EXCLUDED.hosts_count,
      suppressed_hosts_count = EXCLUDED.suppressed_hosts_count
    WHERE (e.hosts_count, e.suppressed_hosts_count) IS DISTINCT FROM (EXCLUDED.hosts_count, EXCLUDED.suppressed_hosts_count)`.execute(
    tx,
  );
}
