import { sql } from "kysely";
import type { Database } from "#server/database/tables.ts";

export interface Rescan {
  id: number;
  requested_at: Date;
  finished_at: Date | null;
  after_ecosystem: string | null;
  after_package: string | null;
  after_subject_id: number | null;
  subjects_matched: number;
}

/** Asks for a rescan; one that has not begun yet serves this request, too. Returns its id. */
export async function rescanRequest(db: Database): Promise<number> {
  const { rows } = await sql<{ id: number }>`
    WITH waiting AS (SELECT id FROM match_rescans WHERE finished_at IS NULL AND after_subject_id IS NULL ORDER BY id LIMIT 1),
    made AS (INSERT INTO match_rescans DEFAULT VALUES RETURNING id)
    SELECT id FROM waiting UNION ALL SELECT id FROM made LIMIT 1`.execute(db);
  const id = rows[0]?.id;
  if (id === undefined) throw new Error("a rescan was neither waiting nor made");
  return id;
}

/** Notes by which rules is matched from now on. Returns whether they are others than before. */
export async function matchingRulesNoteInTx(tx: Database, rules: number): Promise<boolean> {
  const { rows } = await sql`
    UPDATE catalogue_state SET matching_rules = ${rules} WHERE matching_rules <> ${rules} RETURNING matching_rules`.execute(tx);
  return rows.length > 0;
}

/** The rescan that is under way or comes next. */
export async function rescanNext(db: Database): Promise<Rescan | null> {
  const row = await db
    .selectFrom("match_rescans")
    .where("finished_at", "is", null)
    .orderBy("id")
    .limit(1)
    .selectAll()
    .executeTakeFirst();
  return row ?? null;
}

export async function rescanById(db: Database, id: number): Promise<Rescan | null> {
  return (await db.selectFrom("match_rescans").where("id", "=", id).selectAll().executeTakeFirst()) ?? null;
}

/** A subject at the first of its keys. */
export interface ScanPlace {
  ecosystem: string;
  package: string;
  subject_id: number;
}

/**
 * The next subjects of a rescan in the order of keys, each at the first of its own: neighbours are looked up by the same keys, so that each is
 * read once. Read off the index.
 */
export async function rescanBatch(db: Database, after: Rescan, limit: number): Promise<ScanPlace[]> {
  const from =
    after.after_ecosystem === null
      ? sql`true`
      : sql`(k.ecosystem, k.package, k.subject_id) > (${after.after_ecosystem}, ${after.after_package}, ${after.after_subject_id})`;
  const { rows } = await sql<ScanPlace>`
    SELECT k.ecosystem, k.package, k.subject_id FROM subject_keys k
    WHERE ${from} AND NOT EXISTS (
      SELECT FROM subject_keys e WHERE e.subject_id = k.subject_id AND (e.ecosystem, e.package) < (k.ecosystem, k.package)
    )
    ORDER BY k.ecosystem, k.package, k.subject_id LIMIT ${limit}`.execute(db);
  return rows;
}

export async function rescanAdvanceInTx(tx: Database, id: number, last: ScanPlace, matched: number): Promise<void> {
  await sql`
    UPDATE match_rescans SET after_ecosystem = ${last.ecosystem}, after_package = ${last.package}, after_subject_id = ${last.subject_id},
      subjects_matched = subjects_matched + ${matched}
    WHERE id = ${id}`.execute(tx);
}

/** Ends a rescan; finished ones older than a month are forgotten. */
export async function rescanFinish(db: Database, id: number): Promise<void> {
  await sql`UPDATE match_rescans SET finished_at = now() WHERE id = ${id}`.execute(db);
  await sql`DELETE FROM match_rescans WHERE finished_at < now() - interval '30 days'`.execute(db);
}

/** How many subjects a rescan goes through: those that feeds may speak of. */
export async function subjectsToRescan(db: Database): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    SELECT count(*)::integer AS n FROM match_subjects m WHERE EXISTS (SELECT FROM subject_keys k WHERE k.subject_id = m.id)`.execute(
    db,
  );
  return rows[0]?.n ?? 0;
}
