import { sql, type RawBuilder, type Selectable, type SqlBool } from "kysely";
import type { SignatureInformation } from "#domain/software/software.ts";
import type { HOST_SOFTWARE_ORDER_KEYS } from "#protocol/rest/host-software.ts";
import { asksVulnerable, VULNERABILITIES_ON_HOST, vulnerableOnHost, type VulnerableFilter } from "../database/finding-sql.ts";
import type { Readable } from "../database/read-rows.ts";
import type { Database, HostSoftwareTable } from "../database/tables.ts";
import { applyKeyset, type Page } from "../http/paging.ts";
import { containsWords, searchWords } from "./catalogue-filter-store.ts";
import { pastLinks } from "./history/history-store.ts";
import { notOpenedOnHost } from "./history/opening-store.ts";

/** Which of a host's software a list or export is about; what is absent does not restrict. Conditions combine with *and*. */
export interface HostSoftwareFilter extends VulnerableFilter {
  /** Words that must all occur in the title's name, the software's name or its version. */
  query?: string;
  sources?: string[];
  vendor?: string;
  /** Without regard to case. */
  arch?: string;
  installedSince?: Date;
  installedUntil?: Date;
  lastOpenedSince?: Date;
  lastOpenedUntil?: Date;
  /** Titles that this host has and did not open since then. */
  notOpenedSince?: Date;
  /** What the host held at this moment, not now. */
  asOf?: Date;
}

export type HostSoftwareOrderKey = (typeof HOST_SOFTWARE_ORDER_KEYS)[number];

/** What each key orders titles by, over all that the host holds of them: as the list shows it. */
const ORDER: Record<HostSoftwareOrderKey, { sql: RawBuilder<unknown>; nullable: boolean }> = {
  name: { sql: sql`lower(t.name)`, nullable: false },
  source: { sql: sql`t.source`, nullable: false },
  version: { sql: sql`held.version`, nullable: false },
  vendor: { sql: sql`held.vendor`, nullable: false },
  arch: { sql: sql`held.arch`, nullable: false },
  installed_at: { sql: sql`held.installed_at`, nullable: false },
  last_opened_at: { sql: sql`held.last_opened_at`, nullable: true },
  vulnerabilities_count: { sql: sql`held.vulnerabilities_count`, nullable: false },
};

/** Conditions of a filter over `host_software as hs` and `software as s`. */
export function hostSoftwareConditions(filter: HostSoftwareFilter): RawBuilder<SqlBool>[] {
  const words = searchWords(filter.query);
  const title = sql`(SELECT t.name FROM software_titles t WHERE t.id = s.title_id)`;
  const { sources, vendor, arch, installedSince, installedUntil, lastOpenedSince, lastOpenedUntil } = filter;
  return [
    ...(words.length === 0 ? [] : [containsWords(sql`lower(${title} || ' ' || s.name || ' ' || s.version)`, words)]),
    ...(sources === undefined ? [] : [sql<SqlBool>`s.source = ANY (${sources}::text[])`]),
    ...(vendor === undefined ? [] : [sql<SqlBool>`lower(s.vendor) = lower(${vendor})`]),
    ...(arch === undefined ? [] : [sql<SqlBool>`lower(s.arch) = lower(${arch})`]),
    ...(installedSince === undefined ? [] : [sql<SqlBool>`hs.created_at >= ${installedSince}`]),
    ...(installedUntil === undefined ? [] : [sql<SqlBool>`hs.created_at <= ${installedUntil}`]),
    ...(lastOpenedSince === undefined ? [] : [sql<SqlBool>`hs.last_opened_at >= ${lastOpenedSince}`]),
    ...(lastOpenedUntil === undefined ? [] : [sql<SqlBool>`hs.last_opened_at <= ${lastOpenedUntil}`]),
    ...(asksVulnerable(filter) ? [vulnerableOnHost(filter)] : []),
  ];
}

