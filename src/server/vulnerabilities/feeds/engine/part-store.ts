import { sql } from "kysely";
import type { Selectable } from "kysely";
import type { OsScope } from "#domain/vulnerability/model.ts";
import type { Database } from "#server/database/tables.ts";
import type { FeedPartsTable } from "#server/database/vulnerability-tables.ts";
import type { FleetNeeds } from "../feed.ts";
import type { LeftOutEntry } from "./left-out.ts";

export type FeedPart = Selectable<FeedPartsTable>;
export type PartOrigin = "publisher" | "directory" | "import";

/** A time further ahead than this was noted while the clock was wrong. */
const AHEAD_MS = 3_600_000;

/** Was a part last looked at while the clock was ahead? What was noted then (when to ask again, up to when all changes are here) counts for nothing. */
export function isFromFuture(
  { attempted_at, succeeded_at }: Pick<FeedPart, "attempted_at" | "succeeded_at">,
  now: Date,
): boolean {
  return Math.max(attempted_at?.getTime() ?? 0, succeeded_at?.getTime() ?? 0) > now.getTime() + AHEAD_MS;
}

/** What the engine remembers of a part between loads; its column is `cursor`. */
export interface PartMemory {
  /** The feed's own cursor. */
  feed?: unknown;
  /** Validators of what was fetched last, by address. */
  urls?: Record<string, UrlMemory>;
  /** Fingerprint of the directory's files that were loaded last. */
  files?: string;
  /** {@link PARSERS_REVISION} of the program that loaded it. */
  parsers?: number;
}

/**
 * Advances with every change of what parsers make of the same data. A part that an older program loaded is loaded anew once, although its
 * publisher has nothing new.
 */
export const PARSERS_REVISION = 3;

export interface UrlMemory {
  etag: string | null;
  last_modified: string | null;
  sha256: string;
}

/** What is being done, for people; its column is `progress`. */
export interface PartProgress {
  phase: string;
  bytes: number;
  bytes_total: number | null;
  records: number;
  changed: number;
}

export async function partList(db: Database): Promise<FeedPart[]> {
  return await db.selectFrom("feed_parts").selectAll().orderBy("feed").orderBy("part").execute();
}

export async function partGet(db: Database, id: number): Promise<FeedPart | undefined> {
  return await db.selectFrom("feed_parts").selectAll().where("id", "=", id).executeTakeFirst();
}

/** Makes the parts that are needed, and marks those that are no longer. Writes nothing when all is so already. */
export async function partsWant(db: Database, wanted: { feed: string; part: string }[], now: Date): Promise<void> {
  await sql`
    WITH wanted AS (SELECT DISTINCT feed, part FROM json_to_recordset(${JSON.stringify(wanted)}::json) AS w(feed text, part text)),
    unwanted AS (
      UPDATE feed_parts p SET wanted = false, unwanted_at = ${now}
      WHERE p.wanted AND NOT EXISTS (SELECT FROM wanted w WHERE (w.feed, w.part) = (p.feed, p.part)))
    INSERT INTO feed_parts AS p (feed, part)
    SELECT w.feed, w.part FROM wanted w LEFT JOIN feed_parts o USING (feed, part) WHERE o.wanted IS NOT TRUE
    ON CONFLICT (feed, part) DO UPDATE SET wanted = true, unwanted_at = NULL, next_attempt_at = NULL`.execute(db);
}

/** Makes a part that is brought by hand, needed or not. */
export async function partEnsure(db: Database, feed: string, part: string, now: Date): Promise<FeedPart> {
  await sql`
    INSERT INTO feed_parts (feed, part, wanted, unwanted_at) VALUES (${feed}, ${part}, false, ${now}) ON CONFLICT DO NOTHING`.execute(
    db,
  );
  return await db
    .selectFrom("feed_parts")
    .selectAll()
    .where("feed", "=", feed)
    .where("part", "=", part)
    .executeTakeFirstOrThrow();
}

/**
 * Notes that a load begins. The failure that it would be is counted at once, so that a load that kills its process is not tried again
 * and again without a pause.
 */
export async function partBegin(db: Database, id: number, now: Date, retryAt: Date): Promise<void> {
  await sql`
    UPDATE feed_parts SET state = 'loading', attempted_at = ${now}, failures = failures + 1, next_attempt_at = ${retryAt},
      error = 'The load was interrupted.', progress = NULL
    WHERE id = ${id}`.execute(db);
}

/** Takes back what {@link partBegin} noted: the load was stopped on purpose, or somebody else does it. */
export async function partRelease(db: Database, before: FeedPart): Promise<void> {
  const { state, failures, next_attempt_at, error } = before;
  await db
    .updateTable("feed_parts")
    .set({ state, failures, next_attempt_at, error, progress: null })
    .where("id", "=", before.id)
    .execute();
}

