import type { HOLDER_ORDER_KEYS, SoftwareEventKind, UNUSED_ORDER_KEYS } from "#protocol/rest/history.ts";
import type { HOST_ORDER_KEYS, HOST_STATUSES } from "#protocol/rest/hosts.ts";
import { ADD_WAYS } from "./paths.ts";
import type { AddWay } from "./paths.ts";
import { countOf, dayOf, flagOf, idOf, listedOf, numberOf, oneOf, present, scoreOf, textOf } from "./search-values.ts";

/**
 * What the addresses carry after the `?`, read from outside and therefore checked: whatever is not understood is dropped, so
 * that an old or mistyped address still opens its page. Names are the REST parameters' own.
 */
type Raw = Record<string, unknown>;

export type HostStatusFilter = (typeof HOST_STATUSES)[number];
export type HostOrderKey = (typeof HOST_ORDER_KEYS)[number];
type HolderOrderKey = (typeof HOLDER_ORDER_KEYS)[number];
type UnusedOrderKey = (typeof UNUSED_ORDER_KEYS)[number];
export type Direction = "asc" | "desc";

export const STATUSES = ["new", "online", "offline", "mia", "missing"] as const satisfies readonly HostStatusFilter[];
export const PLATFORMS = ["linux", "darwin", "windows", "chrome"] as const;
export type PlatformFilter = (typeof PLATFORMS)[number];
export const PAGE_SIZES = [50, 100, 250, 1000] as const;

const DEVICE_ORDERS = [
  "display_name",
  "platform",
  "os_version",
  "seen_time",
  "last_enrolled_at",
  "hardware_serial",
  "hardware_model",
  "primary_ip",
  "memory",
  "software_updated_at",
  "agents",
  "osquery_version",
  "status",
  "software_count",
  "created_at",
  "id",
] as const satisfies readonly HostOrderKey[];
const SOFTWARE_ORDERS = [
  "name",
  "hosts_count",
  "versions_count",
  "source",
  "version",
  "arch",
  "vendor",
  "identifier",
  "created_at",
  "vulnerabilities_count",
] as const;
const LABEL_ORDERS = ["name", "host_count", "created_at"] as const;
/** Orders of the devices that held a title at a moment. */
export const HOLDER_ORDERS = ["display_name", "platform", "installed_at", "id"] as const satisfies readonly HolderOrderKey[];
const UNUSED_ORDERS = [
  "name",
  "source",
  "hosts_count",
  "unused_hosts_count",
  "never_opened_hosts_count",
  "unknown_hosts_count",
] as const satisfies readonly UnusedOrderKey[];
const OS_ORDERS = ["name", "hosts_count", "version", "platform"] as const;
export const SOFTWARE_EVENTS = [
  "installed",
  "updated",
  "removed",
  "renamed",
  "first_seen",
] as const satisfies readonly SoftwareEventKind[];
export const AGENTS = ["muster", "osquery"] as const;
/** Filters of devices by days. */
export const DEVICE_DAYS = [
  "created_since",
  "created_until",
  "last_enrolled_since",
  "last_enrolled_until",
  "seen_since",
  "seen_until",
  "software_updated_since",
  "software_updated_until",
] as const;
/** Days for which software was not opened. */
export const UNUSED_DAYS = [30, 60, 90, 180, 365] as const;
/** Days that an adoption plot shows. */
export const ADOPTION_DAYS = [30, 90, 180, 400] as const;
/** Paging, order and search of any list. `page` counts from 1; `after` is the cursor that makes a next page cheap. */
export interface ListSearch<K extends string = string> {
  query?: string;
  order_key?: K;
  order_direction?: Direction;
  page?: number;
  per_page?: (typeof PAGE_SIZES)[number];
  after?: string;
  /** Comma list of the columns shown, when they are not the usual ones. */
  columns?: string;
}

