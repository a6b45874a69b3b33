import { sql } from "kysely";
import type { Selectable } from "kysely";
import type { Database } from "#server/database/tables.ts";
import type { FeedImportsTable } from "#server/database/vulnerability-tables.ts";

export type FeedImport = Selectable<FeedImportsTable>;

/** What one part of an import came to. */
export interface ImportedPart {
  feed: string;
  part: string;
  records: number;
  error: string | null;
}

const LISTED_MAX = 20;
/** Imports that are remembered. */
const KEPT = 100;
/** An upload that gets no piece for so long is given up, and so is one that takes longer than a day. */
const UPLOAD_IDLE_MS = 3_600_000;
const UPLOAD_AGE_MS = 86_400_000;

export async function importInsert(
  db: Database,
  file: { file_name: string; bytes: number; sha256: string },
  now: Date,
): Promise<number> {
  const { id } = await db
    .insertInto("feed_imports")
    .values({ ...file, created_at: now, touched_at: now })
    .returning("id")
    .executeTakeFirstOrThrow();
  return id;
}

export async function importGet(db: Database, id: number): Promise<FeedImport | undefined> {
  return await db.selectFrom("feed_imports").selectAll().where("id", "=", id).executeTakeFirst();
}

/** The latest, newest first. */
export async function importList(db: Database): Promise<FeedImport[]> {
  return await db.selectFrom("feed_imports").selectAll().orderBy("id", "desc").limit(LISTED_MAX).execute();
}

/** Stores a piece; the same piece again replaces itself. */
export async function importChunkPut(
  db: Database,
  { import_id, number, content }: { import_id: number; number: number; content: Buffer },
  now: Date,
): Promise<void> {
  await db.updateTable("feed_imports").set({ touched_at: now }).where("id", "=", import_id).execute();
  await db
    .insertInto("feed_import_chunks")
    .values({ import_id, number, content })
    .onConflict((conflict) => conflict.columns(["import_id", "number"]).doUpdateSet({ content }))
    .execute();
}

/** How much of an import has come, and whether without a gap. */
export async function importReceived(db: Database, id: number): Promise<{ bytes: number; chunks: number; last: number }> {
  const { rows } = await sql<{ bytes: number; chunks: number; last: number }>`
    SELECT coalesce(sum(length(content)), 0)::bigint AS bytes, count(*)::int AS chunks, coalesce(max(number), -1)::int AS last
    FROM feed_import_chunks WHERE import_id = ${id}`.execute(db);
  return rows[0] ?? { bytes: 0, chunks: 0, last: -1 };
}

export async function importChunk(db: Database, id: number, number: number): Promise<Buffer | null> {
  const row = await db
    .selectFrom("feed_import_chunks")
    .select("content")
    .where("import_id", "=", id)
    .where("number", "=", number)
    .executeTakeFirst();
  return row?.content ?? null;
}

export async function importWait(db: Database, id: number): Promise<void> {
  await db.updateTable("feed_imports").set({ state: "waiting" }).where("id", "=", id).execute();
}

/** Takes the import that has waited longest. One whose process died is taken again. Null: none waits. */
export async function importTake(db: Database, staleBefore: Date): Promise<FeedImport | null> {
  const { rows } = await sql<FeedImport>`
    UPDATE feed_imports SET state = 'loading', progress = json_build_object('at', now())
    WHERE id = (
      SELECT id FROM feed_imports
      WHERE state = 'waiting' OR (state = 'loading' AND (progress ->> 'at')::timestamptz < ${staleBefore})
      ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING *`.execute(db);
  return rows[0] ?? null;
}

export async function importProgress(db: Database, id: number, phase: string): Promise<void> {
  await sql`
    UPDATE feed_imports SET progress = json_build_object('at', now(), 'phase', ${phase}::text) WHERE id = ${id}`.execute(db);
}

/** Notes how an import ended; its pieces are no longer needed. */
export async function importFinish(db: Database, id: number, parts: ImportedPart[], error: string | null): Promise<void> {
  await sql`
    WITH chunks AS (DELETE FROM feed_import_chunks WHERE import_id = ${id})
    UPDATE feed_imports SET state = ${error === null ? "done" : "failed"}, error = ${error}, progress = NULL,
      parts = ${JSON.stringify(parts)}::json, finished_at = now()
    WHERE id = ${id}`.execute(db);
}

/** True when an import waits to be loaded. */
export async function importWaits(db: Database, staleBefore: Date): Promise<boolean> {
  const { rows } = await sql`
    SELECT FROM feed_imports
    WHERE state = 'waiting' OR (state = 'loading' AND (progress ->> 'at')::timestamptz < ${staleBefore}) LIMIT 1`.execute(db);
  return rows.length > 0;
}

/** Removes uploads that got no piece for {@link UPLOAD_IDLE_MS} or have begun {@link UPLOAD_AGE_MS} ago, and the oldest of what is done. */
export async function importsSweep(db: Database, now: Date): Promise<void> {
  const idle = new Date(now.getTime() - UPLOAD_IDLE_MS);
  const old = new Date(now.getTime() - UPLOAD_AGE_MS);
  await sql`
    DELETE FROM feed_imports
    WHERE (state = 'uploading' AND (touched_at < ${idle} OR created_at < ${old}))
      OR (state IN ('done', 'failed') AND created_at < ${old}
        AND id NOT IN (SELECT id FROM feed_imports ORDER BY id DESC LIMIT ${KEPT}))`.execute(db);
}

/** Uploads that are not finished: how many, and the bytes that they are to have. */
export async function importsUnfinished(db: Database): Promise<{ uploads: number; bytes: number }> {
  const { rows } = await sql<{ uploads: number; bytes: number }>`
    SELECT count(*)::int AS uploads, coalesce(sum(bytes), 0)::bigint AS bytes FROM feed_imports
    WHERE state IN ('uploading', 'waiting', 'loading')`.execute(db);
  return rows[0] ?? { uploads: 0, bytes: 0 };
}