export async function partProgress(db: Database, id: number, progress: PartProgress): Promise<void> {
  await db
    .updateTable("feed_parts")
    .set({ progress: JSON.stringify(progress) })
    .where("id", "=", id)
    .execute();
}

export async function partFail(db: Database, id: number, error: string, retryAt: Date): Promise<void> {
  await sql`
    UPDATE feed_parts SET state = 'failed', error = ${error}, next_attempt_at = ${retryAt}, progress = NULL, accept_shrink = false
    WHERE id = ${id}`.execute(db);
}

export interface PartSuccess {
  now: Date;
  nextAt: Date | null;
  origin: PartOrigin;
  memory: PartMemory;
  /** Null: nothing new, what is known stays. */
  loaded: {
    records: number;
    changed: boolean;
    bytes: number;
    dataAsOf: string | null;
    bad: number;
    badRecord: string | null;
    leftOut: LeftOutEntry[];
  } | null;
}

/** The column values after a good load; `generation` advances only when records changed. */
export async function partSucceed(db: Database, id: number, success: PartSuccess): Promise<void> {
  const { now, nextAt, origin, memory, loaded } = success;
  const [first] = Object.values(memory.urls ?? {});
  await sql`
    UPDATE feed_parts SET state = 'ok', error = NULL, failures = 0, succeeded_at = ${now}, next_attempt_at = ${nextAt}, progress = NULL,
      origin = ${origin}, cursor = ${JSON.stringify(memory)}::json, etag = ${first?.etag ?? null},
      last_modified = ${first?.last_modified ?? null}, content_sha256 = ${first?.sha256 ?? null}, accept_shrink = false
    WHERE id = ${id}`.execute(db);
  if (loaded === null) return;
  const { records, changed, bytes, dataAsOf, bad, badRecord, leftOut } = loaded;
  await sql`
    UPDATE feed_parts SET records_count = ${records}, bytes = ${bytes}, data_as_of = coalesce(${dataAsOf}::timestamptz, data_as_of),
      bad_records_count = ${bad}, bad_record = ${badRecord}, left_out = ${JSON.stringify(leftOut)}::json, generation = generation + ${changed ? 1 : 0},
      changed_at = CASE WHEN ${changed} THEN ${now} ELSE changed_at END
    WHERE id = ${id}`.execute(db);
}

/** What decides which parts a fleet needs. Each list is found by jumping through an index, not by reading the fleet. */
export async function fleetNeeds(db: Database, now: Date): Promise<FleetNeeds> {
  const scopes = await sql<OsScope>`
    SELECT name, family FROM os_scopes s WHERE id > 0 AND EXISTS (SELECT FROM operating_systems o WHERE o.os_scope_id = s.id)`.execute(
    db,
  );
  const ecosystems = await sql<{ value: string }>`
    WITH RECURSIVE jump AS (
      (SELECT ecosystem AS value FROM subject_keys ORDER BY ecosystem LIMIT 1)
      UNION ALL
      SELECT (SELECT k.ecosystem FROM subject_keys k WHERE k.ecosystem > jump.value ORDER BY k.ecosystem LIMIT 1)
      FROM jump WHERE jump.value IS NOT NULL)
    SELECT value FROM jump WHERE value IS NOT NULL`.execute(db);
  const sources = await sql<{ value: string }>`
    WITH RECURSIVE jump AS (
      (SELECT source AS value FROM software ORDER BY source LIMIT 1)
      UNION ALL
      SELECT (SELECT s.source FROM software s WHERE s.source > jump.value ORDER BY s.source LIMIT 1)
      FROM jump WHERE jump.value IS NOT NULL)
    SELECT value FROM jump WHERE value IS NOT NULL`.execute(db);
  return {
    scopes: scopes.rows,
    ecosystems: new Set(ecosystems.rows.map((row) => row.value)),
    sources: new Set(sources.rows.map((row) => row.value)),
    today: now.toISOString().slice(0, 10),
  };
}

/** Makes wanted parts of a feed due now. Returns their names. */
export async function partsRequest(
  db: Database,
  { feed, part, acceptShrink }: { feed: string; part: string | null; acceptShrink: boolean },
): Promise<string[]> {
  const { rows } = await sql<{ part: string }>`
    UPDATE feed_parts SET next_attempt_at = NULL, accept_shrink = accept_shrink OR ${acceptShrink},
      -- files of a directory count as changed
      cursor = CASE WHEN origin = 'publisher' THEN cursor END
    WHERE feed = ${feed} AND wanted AND (${part}::text IS NULL OR part = ${part}) RETURNING part`.execute(db);
  return rows.map((row) => row.part).toSorted();
}
