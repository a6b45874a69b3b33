import { sql } from "kysely";
import type { RawBuilder } from "kysely";
import type { OS_VERSION_ORDER_KEYS } from "#protocol/rest/software.ts";
import { containsPattern } from "../database/like-pattern.ts";
import type { ReadonlyDatabase } from "../database/tables.ts";
import { applyKeyset } from "../http/paging.ts";
import type { Page } from "../http/paging.ts";
import { platformConditions } from "./host-filter-store.ts";

export type OsVersionOrderKey = (typeof OS_VERSION_ORDER_KEYS)[number];

export interface OsVersionFilter {
  query?: string;
  platform?: string;
  os_name?: string;
  os_version?: string;
  hosts_count_min?: number;
  hosts_count_max?: number;
  /** Only hosts of this label. */
  label_id?: number;
}

export interface OsVersionRow {
  id: number;
  name: string;
  version: string;
  platform: string;
  hosts_count: number;
}

/**
 * Operating system versions that at least one host runs. Rows of operating_systems that differ in architecture or kernel only are one
 * version; its id is the smallest of theirs, whether or not a host still runs that one, so that it never changes.
 */
function osVersions(db: ReadonlyDatabase, labelId?: number) {
  let hosts = db.selectFrom("hosts").where("operating_system_id", "is not", null);
  if (labelId !== undefined) {
    hosts = hosts.where("id", "in", (eb) => eb.selectFrom("label_membership").select("host_id").where("label_id", "=", labelId));
  }
  const counted = hosts
    .groupBy("operating_system_id")
    .select(["operating_system_id", sql<number>`count(*)`.as("hosts_count")])
    .as("counted");
  const grouped = db
    .selectFrom("operating_systems as o")
    .leftJoin(counted, "counted.operating_system_id", "o.id")
    .groupBy(["o.name", "o.version", "o.platform"])
    .having(sql`sum(counted.hosts_count)`, ">", 0)
    .select([sql<number>`min(o.id)`.as("id"), "o.name", "o.version", "o.platform"])
    .select([sql<number>`sum(counted.hosts_count)::bigint`.as("hosts_count"), sql<number[]>`array_agg(o.id)`.as("member_ids")]);
  return db.selectFrom(grouped.as("v"));
}

function filtered(db: ReadonlyDatabase, filter: OsVersionFilter) {
  let query = osVersions(db, filter.label_id);
  const { platform } = filter;
  if (platform !== undefined)
    for (const condition of platformConditions(platform, sql`v.platform`)) query = query.where(condition);
  if (filter.os_name !== undefined) query = query.where("v.name", "=", filter.os_name);
  if (filter.os_version !== undefined) query = query.where("v.version", "=", filter.os_version);
  if (filter.hosts_count_min !== undefined) query = query.where("v.hosts_count", ">=", filter.hosts_count_min);
  if (filter.hosts_count_max !== undefined) query = query.where("v.hosts_count", "<=", filter.hosts_count_max);
  if (filter.query !== undefined) {
    const pattern = containsPattern(filter.query.trim());
    query = query.where(sql<boolean>`lower(v.name || ' ' || v.version) like lower(${pattern})`);
  }
  return query;
}

const ORDER: Record<OsVersionOrderKey, RawBuilder<unknown>> = {
  hosts_count: sql`v.hosts_count`,
  name: sql`lower(v.name || ' ' || v.version)`,
  version: sql`lower(v.version)`,
  platform: sql`v.platform`,
};

/** One page, with the columns that `pageResult` takes off again. */
export async function osVersionList(db: ReadonlyDatabase, filter: OsVersionFilter, page: Page<OsVersionOrderKey>) {
  return applyKeyset(filtered(db, filter).select(COLUMNS), ORDER[page.orderKey], sql`v.id`, page, { nullable: false }).execute();
}

const COLUMNS = ["v.id", "v.name", "v.version", "v.platform", "v.hosts_count"] as const;

/** The number of rows that {@link osVersionList} lists over all pages. */
export async function osVersionCount(db: ReadonlyDatabase, filter: OsVersionFilter): Promise<number> {
  const row = await filtered(db, filter)
    .select(sql<number>`count(*)`.as("count"))
    .executeTakeFirstOrThrow();
  return row.count;
}

/** The version that any operating_systems row belongs to; undefined when no host runs it. */
export async function osVersionById(db: ReadonlyDatabase, id: number): Promise<OsVersionRow | undefined> {
  return osVersions(db)
    .where(sql<boolean>`${id}::bigint = any(v.member_ids)`)
    .select(COLUMNS)
    .executeTakeFirst();
}
