import { sql } from "kysely";
import type { RawBuilder, SelectQueryBuilder, SqlBool } from "kysely";
import type { TITLE_ORDER_KEYS } from "#protocol/rest/software.ts";
import { asksVulnerable, vulnerableSoftware } from "../database/finding-sql.ts";
import type { Database, Tables } from "../database/tables.ts";
import { applyKeyset, type Page } from "../http/paging.ts";
import {
  containsWords,
  filtersFirstSeen,
  namedFirst,
  searchWords,
  sharedConditions,
  type SoftwareFilter,
} from "./catalogue-filter-store.ts";

export type TitleOrderKey = (typeof TITLE_ORDER_KEYS)[number];

/** Versions shown with a title in a list; the title's own page has them all. */
const VERSIONS_PER_TITLE_MAX = 100;
/** Versions on a title's own page. */
const VERSIONS_OF_TITLE_MAX = 1000;

export interface CountedTitle {
  id: number;
  source: string;
  hosts_count: number;
  versions_count: number;
  /** In lower case. */
  name: string;
  /** As lists order them (`namedFirst`). */
  vendor: string;
  identifier: string;
  created_at: Date;
}

const CATALOGUE_KEYS: readonly (TitleOrderKey | null)[] = ["name", "vendor", "identifier", "created_at"];

/** The titles of a filter as a relation `x`. The catalogue's own rows are joined only where the filter or the order looks at them. */
export function titlesFiltered(
  db: Database,
  filter: SoftwareFilter,
  order: TitleOrderKey | null,
): SelectQueryBuilder<Tables & { x: CountedTitle }, "x", Record<never, never>> {
  const words = searchWords(filter.query);
  const { vendor, identifier, versionsMin, versionsMax } = filter;
  const joined = words.length > 0 || filtersFirstSeen(filter) || identifier !== undefined || CATALOGUE_KEYS.includes(order);
  const relation = joined ? joinedTitles(filter, words, order) : countedTitles(filter);
  let query = db.selectFrom(sql<CountedTitle>`${relation}`.as("x"));
  for (const condition of sharedConditions(filter)) query = query.where(condition);
  if (vendor !== undefined) query = query.where(hasVendor(vendor));
  if (identifier !== undefined) query = query.where(sql<SqlBool>`x.identifier = lower(${identifier})`);
  if (asksVulnerable(filter)) query = query.where(hasVulnerableVersion(filter));
  if (versionsMin !== undefined) query = query.where("x.versions_count", ">=", versionsMin);
  if (versionsMax !== undefined) query = query.where("x.versions_count", "<=", versionsMax);
  return query;
}

function countedTitles({ labelId }: SoftwareFilter): RawBuilder<unknown> {
  return labelId === undefined
    ? sql`(SELECT c.title_id AS id, c.source, c.hosts_count, c.versions_count FROM software_title_counts c)`
    : sql`(SELECT c.title_id AS id, c.source, c.hosts_count, c.versions_count FROM label_title_counts c WHERE c.label_id = ${labelId})`;
}

function joinedTitles(filter: SoftwareFilter, words: readonly string[], order: TitleOrderKey | null): RawBuilder<unknown> {
  // of the table that has the order's index: a page after a cursor begins in the middle of it
  const id = CATALOGUE_KEYS.includes(order) ? sql`t.id` : sql`c.id`;
  // planned by itself (OFFSET 0): whatever the list is ordered by, a search costs what it finds
  const titles =
    words.length === 0
      ? sql`software_titles`
      : sql`(SELECT * FROM software_titles st WHERE ${containsWords(sql`lower(st.name)`, words)} OFFSET 0)`;
  return sql`(
    SELECT ${id} AS id, c.source, c.hosts_count, c.versions_count, lower(t.name) AS name, t.created_at,
      ${namedFirst(sql`t.vendor`)} AS vendor,
      ${namedFirst(sql`t.bundle_identifier || t.upgrade_code || t.application_id`)} AS identifier
    FROM ${countedTitles(filter)} c JOIN ${titles} t ON t.id = c.id)`;
}

/** A version that some host (of the label) holds has the vulnerability. */
function hasVulnerableVersion(filter: SoftwareFilter): RawBuilder<SqlBool> {
  const { labelId } = filter;
  const counted =
    labelId === undefined
      ? sql`software_counts sc ON sc.software_id = s.id`
      : sql`label_software_counts sc ON sc.label_id = ${labelId} AND sc.software_id = s.id`;
  return sql<SqlBool>`x.id IN (SELECT s.title_id FROM software s JOIN ${counted} WHERE s.id IN ${vulnerableSoftware(filter)} OFFSET 0)`;
}

function hasVendor(vendor: string): RawBuilder<SqlBool> {
  return sql<SqlBool>`x.id IN (
    SELECT s.title_id FROM software s JOIN software_counts sc ON sc.software_id = s.id WHERE ${namedFirst(sql`s.vendor`)} = lower(${vendor}) OFFSET 0)`;
}

/**
 * One page of the titles that some host holds: first their ids in order, then the rows of those alone; read one row beyond the page.
 */
export async function titleList(db: Database, filter: SoftwareFilter, page: Page<TitleOrderKey>) {
  return await titleRows(db, await titlePageQuery(db, filter, page).execute());
}

/** The query of one page: ids and counts in order. */
export function titlePageQuery(db: Database, filter: SoftwareFilter, page: Page<TitleOrderKey>) {
  const ids = titlesFiltered(db, filter, page.orderKey).select(["x.id", "x.hosts_count", "x.versions_count"]);
  return applyKeyset(ids, sql.ref(`x.${page.orderKey}`), sql.ref("x.id"), page, { nullable: false });
}

/** Titles by id with all that a list shows of them; one that was swept meanwhile is left out. */
export async function titleRows<R extends { id: number }>(db: Database, found: readonly R[]) {
  const rows = await titlesById(
    db,
    found.map((row) => row.id),
  );
  return found.flatMap((row) => {
    const title = rows.get(row.id);
    return title === undefined ? [] : [{ ...title, ...row }];
  });
}

async function titlesById(db: Database, ids: number[]) {
  const rows = await db
    .selectFrom("software_titles as t")
    .select(["t.id", "t.name", "t.source", "t.extension_for", "t.bundle_identifier", "t.application_id", "t.upgrade_code"])
    .select(["t.vendor", "t.created_at"])
    .where("t.id", "=", sql<number>`ANY (${ids}::bigint[])`)
    .execute();
  return new Map(rows.map((row) => [row.id, row]));
}

export async function titleCount(db: Database, filter: SoftwareFilter): Promise<number> {
  const row = await titlesFiltered(db, filter, null)
    .select(sql<number>`count(*)`.as("count"))
    .executeTakeFirstOrThrow();
  return row.count;
}

export interface TitleVersion {
  title_id: number;
  id: number;
  version: string;
}

/** The versions that some host holds of each of these titles, most common first. */
export async function titleVersions(db: Database, titleIds: number[], labelId?: number): Promise<TitleVersion[]> {
  if (titleIds.length === 0) return [];
  const counts =
    labelId === undefined
      ? sql`software_counts c ON c.software_id = s.id`
      : sql`label_software_counts c ON c.label_id = ${labelId} AND c.software_id = s.id`;
  const { rows } = await sql<TitleVersion>`
    SELECT t.id AS title_id, v.id, v.version
    FROM unnest(${titleIds}::bigint[]) AS t(id)
    CROSS JOIN LATERAL (
      SELECT s.id, s.version FROM software s JOIN ${counts} WHERE s.title_id = t.id
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
