import { sql, type SqlBool } from "kysely";
import type { Database } from "../database/tables.ts";
import { applyKeyset, type Page } from "../http/paging.ts";
import { likePattern } from "./search.ts";

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
  let query = db.selectFrom("software_titles as t").where("t.hosts_count", ">", 0);
  if (filter.query !== undefined && filter.query !== "")
    query = query.where(sql<SqlBool>`lower(t.name) LIKE ${likePattern(filter.query)}`);
  if (filter.sources !== undefined) query = query.where("t.source", "in", filter.sources);
  return query;
}

/** One page of the titles that some host holds, each with its most common versions; read one row beyond the page. */
export async function titleList(db: Database, filter: SoftwareFilter, page: Page<TitleOrderKey>) {
  const column = page.orderKey === "name" ? sql`lower(t.name)` : sql.ref(`t.${page.orderKey}`);
  return applyKeyset(titles(db, filter).selectAll("t"), column, sql.ref("t.id"), page, { nullable: false }).execute();
}

export async function titleCount(db: Database, filter: SoftwareFilter): Promise<number> {
  const row = await titles(db, filter)
    .select((eb) => eb.fn.countAll<number>().as("count"))
    .executeTakeFirstOrThrow();
  return row.count;
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
      SELECT s.id, s.version FROM software s WHERE s.title_id = t.id AND s.hosts_count > 0
      ORDER BY s.hosts_count DESC, s.id DESC LIMIT ${sql.lit(VERSIONS_PER_TITLE_MAX)}
    ) v`.execute(db);
  return rows;
}

export async function titleById(db: Database, id: number) {
  return db.selectFrom("software_titles").selectAll().where("id", "=", id).executeTakeFirst();
}

export async function versionsOfTitle(db: Database, titleId: number) {
  return db
    .selectFrom("software")
    .selectAll()
    .where("title_id", "=", titleId)
    .where("hosts_count", ">", 0)
    .orderBy("hosts_count", "desc")
    .orderBy("id", "desc")
    .limit(VERSIONS_OF_TITLE_MAX)
    .execute();
}
