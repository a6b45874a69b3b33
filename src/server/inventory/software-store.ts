import { sql, type SqlBool } from "kysely";
import type { Database } from "../database/tables.ts";
import { applyKeyset, type Page } from "../http/paging.ts";
import { likePattern } from "./search.ts";
import type { SoftwareFilter } from "./title-store.ts";

export type SoftwareOrderKey = "name" | "hosts_count" | "version" | "source";

function software(db: Database, filter: SoftwareFilter) {
  let query = db.selectFrom("software as s").where("s.hosts_count", ">", 0);
  if (filter.query !== undefined && filter.query !== "") {
    query = query.where(sql<SqlBool>`lower(s.name || ' ' || s.version) LIKE ${likePattern(filter.query)}`);
  }
  if (filter.sources !== undefined) query = query.where("s.source", "in", filter.sources);
  return query;
}

/** One page of the software that some host holds; read one row beyond the page. */
export async function softwareList(db: Database, filter: SoftwareFilter, page: Page<SoftwareOrderKey>) {
  const column = page.orderKey === "name" ? sql`lower(s.name)` : sql.ref(`s.${page.orderKey}`);
  return applyKeyset(software(db, filter).selectAll("s"), column, sql.ref("s.id"), page, { nullable: false }).execute();
}

export async function softwareCount(db: Database, filter: SoftwareFilter): Promise<number> {
  const row = await software(db, filter)
    .select((eb) => eb.fn.countAll<number>().as("count"))
    .executeTakeFirstOrThrow();
  return row.count;
}

export async function softwareById(db: Database, id: number) {
  return db.selectFrom("software").selectAll().where("id", "=", id).executeTakeFirst();
}
