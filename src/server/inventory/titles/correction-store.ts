import { sql } from "kysely";
import { IDENTITY_FIELDS, type SoftwareIdentity } from "#domain/software/software.ts";
import type { SplitConditions } from "#domain/software/title-placement.ts";
import type { Database, TitleCorrectionsTable } from "../../database/tables.ts";
import { applyKeyset, type Page } from "../../http/paging.ts";
import type { Selectable } from "kysely";

export interface CorrectableTitle {
  id: number;
  name: string;
  source: string;
  extension_for: string;
  derived_name: string | null;
  merged_into: number | null;
  hosts_count: number;
  versions_count: number;
}

/** Links of deleted hosts are cleared away later and counted no more. */
const OF_A_HOST = sql`NOT EXISTS (SELECT 1 FROM host_deletions d WHERE d.host_id = hs.host_id)`;

/** These titles with their counts; those that do not exist are absent. */
export async function titlesToCorrect(db: Database, ids: number[]): Promise<CorrectableTitle[]> {
  return db
    .selectFrom("software_titles as t")
    .leftJoin("software_title_counts as c", "c.title_id", "t.id")
    .select(["t.id", "t.name", "t.source", "t.extension_for", "t.derived_name", "t.merged_into"])
    .select((eb) => [
      eb.fn.coalesce("c.hosts_count", eb.lit(0)).as("hosts_count"),
      eb.fn.coalesce("c.versions_count", eb.lit(0)).as("versions_count"),
    ])
    .where("t.id", "in", ids)
    .orderBy("t.id")
    .execute();
}

export type TitledSoftware = SoftwareIdentity & { id: number; title_id: number };

/** All software of these titles, held or not. */
export async function softwareOfTitles(db: Database, titleIds: number[]): Promise<TitledSoftware[]> {
  return db
    .selectFrom("software")
    .select(["id", "title_id", ...IDENTITY_FIELDS])
    .where("title_id", "in", titleIds)
    .orderBy("id")
    .execute();
}