function linksOfHost(db: Database, hostId: number, filter: HostSoftwareFilter) {
  let query = db
    .selectFrom(linksAt(hostId, filter.asOf).as("hs"))
    .innerJoin("software as s", "s.id", "hs.software_id")
    .where("hs.host_id", "=", hostId);
  for (const condition of hostSoftwareConditions(filter)) query = query.where(condition);
  return filter.notOpenedSince === undefined ? query : query.where(notOpenedOnHost(hostId, filter.notOpenedSince));
}

/** The present links, or those of a host at a moment of the past. */
function linksAt(hostId: number, asOf: Date | undefined): RawBuilder<Selectable<HostSoftwareTable>> {
  return asOf === undefined ? sql`host_software` : pastLinks(hostId, asOf);
}

/** One page of the titles that a host holds; read one row beyond the page. */
export async function hostTitleList(db: Database, hostId: number, filter: HostSoftwareFilter, page: Page<HostSoftwareOrderKey>) {
  const held = linksOfHost(db, hostId, filter)
    .groupBy("s.title_id")
    .select("s.title_id")
    .select(sql<string>`min(lower(s.version) COLLATE "C")`.as("version"))
    .select(sql<string>`coalesce(min(lower(s.vendor)) FILTER (WHERE s.vendor <> ''), '')`.as("vendor"))
    .select(sql<string>`coalesce(min(lower(s.arch)) FILTER (WHERE s.arch <> ''), '')`.as("arch"))
    .select(sql<Date>`min(hs.created_at)`.as("installed_at"))
    .select(sql<Date | null>`max(hs.last_opened_at)`.as("last_opened_at"))
    .select(
      // counted only where the list is ordered by it: the page's own rows are counted by themselves
      (page.orderKey === "vulnerabilities_count" ? sql<number>`sum(${VULNERABILITIES_ON_HOST})::integer` : sql<number>`0`).as(
        "vulnerabilities_count",
      ),
    )
    .as("held");
  const titles = db
    .selectFrom(held)
    .innerJoin("software_titles as t", "t.id", "held.title_id")
    .select(["t.id", "t.name", "t.source", "t.extension_for", "t.upgrade_code"]);
  const key = ORDER[page.orderKey];
  return applyKeyset(titles, key.sql, sql.ref("t.id"), page, key).execute();
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
export async function hostLinks(db: Database, hostId: number, titleIds?: number[], asOf?: Date) {
  let query = db
    .selectFrom(linksAt(hostId, asOf).as("hs"))
    .innerJoin("software as s", "s.id", "hs.software_id")
    .select(LINK_COLUMNS)
    .select(["hs.last_opened_at", "hs.installed_paths", "hs.created_at as installed_at", "hs.installed_by"])
    .select((eb) => eb.ref("hs.signature_information").$castTo<SignatureInformation[] | null>().as("signature_information"))
    .where("hs.host_id", "=", hostId);
  if (titleIds !== undefined) query = query.where("s.title_id", "in", titleIds.length === 0 ? [0] : titleIds);
  return query
    .orderBy(sql`lower(s.name)`)
    .orderBy("s.version")
    .orderBy("s.id")
    .execute();
}

/** All software of some hosts. */
export async function linksOfHosts(db: Readable, hostIds: readonly number[]) {
  // the type of a replica only forbids writing: both are the same builder
  return await (db as Database)
    .selectFrom("host_software as hs")
    .innerJoin("software as s", "s.id", "hs.software_id")
    .select(LINK_COLUMNS)
    .select(["hs.host_id", "hs.last_opened_at", "hs.installed_paths", "hs.created_at as installed_at", "hs.installed_by"])
    .select((eb) => eb.ref("hs.signature_information").$castTo<SignatureInformation[] | null>().as("signature_information"))
    .where("hs.host_id", "=", sql<number>`ANY (${[...hostIds]}::integer[])`)
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
