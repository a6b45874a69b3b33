import { sql } from "kysely";
import type { RawBuilder, SelectQueryBuilder, SqlBool } from "kysely";
import type { VERSION_ORDER_KEYS } from "#protocol/rest/software.ts";
import { asksVulnerable, vulnerableSoftware } from "../database/finding-sql.ts";
import type { Database, Tables } from "../database/tables.ts";
import { applyKeyset, type Page } from "../http/paging.ts";
import { titlesFiltered } from "./title-store.ts";
import {
  filtersFirstSeen,
  namedFirst,
  searchWords,
  sharedConditions,
  softwareFound,
  type SoftwareFilter,
} from "./catalogue-filter-store.ts";

export type SoftwareOrderKey = (typeof VERSION_ORDER_KEYS)[number];

export interface CountedSoftware {
  id: number;
  source: string;
  hosts_count: number;
  title_id: number;
  /** Name and version in lower case, the others as lists order them (`namedFirst`). */
  name: string;
  version: string;
  vendor: string;
  arch: string;
  created_at: Date;
  /** Only where the order looks at it: what orders below everything where there is no vulnerability. */
  exposure: unknown;
}

const CATALOGUE_KEYS: readonly (SoftwareOrderKey | null)[] = ["name", "version", "arch", "vendor", "created_at"];

/** Orders by the worst vulnerability of each software. */
const EXPOSURE_ORDER: Partial<Record<SoftwareOrderKey, RawBuilder<unknown>>> = {
  cve_published: sql`coalesce(xe.cve_published_max, '-infinity')`,
  cvss_score: sql`coalesce(xe.cvss_score_max, -1)`,
  epss_probability: sql`coalesce(xe.epss_max, -1)`,
  cisa_known_exploit: sql`coalesce(xe.exploited, false)`,
  vulnerabilities_count: sql`coalesce(xe.vulnerabilities_count, 0)`,
};

/** The software of a filter as a relation `x`. The catalogue's own rows are joined only where the filter or the order looks at them. */
export function softwareFiltered(
  db: Database,
  filter: SoftwareFilter,
  order: SoftwareOrderKey | null,
): SelectQueryBuilder<Tables & { x: CountedSoftware }, "x", Record<never, never>> {
  const words = searchWords(filter.query);
  const { vendor, titleId, arch } = filter;
  const joined =
    [vendor, titleId, arch].some((value) => value !== undefined) || filtersFirstSeen(filter) || CATALOGUE_KEYS.includes(order);
  const rows = joined ? joinedSoftware(filter, order) : countedSoftware(filter);
  let query = db.selectFrom(sql<CountedSoftware>`${withExposure(rows, order)}`.as("x"));
  for (const condition of sharedConditions(filter)) query = query.where(condition);
  if (vendor !== undefined) query = query.where(sql<SqlBool>`x.vendor = lower(${vendor})`);
  if (arch !== undefined) query = query.where(sql<SqlBool>`x.arch = lower(${arch})`);
  if (titleId !== undefined) query = query.where(sql<SqlBool>`x.title_id = ${titleId}`);
  if (words.length > 0) query = query.where(sql<SqlBool>`x.id IN ${softwareFound(words)}`);
  if (asksVulnerable(filter)) query = query.where(sql<SqlBool>`x.id IN ${vulnerableSoftware(filter)}`);
  return query;
}

function withExposure(rows: RawBuilder<unknown>, order: SoftwareOrderKey | null): RawBuilder<unknown> {
  const exposure = order === null ? undefined : EXPOSURE_ORDER[order];
  return exposure === undefined
    ? rows
    : sql`(SELECT r.*, ${exposure} AS exposure FROM ${rows} r LEFT JOIN software_exposures xe ON xe.software_id = r.id)`;
}

function countedSoftware({ labelId }: SoftwareFilter): RawBuilder<unknown> {
  return labelId === undefined
    ? sql`(SELECT c.software_id AS id, c.source, c.hosts_count FROM software_counts c)`
    : sql`(SELECT c.software_id AS id, c.source, c.hosts_count FROM label_software_counts c WHERE c.label_id = ${labelId})`;
}

function joinedSoftware(filter: SoftwareFilter, order: SoftwareOrderKey | null): RawBuilder<unknown> {
  // of the table that has the order's index: a page after a cursor begins in the middle of it
  const id = CATALOGUE_KEYS.includes(order) ? sql`s.id` : sql`c.id`;
  return sql`(
    SELECT ${id} AS id, c.source, c.hosts_count, s.title_id, lower(s.name) AS name, lower(s.version) COLLATE "C" AS version,
      ${namedFirst(sql`s.vendor`)} AS vendor, ${namedFirst(sql`s.arch`)} AS arch, s.created_at
    FROM ${countedSoftware(filter)} c JOIN software s ON s.id = c.id)`;
}

/** One page of the software that some host holds: first ids in order, then the rows of those alone; read one row beyond the page. */
export async function softwareList(db: Database, filter: SoftwareFilter, page: Page<SoftwareOrderKey>) {
  return await softwareRows(db, await softwarePageQuery(db, filter, page).execute());
}

/** The query of one page: ids and counts in order. */
export function softwarePageQuery(db: Database, filter: SoftwareFilter, page: Page<SoftwareOrderKey>) {
  const ids = softwareFiltered(db, filter, page.orderKey).select(["x.id", "x.hosts_count"]);
  const column = EXPOSURE_ORDER[page.orderKey] === undefined ? sql.ref(`x.${page.orderKey}`) : sql.ref("x.exposure");
  return applyKeyset(ids, column, sql.ref("x.id"), page, { nullable: false });
}

/** Software by id with all that a list shows of it; what was swept meanwhile is left out. */
export async function softwareRows<R extends { id: number }>(db: Database, found: readonly R[]) {
  const rows = await softwareByIds(
    db,
    found.map((row) => row.id),
  );
  return found.flatMap((row) => {
    const software = rows.get(row.id);
    return software === undefined ? [] : [{ ...software, ...row }];
  });
}

/** A title's versions have its source: their number is a sum over titles, of which there are ten times fewer. */
async function heldVersions(db: Database, filter: SoftwareFilter): Promise<number> {
  const row = await titlesFiltered(db, filter, null)
    .select(sql<number>`coalesce(sum(x.versions_count), 0)::bigint`.as("count"))
    .executeTakeFirstOrThrow();
  return row.count;
}

async function softwareByIds(db: Database, ids: number[]) {
  const rows = await db
    .selectFrom("software as s")
    .selectAll("s")
    .where("s.id", "=", sql<number>`ANY (${ids}::bigint[])`)
    .execute();
  return new Map(rows.map((row) => [row.id, row]));
}

/** The number of rows that {@link softwareList} lists over all pages. */
export async function softwareCount(db: Database, filter: SoftwareFilter): Promise<number> {
  const { sources: _sources, labelId: _label, ...others } = filter;
  if (Object.keys(others).length === 0) return await heldVersions(db, filter);
  const row = await softwareFiltered(db, filter, null)
    .select(sql<number>`count(*)`.as("count"))
    .executeTakeFirstOrThrow();
  return row.count;
}

export async function softwareById(db: Database, id: number) {
  return db
    .selectFrom("software as s")
    .leftJoin("software_counts as c", "c.software_id", "s.id")
    .selectAll("s")
    .select((eb) => eb.fn.coalesce("c.hosts_count", eb.lit(0)).as("hosts_count"))
    .where("s.id", "=", id)
    .executeTakeFirst();
}