export interface DevicesSearch extends ListSearch<(typeof DEVICE_ORDERS)[number]> {
  status?: HostStatusFilter;
  /** Comma list of {@link PLATFORMS}, here as in the other lists. */
  platform?: string;
  label_id?: number;
  software_title_id?: number;
  software_version_id?: number;
  os_version_id?: number;
  /** CVE id; with a version or title of software: in that. */
  vulnerability?: string;
  /** Kind of host: `debian:12`. */
  os_scope?: string;
  /** An update of fix first. */
  fix_id?: number;
  not_opened_for_days?: (typeof UNUSED_DAYS)[number];
  hardware_model?: string;
  agent?: (typeof AGENTS)[number];
  software_count_min?: number;
  software_count_max?: number;
  /** Bytes. */
  memory_min?: number;
  memory_max?: number;
  /** Days (`YYYY-MM-DD`, in UTC, both included). */
  created_since?: string;
  created_until?: string;
  last_enrolled_since?: string;
  last_enrolled_until?: string;
  seen_since?: string;
  seen_until?: string;
  software_updated_since?: string;
  software_updated_until?: string;
}
export interface SoftwareSearch extends ListSearch<(typeof SOFTWARE_ORDERS)[number]> {
  /** Comma list. */
  source?: string | undefined;
  platform?: string | undefined;
  label_id?: number | undefined;
  vendor?: string | undefined;
  /** `YYYY-MM-DD`, in UTC; both days included. */
  first_seen_since?: string | undefined;
  first_seen_until?: string | undefined;
  hosts_count_min?: number | undefined;
  hosts_count_max?: number | undefined;
  versions_count_min?: number | undefined;
  versions_count_max?: number | undefined;
  identifier?: string | undefined;
  arch?: string | undefined;
  /** Of versions: only those of this title. */
  software_title_id?: number | undefined;
  /** Only with open vulnerabilities; with one known to be exploited; with one of at least this CVSS base score. */
  vulnerable?: true | undefined;
  exploit?: true | undefined;
  min_cvss_score?: number | undefined;
}
/** The timeline of a device or a title, and the day that a past state is asked of. */
export interface PastSearch {
  /** `YYYY-MM-DD`, in the reader's zone: the end of that day. */
  as_of?: string;
  /** Comma list of {@link SOFTWARE_EVENTS}. */
  event?: string;
  /** Days of a timeline (`YYYY-MM-DD`, in UTC, both included). */
  since?: string;
  until?: string;
  /** Days of an adoption plot. */
  days?: (typeof ADOPTION_DAYS)[number];
}
/** Lists the holders of now by the orders of devices, those of a day of the past by {@link HOLDER_ORDERS}. */
export interface TitleSearch extends Omit<DevicesSearch, "order_key">, PastSearch {
  order_key?: (typeof DEVICE_ORDERS)[number] | (typeof HOLDER_ORDERS)[number];
}
export interface UnusedSearch extends ListSearch<(typeof UNUSED_ORDERS)[number]> {
  source?: string;
  days?: (typeof UNUSED_DAYS)[number];
}
export interface OsSearch extends ListSearch<(typeof OS_ORDERS)[number]> {
  label_id?: number | undefined;
  platform?: string;
  hosts_count_min?: number | undefined;
  hosts_count_max?: number | undefined;
}
export type LabelsSearch = ListSearch<(typeof LABEL_ORDERS)[number]>;
export function parseDevicesSearch(raw: Raw): DevicesSearch {
  return present({
    ...listOf(raw, DEVICE_ORDERS),
    status: oneOf(raw["status"], STATUSES),
    platform: listedOf(raw["platform"], PLATFORMS),
    label_id: idOf(raw["label_id"]),
    software_title_id: idOf(raw["software_title_id"]),
    software_version_id: idOf(raw["software_version_id"]),
    os_version_id: idOf(raw["os_version_id"]),
    vulnerability: textOf(raw["vulnerability"], 100),
    os_scope: textOf(raw["os_scope"], 100),
    fix_id: idOf(raw["fix_id"]),
    not_opened_for_days: numberOf(raw["not_opened_for_days"], UNUSED_DAYS),
    hardware_model: textOf(raw["hardware_model"]),
    agent: oneOf(raw["agent"], AGENTS),
    software_count_min: countOf(raw["software_count_min"]),
    software_count_max: countOf(raw["software_count_max"]),
    memory_min: idOf(raw["memory_min"]),
    memory_max: idOf(raw["memory_max"]),
    ...Object.fromEntries(DEVICE_DAYS.map((name) => [name, dayOf(raw[name])])),
  });
}

export function parseSoftwareSearch(raw: Raw): SoftwareSearch {
  return present({
    ...listOf(raw, SOFTWARE_ORDERS),
    source: textOf(raw["source"]),
    platform: listedOf(raw["platform"], PLATFORMS),
    label_id: idOf(raw["label_id"]),
    vendor: textOf(raw["vendor"]),
    first_seen_since: dayOf(raw["first_seen_since"]),
    first_seen_until: dayOf(raw["first_seen_until"]),
    hosts_count_min: countOf(raw["hosts_count_min"]),
    hosts_count_max: countOf(raw["hosts_count_max"]),
    versions_count_min: countOf(raw["versions_count_min"]),
    versions_count_max: countOf(raw["versions_count_max"]),
    identifier: textOf(raw["identifier"]),
    arch: textOf(raw["arch"]),
    software_title_id: idOf(raw["software_title_id"]),
    ...vulnerableOf(raw),
  });
}

