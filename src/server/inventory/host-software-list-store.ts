import { sql, type SqlBool } from "kysely";
import type { SignatureInformation } from "#domain/software/software.ts";
import { containsPattern } from "../database/like-pattern.ts";
import type { Database } from "../database/tables.ts";
import { applyKeyset, type Page } from "../http/paging.ts";

export interface HostSoftwareFilter {
  query?: string;
  source?: string;
}

function linksOfHost(db: Database, hostId: number, filter: HostSoftwareFilter) {
  let query = db
    .selectFrom("host_software as hs")
    .innerJoin("software as s", "s.id", "hs.software_id")
    .where("hs.host_id", "=", hostId);
  if (filter.query !== undefined && filter.query !== "") {
    const title = sql`(SELECT t.name FROM software_titles t WHERE t.id = s.title_id)`;
    query = query.where(
      sql<SqlBool>`lower(${title} || ' ' || s.name || ' ' || s.version) LIKE ${containsPattern(filter.query.toLowerCase())}`,
    );
  }
  if (filter.source !== undefined) query = query.where("s.source", "=", filter.source);
  return query;
}

/** One page of the titles that a host holds; read one row beyond the page. */
export async function hostTitleList(db: Database, hostId: number, filter: HostSoftwareFilter, page: Page<"name" | "source">) {
  const held = linksOfHost(db, hostId, filter).select("s.title_id").distinct().as("held");
  const titles = db
    .selectFrom(held)
    .innerJoin("software_titles as t", "t.id", "held.title_id")
    .select(["t.id", "t.name", "t.source", "t.extension_for", "t.upgrade_code"]);
  const column = page.orderKey === "name" ? sql`lower(t.name)` : sql.ref("t.source");
  return applyKeyset(titles, column, sql.ref("t.id"), page, { nullable: false }).execute();
}

export async function hostTitleCount(
  db: Database,
  hostId: number,
  filter: HostSoftwareFilter,
): Promise<{ count: number; versions_count: number }> {
  return linksOfHost(db, hostId, filter)
    .select((eb) => [eb.fn.count<number>("s.title_id").distinct().as("count"), eb.fn.countAll<number>().as("versions_count")])
    .executeTakeFirstOrThrow();
}

/** What a host's list shows of software. Everything, for each of thousands of rows, would cost more than the query itself. */
const LINK_COLUMNS = [
  "s.id",
  "s.title_id",
  "s.name",
  "s.version",
  "s.source",
  "s.bundle_identifier",
  "s.release",
  "s.vendor",
  "s.arch",
  "s.extension_id",
  "s.extension_for",
  "s.application_id",
  "s.upgrade_code",
] as const;

/** The software that a host holds of these titles, or all of it. A host's software is bounded by the limits of a report. */
export async function hostLinks(db: Database, hostId: number, titleIds?: number[]) {
  let query = db
    .selectFrom("host_software as hs")
    .innerJoin("software as s", "s.id", "hs.software_id")
    .select(LINK_COLUMNS)
    .select(["hs.last_opened_at", "hs.installed_paths", "hs.created_at as installed_at"])
    .select((eb) => eb.ref("hs.signature_information").$castTo<SignatureInformation[] | null>().as("signature_information"))
    .where("hs.host_id", "=", hostId);
  if (titleIds !== undefined) query = query.where("s.title_id", "in", titleIds.length === 0 ? [0] : titleIds);
  return query
    .orderBy(sql`lower(s.name)`)
    .orderBy("s.version")
    .orderBy("s.id")
    .execute();
}

export async function hostSourceList(db: Database, hostId: number) {
  return db
    .selectFrom("host_software_sources")
    .select(["source", "rows_count", "updated_at", "error"])
    .where("host_id", "=", hostId)
    .orderBy("source")
    .execute();
}

export async function hostExists(db: Database, hostId: number): Promise<boolean> {
  return (await db.selectFrom("hosts").select("id").where("id", "=", hostId).executeTakeFirst()) !== undefined;
}
