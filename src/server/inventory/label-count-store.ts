import { sql } from "kysely";
import type { Database } from "../database/tables.ts";
import { labelCountsApplied } from "./count-store.ts";

/** How far the counting of a label's software is. */
export interface LabelCountState {
  name: string;
  counted_at: Date | null;
  /** Members whose software is not counted; never more than one above the limit that was asked with. */
  uncounted: number;
  /** All software of the label is being counted, or is going to be. */
  run: { members: number; counted: number; started_at: Date } | null;
}

/** Undefined: there is no such label. */
export async function labelCountState(db: Database, labelId: number, limit: number): Promise<LabelCountState | undefined> {
  const { rows } = await sql<Omit<LabelCountState, "run"> & { members: number | null; counted: number; started_at: Date }>`
    SELECT l.name, l.counted_at, r.members, r.counted, r.started_at,
      (SELECT count(*) FROM (
        SELECT FROM label_membership m WHERE m.label_id = l.id AND NOT m.counted LIMIT ${limit + 1}
      ) u) AS uncounted
    FROM labels l LEFT JOIN label_count_runs r ON r.label_id = l.id WHERE l.id = ${labelId}`.execute(db);
  const [row] = rows;
  if (row === undefined) return undefined;
  const { name, counted_at, uncounted, members, counted, started_at } = row;
  return { name, counted_at, uncounted, run: members === null ? null : { members, counted, started_at } };
}

/** The next members of a label whose software it does not count yet, by id. */
export async function labelMembersUncounted(db: Database, labelId: number, limit: number): Promise<number[]> {
  const rows = await db
    .selectFrom("label_membership")
    .where("label_id", "=", labelId)
    .where("counted", "=", false)
    .select("host_id")
    .orderBy("host_id")
    .limit(limit)
    .execute();
  return rows.map((row) => row.host_id);
}

/**
 * Counts the software of these members within a label and marks them as counted; those that left or were counted meanwhile are left
 * out, and all of them while the label is being counted as a whole. The caller holds the hosts' locks, so no link and no membership of
 * theirs moves, and the turn to write counts. Returns how many were counted.
 */
export async function labelMembersCountInTx(tx: Database, labelId: number, hostIds: number[]): Promise<number> {
  const { rows } = await sql<{ counted: number }>`
    WITH joined AS (
      UPDATE label_membership SET counted = true
      WHERE label_id = ${labelId} AND host_id = ANY (${hostIds}::bigint[]) AND NOT counted
        AND NOT EXISTS (SELECT FROM label_count_runs WHERE label_id = ${labelId})
      RETURNING host_id
    ), held AS MATERIALIZED (
      SELECT hs.host_id, hs.software_id, s.title_id
      FROM host_software hs JOIN software s ON s.id = hs.software_id
      WHERE hs.host_id = ANY (${hostIds}::bigint[]) AND hs.host_id IN (SELECT host_id FROM joined)
    ), label_changes AS (
      SELECT ${labelId}::bigint AS label_id, software_id AS id, count(*)::integer AS delta FROM held GROUP BY software_id
    ), label_changes_of_titles AS (
      SELECT ${labelId}::bigint AS label_id, title_id AS id, count(*)::integer AS delta
      FROM (SELECT DISTINCT host_id, title_id FROM held) t GROUP BY title_id
    ), ${labelCountsApplied}
    SELECT count(*) AS counted FROM joined`.execute(tx);
  return rows[0]?.counted ?? 0;
}

export async function labelCountedAtSet(db: Database, labelId: number): Promise<void> {
  await sql`UPDATE labels SET counted_at = now() WHERE id = ${labelId} AND counted_at IS NULL`.execute(db);
}

/** When it is worth counting a label as a whole, rather than adding members to its counts. */
export interface WholeRule {
  /** More members than this are uncounted, */
  members: number;
  /** and more than this share of all. */
  share: number;
}

/** Asks for a label to be counted as a whole if that is worth it. Returns whether it is asked for, now or before. */
export async function labelRunAsk(db: Database, labelId: number, { members, share }: WholeRule): Promise<boolean> {
  const { rows } = await sql`
    WITH asked AS (
      INSERT INTO label_count_runs (label_id, members)
      SELECT ${labelId}, m.members
      FROM (SELECT count(*) AS members, count(*) FILTER (WHERE NOT counted) AS uncounted
        FROM label_membership WHERE label_id = ${labelId}) m
      WHERE m.uncounted > ${members} AND m.uncounted > ${share}::float8 * m.members
      ON CONFLICT DO NOTHING RETURNING 1
    ) SELECT FROM asked UNION ALL SELECT FROM label_count_runs WHERE label_id = ${labelId}`.execute(db);
  return rows.length > 0;
}

/** Labels that somebody asked for and that are not counted to the end: runs first, those that were asked for longest ago first. */
export async function labelsToCount(db: Database): Promise<number[]> {
  const { rows } = await sql<{ id: number }>`
    SELECT l.id FROM labels l LEFT JOIN label_count_runs r ON r.label_id = l.id
    WHERE r.label_id IS NOT NULL OR (l.counted_at IS NOT NULL
      AND EXISTS (SELECT FROM label_membership m WHERE m.label_id = l.id AND NOT m.counted))
    ORDER BY r.started_at NULLS LAST, l.id`.execute(db);
  return rows.map((row) => row.id);
}
