import { sql, type SqlBool } from "kysely";
import { containsPattern } from "../database/like-pattern.ts";
import type { Database } from "../database/tables.ts";
import { applyKeyset, type Page } from "../http/paging.ts";

export interface SoftwareFilter {
  query?: string;
  sources?: string[];
}

export type TitleOrderKey = "name" | "hosts_count" | "versions_count" | "source";

/** Versions shown with a title in a list; the title's own page has them all. */
const VERSIONS_PER_TITLE_MAX = 100;
/** Versions on a title's own page. */
const VERSIONS_OF_TITLE_MAX = 1000;

function titles(db: Database, filter: SoftwareFilter) {
  let query = db.selectFrom("software_title_counts as c").innerJoin("software_titles as t", "t.id", "c.title_id");
  if (filter.query !== undefined && filter.query !== "")
    query = query.where(sql<SqlBool>`lower(t.name) LIKE ${containsPattern(filter.query.toLowerCase())}`);
  if (filter.sources !== undefined) query = query.where("c.source", "in", filter.sources);
  return query;
}

/** One page of the titles that some host holds, each with its most common versions; read one row beyond the page. */
export async function titleList(db: Database, filter: SoftwareFilter, page: Page<TitleOrderKey>) {
  const column = page.orderKey === "name" ? sql`lower(t.name)` : sql.ref(`c.${page.orderKey}`);
  // the id of the table that is ordered by, so that one index serves order and cursor
  const id = page.orderKey === "name" ? sql.ref("t.id") : sql.ref("c.title_id");
  const query = titles(db, filter).selectAll("t").select(["c.hosts_count", "c.versions_count"]);
  return applyKeyset(query, column, id, page, { nullable: false }).execute();
}

export async function titleCount(db: Database, filter: SoftwareFilter): Promise<number> {
  const { query = "", sources } = filter;
  // as for software: only a search needs the titles themselves
  const counted = query === "" ? countsOfSources(db, sources) : titles(db, filter);
  const row = await counted.select((eb) => eb.fn.countAll<number>().as("count")).executeTakeFirstOrThrow();
  return row.count;
}

function countsOfSources(db: Database, sources: string[] | undefined) {
  const counts = db.selectFrom("software_title_counts as c");
  return sources === undefined ? counts : counts.where("c.source", "in", sources);
}

export interface TitleVersion {
  title_id: number;
  id: number;
  version: string;
}

/** The versions that some host holds of each of these titles, most common first. */
export async function titleVersions(db: Database, titleIds: number[]): Promise<TitleVersion[]> {
  if (titleIds.length === 0) return [];
  const { rows } = await sql<TitleVersion>`
    SELECT t.id AS title_id, v.id, v.version
    FROM unnest(${titleIds}::bigint[]) AS t(id)
    CROSS JOIN LATERAL (
      SELECT s.id, s.version FROM software s JOIN software_counts c ON c.software_id = s.id WHERE s.title_id = t.id
      ORDER BY c.hosts_count DESC, s.id DESC LIMIT ${sql.lit(VERSIONS_PER_TITLE_MAX)}
    ) v`.execute(db);
  return rows;
}

export async function titleById(db: Database, id: number) {
  return db
    .selectFrom("software_titles as t")
    .leftJoin("software_title_counts as c", "c.title_id", "t.id")
    .selectAll("t")
    .select((eb) => [
      eb.fn.coalesce("c.hosts_count", eb.lit(0)).as("hosts_count"),
      eb.fn.coalesce("c.versions_count", eb.lit(0)).as("versions_count"),
    ])
    .where("t.id", "=", id)
    .executeTakeFirst();
}

export async function versionsOfTitle(db: Database, titleId: number) {
  return db
    .selectFrom("software as s")
    .innerJoin("software_counts as c", "c.software_id", "s.id")
    .selectAll("s")
    .select("c.hosts_count")
    .where("s.title_id", "=", titleId)
    .orderBy("c.hosts_count", "desc")
    .orderBy("s.id", "desc")
    .limit(VERSIONS_OF_TITLE_MAX)
    .execute();
}
