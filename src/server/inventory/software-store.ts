import { sql, type SqlBool } from "kysely";
import { containsPattern } from "../database/like-pattern.ts";
import type { Database } from "../database/tables.ts";
import { applyKeyset, type Page } from "../http/paging.ts";
import type { SoftwareFilter } from "./title-store.ts";

export type SoftwareOrderKey = "name" | "hosts_count" | "version" | "source";

function software(db: Database, filter: SoftwareFilter) {
  let query = db.selectFrom("software_counts as c").innerJoin("software as s", "s.id", "c.software_id");
  if (filter.query !== undefined && filter.query !== "") {
    query = query.where(sql<SqlBool>`lower(s.name || ' ' || s.version) LIKE ${containsPattern(filter.query.toLowerCase())}`);
  }
  if (filter.sources !== undefined) query = query.where("c.source", "in", filter.sources);
  return query;
}

/** One page of the software that some host holds; read one row beyond the page. */
export async function softwareList(db: Database, filter: SoftwareFilter, page: Page<SoftwareOrderKey>) {
  const counted = page.orderKey === "hosts_count" || page.orderKey === "source";
  const column = page.orderKey === "name" ? sql`lower(s.name)` : sql.ref(`${counted ? "c" : "s"}.${page.orderKey}`);
  // the id of the table that is ordered by, so that one index serves order and cursor
  const id = counted ? sql.ref("c.software_id") : sql.ref("s.id");
  return applyKeyset(software(db, filter).selectAll("s").select("c.hosts_count"), column, id, page, {
    nullable: false,
  }).execute();
}

export async function softwareCount(db: Database, filter: SoftwareFilter): Promise<number> {
  const { query = "", sources } = filter;
  // without a search the catalogue itself is not needed, and the join would be most of the list's cost
  const counted = query === "" ? countsOfSources(db, sources) : software(db, filter);
  const row = await counted.select((eb) => eb.fn.countAll<number>().as("count")).executeTakeFirstOrThrow();
  return row.count;
}

function countsOfSources(db: Database, sources: string[] | undefined) {
  const counts = db.selectFrom("software_counts as c");
  return sources === undefined ? counts : counts.where("c.source", "in", sources);
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
