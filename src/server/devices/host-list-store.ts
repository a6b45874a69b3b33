import { sql } from "kysely";
import type { RawBuilder } from "kysely";
import type { HOST_ORDER_KEYS } from "#protocol/rest/hosts.ts";
import type { ReadonlyDatabase } from "../database/tables.ts";
import { applyKeyset, pageResult } from "../http/paging.ts";
import type { Page } from "../http/paging.ts";
import { filteredHosts } from "./host-filter-store.ts";
import type { HostFilter } from "./host-filter-store.ts";
import { isOnline } from "./host-status-store.ts";
import { vulnerableHolders } from "./vulnerable-hosts-store.ts";

export type HostOrderKey = (typeof HOST_ORDER_KEYS)[number];

interface Order {
  sql: RawBuilder<unknown>;
  nullable: boolean;
  lowered?: boolean;
}

/**
 * What each key orders by. Names sort without regard to case. Expressions of indexes (migrations 0002 and 0005) must stay word for word.
 * `agents` is the agents of a host with their versions, in the order in which lists name them.
 */
const ORDER: Record<Exclude<HostOrderKey, "status">, Order> = {
  id: { sql: sql`h.id`, nullable: false },
  hostname: { sql: sql`lower(h.hostname)`, nullable: false, lowered: true },
  display_name: {
    sql: sql`lower(coalesce(nullif(h.computer_name, ''), nullif(h.hostname, ''), 'Device ' || h.id::text))`,
    nullable: false,
    lowered: true,
  },
  computer_name: { sql: sql`lower(h.computer_name)`, nullable: false, lowered: true },
  platform: { sql: sql`h.platform`, nullable: false },
  os_version: { sql: sql`lower(h.os_version)`, nullable: false, lowered: true },
  seen_time: { sql: sql`s.seen_time`, nullable: true },
  last_enrolled_at: { sql: sql`h.last_enrolled_at`, nullable: false },
  hardware_serial: { sql: sql`lower(h.hardware_serial)`, nullable: false, lowered: true },
  hardware_model: { sql: sql`lower(h.hardware_model)`, nullable: false, lowered: true },
  primary_ip: { sql: sql`h.primary_ip`, nullable: false },
  memory: { sql: sql`h.memory`, nullable: false },
  created_at: { sql: sql`h.created_at`, nullable: false },
  software_updated_at: { sql: sql`h.software_updated_at`, nullable: true },
  osquery_version: { sql: sql`h.osquery_version`, nullable: false },
  agents: {
    sql: sql`concat_ws(' ', 'Muster ' || h.muster_version, 'osquery ' || nullif(h.osquery_version, ''), 'orbit ' || h.orbit_version) COLLATE "C"`,
    nullable: false,
  },
  software_count: { sql: sql`h.software_count`, nullable: false },
};

/** Whether a host is online depends on the moment: `offline` before `online`. */
function orderOf(key: HostOrderKey, now: Date): Order {
  if (key !== "status") return ORDER[key];
  return { sql: sql`case when ${isOnline(now)} then 'online' else 'offline' end`, nullable: false };
}

/** The query of one page of ids; exported for the tests that look at its plan. */
export function hostPageQuery(db: ReadonlyDatabase, filter: HostFilter, page: Page<HostOrderKey>, now: Date) {
  const key = orderOf(page.orderKey, now);
  // a cursor without an id is a bare value from a client, not one of ours, which is lower-cased already
  const bare = key.lowered === true && page.after !== null && page.after.id === null;
  const after = bare && page.after !== null ? { ...page.after, value: page.after.value?.toLowerCase() ?? null } : page.after;
  return applyKeyset(filteredHosts(db, filter, now).select("h.id"), key.sql, sql`h.id`, { ...page, after }, key);
}

/** One page of hosts: first their ids in order, which touches little of each row, then the rows of those alone. */
export async function hostList(db: ReadonlyDatabase, filter: HostFilter, page: Page<HostOrderKey>, now: Date) {
  const narrow = await narrowed(db, filter, now, page.orderKey);
  const { rows: ids, meta } = pageResult(await hostPageQuery(db, narrow, page, now).execute(), page);
  const rows = await hostRows(
    db,
    ids.map((row) => row.id),
    now,
  );
  const byId = new Map(rows.map((row) => [row.id, row]));
  // a host deleted between the two reads is left out
  return { rows: ids.map(({ id }) => byId.get(id)).filter((row) => row !== undefined), meta };
}

/** Hosts of a status up to this number are few: found first, and then put in order. */
const FEW_HOSTS = 5000;

/**
 * A filter by status, with the hosts it means where they are few. Seen times have no index (migration 0002), so PostgreSQL can not know
 * how many hosts are online: it would walk the whole order, host by host, to find a handful. Where they are many, walking finds a page
 * of them at once.
 */