/** How many hosts hold any of this software. */
export async function hostsHoldingCount(db: Database, softwareIds: number[]): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    SELECT count(DISTINCT hs.host_id)::integer AS count FROM host_software hs
    WHERE hs.software_id = ANY (${softwareIds}::bigint[]) AND ${OF_A_HOST}`.execute(db);
  return rows[0]?.count ?? 0;
}

export async function softwareCounts(db: Database, softwareIds: number[], limit: number) {
  const { rows } = await sql<{ id: number; name: string; version: string; vendor: string; hosts_count: number }>`
    SELECT s.id, s.name, s.version, s.vendor, coalesce(c.hosts_count, 0) AS hosts_count
    FROM software s LEFT JOIN software_counts c ON c.software_id = s.id
    WHERE s.id = ANY (${softwareIds}::bigint[])
    ORDER BY hosts_count DESC, s.id LIMIT ${limit}`.execute(db);
  return rows;
}

/** Counts of titles as they would be if exactly this software belonged to them. */
export async function hypotheticalCounts(
  db: Database,
  placed: { software_id: number; title_id: number }[],
): Promise<Map<number, { hosts_count: number; versions_count: number }>> {
  const { rows } = await sql<{ title_id: number; hosts_count: number; versions_count: number }>`
    SELECT p.title_id, count(DISTINCT hs.host_id)::integer AS hosts_count, count(DISTINCT hs.software_id)::integer AS versions_count
    FROM json_to_recordset(${JSON.stringify(placed)}::json) AS p(software_id bigint, title_id bigint)
    JOIN host_software hs ON hs.software_id = p.software_id WHERE ${OF_A_HOST} GROUP BY p.title_id`.execute(db);
  return new Map(rows.map(({ title_id, ...counts }) => [title_id, counts]));
}

/** Moves software and its history to other titles. Holds only under the exclusive catalogue lock; counts are made anew afterwards. */
export async function softwareMoveInTx(tx: Database, moves: { software_id: number; title_id: number }[]): Promise<void> {
  const records = JSON.stringify(moves);
  await sql`
    UPDATE software s SET title_id = m.title_id
    FROM json_to_recordset(${records}::json) AS m(software_id bigint, title_id bigint) WHERE s.id = m.software_id`.execute(tx);
  await sql`
    UPDATE host_software_history h SET title_id = m.title_id
    FROM json_to_recordset(${records}::json) AS m(software_id bigint, title_id bigint)
    WHERE h.software_id = m.software_id AND h.title_id <> m.title_id`.execute(tx);
}

/** Makes the fleet's counts of these titles anew from the rows; the caller holds the catalogue and the turn to write counts. */
export async function titleCountsRecountInTx(tx: Database, titleIds: number[]): Promise<void> {
  await sql`DELETE FROM software_title_counts WHERE title_id = ANY (${titleIds}::bigint[])`.execute(tx);
  await sql`
    INSERT INTO software_title_counts (title_id, source, hosts_count, versions_count)
    SELECT s.title_id, t.source, count(DISTINCT hs.host_id), count(DISTINCT hs.software_id)
    FROM software s JOIN software_titles t ON t.id = s.title_id JOIN host_software hs ON hs.software_id = s.id
    WHERE s.title_id = ANY (${titleIds}::bigint[]) AND ${OF_A_HOST}
    GROUP BY s.title_id, t.source`.execute(tx);
}

export async function titlesMergeInTx(tx: Database, titleIds: number[], into: number): Promise<void> {
  await tx.updateTable("software_titles").set({ merged_into: into }).where("id", "in", titleIds).execute();
}

export async function titlesUnmergeInTx(tx: Database, titleIds: number[]): Promise<void> {
  await tx.updateTable("software_titles").set({ merged_into: null }).where("id", "in", titleIds).execute();
}

/** Calls a title what an administrator says, and keeps what the rules said. */
export async function titleNameGiveInTx(tx: Database, titleId: number, name: string): Promise<void> {
  await sql`
    UPDATE software_titles SET name = ${name}, derived_name = coalesce(derived_name, name) WHERE id = ${titleId}`.execute(tx);
}

export async function titleNameRestoreInTx(tx: Database, titleId: number, names: { name: string; derived_name: string | null }) {
  await tx.updateTable("software_titles").set(names).where("id", "=", titleId).execute();
}

/** A title of its own for what a split takes out; its key is the split's, so no software derives it. */
export async function splitTitleInsertInTx(
  tx: Database,
  title: { name: string; source: string; extension_for: string; checksum: Buffer },
): Promise<number> {
  const row = await tx
    .insertInto("software_titles")
    .values({ ...title, derived_name: title.name })
    .returning("id")
    .executeTakeFirstOrThrow();
  return row.id;
}

export async function splitInsertInTx(
  tx: Database,
  split: SplitConditions & { correction_id: number; title_id: number; target_id: number },
): Promise<void> {
  await tx.insertInto("title_splits").values(split).execute();
}

export async function splitDeleteInTx(tx: Database, correctionId: number): Promise<void> {
  await tx.deleteFrom("title_splits").where("correction_id", "=", correctionId).execute();
}

export type CorrectionRow = Selectable<TitleCorrectionsTable>;
export type CorrectionValues = Pick<CorrectionRow, "type" | "title_ids" | "hosts_count" | "actor_id" | "actor_full_name"> & {
  details: string;
  undo: string;
};

export async function correctionInsertInTx(tx: Database, values: CorrectionValues): Promise<CorrectionRow> {
  return tx.insertInto("title_corrections").values(values).returningAll().executeTakeFirstOrThrow();
}

export async function correctionUpdateInTx(
  tx: Database,
  id: number,
  values: Partial<Pick<CorrectionValues, "details" | "undo" | "title_ids" | "hosts_count">>,
): Promise<CorrectionRow> {
  return tx.updateTable("title_corrections").set(values).where("id", "=", id).returningAll().executeTakeFirstOrThrow();
}

export async function correctionLockInTx(tx: Database, id: number): Promise<CorrectionRow | undefined> {
  return tx.selectFrom("title_corrections").selectAll().where("id", "=", id).forUpdate().executeTakeFirst();
}

export async function correctionUndoneInTx(tx: Database, id: number, by: string): Promise<CorrectionRow> {
  return tx
    .updateTable("title_corrections")
    .set({ undone_at: sql`now()`, undone_by: by })
    .where("id", "=", id)
    .returningAll()
    .executeTakeFirstOrThrow();
}

/** By correction: the newest later one that stands and touches the same titles. */
export async function correctionsBlocking(db: Database, ids: number[]): Promise<Map<number, number>> {
  const { rows } = await sql<{ id: number; blocked_by: number }>`
    SELECT c.id, max(l.id) AS blocked_by FROM title_corrections c
    JOIN title_corrections l ON l.id > c.id AND l.undone_at IS NULL AND l.title_ids && c.title_ids
    WHERE c.id = ANY (${ids}::bigint[]) AND c.undone_at IS NULL GROUP BY c.id`.execute(db);
  return new Map(rows.map((row) => [row.id, row.blocked_by]));
}

function ofTitle(db: Database, titleId: number | undefined) {
  const query = db.selectFrom("title_corrections as c");
  return titleId === undefined ? query : query.where(sql<boolean>`${titleId}::bigint = ANY (c.title_ids)`);
}

/** One page; read one row beyond it. */
export async function correctionList(db: Database, titleId: number | undefined, page: Page<"id">) {
  return applyKeyset(ofTitle(db, titleId).selectAll("c"), sql.ref("c.id"), sql.ref("c.id"), page, { nullable: false }).execute();
}

export async function correctionCount(db: Database, titleId: number | undefined): Promise<number> {
  const row = await ofTitle(db, titleId)
    .select((eb) => eb.fn.countAll<number>().as("count"))
    .executeTakeFirstOrThrow();
  return row.count;
}

/** Deletes a title that nothing belongs to. */
export async function titleDeleteEmptyInTx(tx: Database, titleId: number): Promise<void> {
  await sql`
    DELETE FROM software_titles t WHERE t.id = ${titleId} AND NOT EXISTS (SELECT 1 FROM software s WHERE s.title_id = t.id)`.execute(
    tx,
  );
}

/** The title that a merged one is part of now, through all merges; the title itself when it was not merged. */
export async function titleMergedInto(db: Database, titleId: number): Promise<number> {
  const { rows } = await sql<{ id: number }>`
    WITH RECURSIVE at (id, depth) AS (
      SELECT ${titleId}::bigint, 0
      UNION ALL
      SELECT t.merged_into, depth + 1 FROM at JOIN software_titles t ON t.id = at.id WHERE t.merged_into IS NOT NULL AND depth < 100
    )
    SELECT id FROM at ORDER BY depth DESC LIMIT 1`.execute(db);
  return rows[0]?.id ?? titleId;
}