export function parseTitleSearch(raw: Raw): TitleSearch {
  const order_key = oneOf(raw["order_key"], [...DEVICE_ORDERS, ...HOLDER_ORDERS]);
  return present({ ...parseDevicesSearch(raw), order_key, ...pastOf(raw) });
}

export function parseUnusedSearch(raw: Raw): UnusedSearch {
  return present({
    ...listOf(raw, UNUSED_ORDERS),
    source: textOf(raw["source"]),
    days: numberOf(raw["days"], UNUSED_DAYS),
  });
}

/** Filters of software by its open vulnerabilities. */
export function vulnerableOf(raw: Raw) {
  return {
    vulnerable: flagOf(raw["vulnerable"]),
    exploit: flagOf(raw["exploit"]),
    min_cvss_score: scoreOf(raw["min_cvss_score"]),
  };
}

export function pastOf(raw: Raw): PastSearch {
  return present({
    as_of: dayOf(raw["as_of"]),
    event: listedOf(raw["event"], SOFTWARE_EVENTS),
    since: dayOf(raw["since"]),
    until: dayOf(raw["until"]),
    days: numberOf(raw["days"], ADOPTION_DAYS),
  });
}

export function parseLabelsSearch(raw: Raw): LabelsSearch {
  return present(listOf(raw, LABEL_ORDERS));
}

export function parseOsSearch(raw: Raw): OsSearch {
  return present({
    ...listOf(raw, OS_ORDERS),
    label_id: idOf(raw["label_id"]),
    platform: listedOf(raw["platform"], PLATFORMS),
    hosts_count_min: countOf(raw["hosts_count_min"]),
    hosts_count_max: countOf(raw["hosts_count_max"]),
  });
}

export function parseLoginSearch(raw: Raw): { next?: string } {
  return present({ next: textOf(raw["next"], 2000) });
}

export function parseSetupSearch(raw: Raw): { code?: string } {
  return present({ code: textOf(raw["code"]) });
}

export function parseAddSearch(raw: Raw): { with?: AddWay; server?: string } {
  return present({ with: oneOf(raw["with"], ADD_WAYS), server: textOf(raw["server"]) });
}

/** The REST paging parameters of a list search, and its search text: by cursor where there is one, else by page. */
export function pagingOf(search: ListSearch): { query?: string; per_page?: number; page?: number; after?: string } {
  const { query, page = 1, per_page, after } = search;
  const place = after === undefined ? { page: page === 1 ? undefined : page - 1 } : { after };
  return present({ query, per_page, ...place });
}

/** A day of a filter as the API takes it: from its first moment on, or up to its last, in UTC. */
export function dayTime(day: string | undefined, end: "since" | "until"): string | undefined {
  if (day === undefined) return undefined;
  return end === "since" ? `${day}T00:00:00Z` : `${day}T23:59:59.999Z`;
}

/** The order of a list: what the address says, else the list's usual one. */
export function orderOf<K extends string>(
  search: ListSearch<K>,
  usual: { order_key: K; order_direction: Direction },
): { order_key: K; order_direction: Direction } {
  if (search.order_key === undefined) return { ...usual, ...present({ order_direction: search.order_direction }) };
  return { order_key: search.order_key, order_direction: search.order_direction ?? "asc" };
}

/** The same where an address may carry the order of another list, which has no meaning in this one. */
export function orderAmong<K extends string>(
  search: ListSearch,
  keys: readonly K[],
  usual: { order_key: K; order_direction: Direction },
): { order_key: K; order_direction: Direction } {
  const { order_key, order_direction } = search;
  const key = keys.find((known) => known === order_key);
  return key === undefined ? usual : { order_key: key, order_direction: order_direction ?? "asc" };
}

/** Paging, order and search text of a list's address. */
export function listOf<K extends string>(raw: Raw, orders: readonly K[]): ListSearch<K> {
  const page = idOf(raw["page"]);
  return {
    query: textOf(raw["query"]),
    order_key: oneOf(raw["order_key"], orders),
    order_direction: oneOf(raw["order_direction"], ["asc", "desc"]),
    page: page === 1 ? undefined : page,
    per_page: PAGE_SIZES.find((size) => String(size) === raw["per_page"]),
    after: textOf(raw["after"], 1024),
    columns: textOf(raw["columns"]),
  };
}