async function narrowed(
  db: ReadonlyDatabase,
  given: HostFilter,
  now: Date,
  orderKey: HostOrderKey | null = null,
): Promise<HostFilter> {
  const filter = await withHolders(db, given, orderKey);
  const { status, ...rest } = filter;
  if (status === undefined || status === "new") return filter;
  const found = await filteredHosts(db, { status }, now)
    .select("h.id")
    .limit(FEW_HOSTS + 1)
    .execute();
  return found.length > FEW_HOSTS ? filter : { ...rest, ids: found.map((row) => row.id) };
}

/** Orders that have an index and nothing to do with what hosts hold: the next hosts in order have a vulnerability as often as any. */
const EVEN_ORDERS: readonly (HostOrderKey | null)[] = [
  "id",
  "hostname",
  "display_name",
  "computer_name",
  "hardware_serial",
  "primary_ip",
  "last_enrolled_at",
  "created_at",
];

/** What comes with a list's query and does not restrict it. */
const OF_PAGES: ReadonlySet<string> = new Set([
  "page",
  "per_page",
  "after",
  "order_key",
  "order_direction",
  "populate_labels",
  "populate_software",
]);

/**
 * A filter by vulnerability, with what hosts have it by. Where many have it a page of a list is found by going through its order; where few
 * have it, or another filter leaves few, they are found first and then put in order.
 *
 * @param orderKey null: they are counted
 */
async function withHolders(db: ReadonlyDatabase, filter: HostFilter, orderKey: HostOrderKey | null): Promise<HostFilter> {
  const { vulnerability, vulnerability_suppressed, ...rest } = filter;
  if (vulnerability === undefined) return filter;
  const { software_version_id, software_title_id } = filter;
  const given = { vulnerability, vulnerability_suppressed, software_version_id, software_title_id };
  const found = await vulnerableHolders(db, given);
  if (found === null) return filter;
  const alone = Object.entries(rest).every(([name, value]) => value === undefined || OF_PAGES.has(name));
  const hostByHost = alone && EVEN_ORDERS.includes(orderKey) && found.links > FEW_HOSTS;
  return { ...rest, holders: { ...found, hostByHost } };
}

/** The query of a count; exported for the tests that look at its plan. */
export function hostCountQuery(db: ReadonlyDatabase, filter: HostFilter, now: Date) {
  return filteredHosts(db, filter, now).select(sql<number>`count(*)`.as("count"));
}

/** The number of hosts that {@link hostList} lists over all pages. */
export async function hostCount(db: ReadonlyDatabase, filter: HostFilter, now: Date): Promise<number> {
  const { count } = await hostCountQuery(db, await withHolders(db, filter, null), now).executeTakeFirstOrThrow();
  return count;
}

/** All that REST shows of these hosts, in no order. Column `uptime` is left out: nanoseconds outgrow a number after 104 days. */
export async function hostRows(db: ReadonlyDatabase, ids: number[], now: Date) {
  if (ids.length === 0) return [];
  return db
    .selectFrom("hosts as h")
    .leftJoin("host_seen_times as s", "s.host_id", "h.id")
    .where("h.id", "=", sql<number>`any(${ids}::bigint[])`)
    .select(["h.id", "h.created_at", "h.updated_at", "h.last_enrolled_at", "h.detail_updated_at", "h.software_updated_at"])
    .select(["h.last_restarted_at", "h.refetch_requested", "h.software_count", "h.hostname", "h.computer_name", "h.uuid"])
    .select(["h.hardware_serial", "h.hardware_vendor", "h.hardware_model", "h.hardware_version", "h.platform", "h.platform_like"])
    .select(["h.os_version", "h.build", "h.code_name", "h.osquery_version", "h.orbit_version", "h.muster_version"])
    .select(["h.cpu_type", "h.cpu_subtype", "h.cpu_brand", "h.cpu_physical_cores", "h.cpu_logical_cores", "h.memory"])
    .select(["h.public_ip", "h.primary_ip", "h.primary_mac", "h.timezone"])
    .select(["h.distributed_interval", "h.config_tls_refresh", "h.logger_tls_period"])
    .select(["h.gigs_disk_space_available", "h.percent_disk_space_available", "h.gigs_total_disk_space"])
    .select(["s.seen_time", "s.reported_at", isOnline(now).as("online"), osVersionId().as("os_version_id")])
    .execute();
}

export type HostRow = Awaited<ReturnType<typeof hostRows>>[number];

/** The id under which `/os_versions` shows a host's operating system: the smallest of its group. */
function osVersionId() {
  return sql<number | null>`(
    select min(o.id) from operating_systems o join operating_systems mine using (name, version, platform)
    where mine.id = h.operating_system_id)`;
}
