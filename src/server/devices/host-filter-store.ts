import { sql } from "kysely";
import type { RawBuilder, SqlBool } from "kysely";
import { openingCutoff } from "#domain/inventory/openings.ts";
import { canonicalId } from "#domain/vulnerability/details-link.ts";
import { hostsOfSubjects, OPEN_SOMEWHERE, openOn, vulnerabilityNamed } from "../database/finding-sql.ts";
import { containsPattern } from "../database/like-pattern.ts";
import type { ReadonlyDatabase } from "../database/tables.ts";
import { needsFix } from "./fix-hosts-store.ts";
import { hasNotOpened } from "./not-opened-store.ts";
import { hasStatus } from "./host-status-store.ts";
import type { HostStatus } from "./host-status-store.ts";
import { inSoftware, isHolder, type VulnerableHolders } from "./vulnerable-hosts-store.ts";

/** Which hosts a list or a count is about; what is absent does not restrict. Conditions combine with *and*. */
export interface HostFilter {
  /** Words that must all occur in a host's names, ids or address. */
  query?: string;
  status?: HostStatus;
  /** Families or osquery's own words; a comma list. */
  platform?: string;
  label_id?: number;
  /** Only these hosts. */
  ids?: number[];
  software_version_id?: number;
  software_id?: number;
  software_title_id?: number;
  /** Of the hosts of `software_title_id` those that did not open it for so many days. */
  not_opened_for_days?: number;
  /** A vulnerability's id or alias in any letter case: hosts with an open finding of it; with a version or title of software: in that. */
  vulnerability?: string;
  /** Kind of host that software is matched for: `debian:12`, `windows`. */
  os_scope?: string;
  /** With `vulnerability`: also hosts where it is suppressed. */
  vulnerability_suppressed?: boolean;
  /** What `vulnerability` was found to mean; takes its place. */
  holders?: VulnerableHolders;
  /** An update of the queue of updates: hosts that need it. */
  fix_id?: number;
  os_version_id?: number;
  os_name?: string;
  os_version?: string;
  /** Part of the model's name, without regard to case. */
  hardware_model?: string;
  agent?: "muster" | "osquery";
  software_count_min?: number;
  software_count_max?: number;
  /** Bytes, bounds included. */
  memory_min?: number;
  memory_max?: number;
  /** RFC 3339, bounds included, as are all of these times. */
  created_since?: string;
  created_until?: string;
  last_enrolled_since?: string;
  last_enrolled_until?: string;
  seen_since?: string;
  seen_until?: string;
  software_updated_since?: string;
  software_updated_until?: string;
}

type Condition = RawBuilder<SqlBool>;

/** More words than this do not narrow a search any further. */
const SEARCH_TERMS_MAX = 10;
const IPV4 = /^\d{1,3}(\.\d{1,3}){3}$/;
/** Everything else is Linux; must say the same as `platformFamily` of the domain. */
const NOT_LINUX = ["", "darwin", "windows", "chrome", "ios", "ipados", "android"];
const PLATFORM_ALIASES: Readonly<Record<string, string>> = { macos: "darwin", chromeos: "chrome" };

/**
 * The hosts of a filter, as the beginning of a query over `hosts as h` and `host_seen_times as s`: list, count and summary all start
 * here, so they can not disagree. The join costs nothing where `s` is not used.
 */
export function filteredHosts(db: ReadonlyDatabase, filter: HostFilter, now: Date) {
  let query = db.selectFrom("hosts as h").leftJoin("host_seen_times as s", "s.host_id", "h.id");
  for (const condition of conditions(filter, now)) query = query.where(condition);
  return query;
}

function conditions(filter: HostFilter, now: Date): Condition[] {
  const list: Condition[] = [];
  if (filter.status !== undefined) list.push(hasStatus(filter.status, now));
  if (filter.platform !== undefined) list.push(...platformConditions(filter.platform, sql`h.platform`));
  if (filter.ids !== undefined) list.push(sql<SqlBool>`h.id = any(${filter.ids}::bigint[])`);
  if (filter.label_id !== undefined) list.push(isLabelled(filter.label_id));
  for (const id of [filter.software_version_id, filter.software_id]) {
    if (id !== undefined) list.push(holdsSoftware(sql`select ${id}::bigint`));
  }
  const titleId = filter.software_title_id;
  if (titleId !== undefined) list.push(holdsSoftware(sql`select id from software where title_id = ${titleId}`));
  const days = filter.not_opened_for_days;
  if (titleId !== undefined && days !== undefined) list.push(hasNotOpened(titleId, openingCutoff(now, days)));
  if (filter.os_version_id !== undefined) list.push(runsVersionOf(filter.os_version_id));
  if (filter.os_name !== undefined && filter.os_version !== undefined) list.push(runs(filter.os_name, filter.os_version));
  if (filter.os_scope !== undefined) list.push(isOfKind(filter.os_scope));
  const { vulnerability } = filter;
  if (vulnerability !== undefined) list.push(hasVulnerability(canonicalId(vulnerability), filter));
  if (filter.fix_id !== undefined) list.push(needsFix(filter.fix_id));
  if (filter.holders !== undefined) list.push(isHolder(filter.holders));
  if (filter.query !== undefined) list.push(...searchConditions(filter.query));
  return [...list, ...factConditions(filter), ...timeConditions(filter)];
}

function factConditions({ hardware_model, agent, ...amounts }: HostFilter): Condition[] {
  const { software_count_min, software_count_max, memory_min, memory_max } = amounts;
  return [
    ...(hardware_model === undefined
      ? []
      : [sql<SqlBool>`lower(h.hardware_model) like lower(${containsPattern(hardware_model)})`]),
    ...(agent === undefined
      ? []
      : [agent === "muster" ? sql<SqlBool>`h.muster_version is not null` : sql<SqlBool>`h.osquery_version <> ''`]),
    ...(software_count_min === undefined ? [] : [sql<SqlBool>`h.software_count >= ${software_count_min}`]),
    ...(software_count_max === undefined ? [] : [sql<SqlBool>`h.software_count <= ${software_count_max}`]),
    ...(memory_min === undefined ? [] : [sql<SqlBool>`h.memory >= ${memory_min}`]),
    // 0: the host did not tell
    ...(memory_max === undefined ? [] : [sql<SqlBool>`h.memory between 1 and ${memory_max}`]),
  ];
}

function timeConditions(filter: HostFilter): Condition[] {
  const times = [
    [sql`h.created_at`, filter.created_since, filter.created_until],
    [sql`h.last_enrolled_at`, filter.last_enrolled_since, filter.last_enrolled_until],
    [sql`s.seen_time`, filter.seen_since, filter.seen_until],
    [sql`h.software_updated_at`, filter.software_updated_since, filter.software_updated_until],
  ] as const;
  return times.flatMap(([column, since, until]) => [
    ...(since === undefined ? [] : [sql<SqlBool>`${column} >= ${since}::timestamptz`]),
    ...(until === undefined ? [] : [sql<SqlBool>`${column} <= ${until}::timestamptz`]),
  ]);
}

/** True for any of the named platforms (a comma list); `linux` stands for the whole family. No name at all does not restrict. */
export function platformConditions(platforms: string, column: RawBuilder<unknown>): Condition[] {
  const names = platforms
    .split(",")
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== "")
    .map((name) => PLATFORM_ALIASES[name] ?? name);
  if (names.length === 0) return [];
  const exact = sql<SqlBool>`${column} = any(${names}::text[])`;
  if (!names.includes("linux")) return [exact];
  return [sql<SqlBool>`(${exact} or ${column} <> all(${NOT_LINUX}::text[]))`];
}

function isLabelled(labelId: number): Condition {
  return sql<SqlBool>`h.id in (select host_id from label_membership where label_id = ${labelId})`;
}

function holdsSoftware(ids: RawBuilder<unknown>): Condition {
  return sql<SqlBool>`h.id in (select host_id from host_software where software_id in (${ids}))`;
}

function hasVulnerability(cve: string, filter: HostFilter): Condition {
  const suppressedToo = filter.vulnerability_suppressed ?? false;
  const found = sql`SELECT f.subject_id FROM findings f WHERE f.vulnerability_id IN ${vulnerabilityNamed(cve)} AND `;
  const holders = hostsOfSubjects(
    sql`m.id IN (${found} ${suppressedToo ? sql`true` : OPEN_SOMEWHERE}) AND ${inSoftware(filter)}`,
  );
  if (suppressedToo) return sql<SqlBool>`h.id IN (SELECT x.host_id FROM ${holders} x)`;
  // what is suppressed on some hosts only is asked of those hosts; most vulnerabilities have no such decision
  return sql<SqlBool>`h.id IN (
    SELECT hv.host_id FROM ${holders} hv JOIN findings f ON f.subject_id = hv.subject_id AND f.vulnerability_id IN ${vulnerabilityNamed(cve)}
    WHERE ${openOn(sql`hv.host_id`)})`;
}

/** A kind is a release (`debian:12`) or a family of them (`debian`). */
function isOfKind(scope: string): Condition {
  return sql<SqlBool>`h.operating_system_id in (
    select o.id from operating_systems o join os_scopes sc on sc.id = o.os_scope_id
    where sc.name = ${scope} or sc.family_id = (select f.id from os_scopes f where f.name = ${scope}))`;
}

/** Several rows of operating_systems (architectures, kernels) are one version to people; any of their ids stands for all. */
function runsVersionOf(id: number): Condition {
  return sql<SqlBool>`h.operating_system_id in (
    select o.id from operating_systems o join operating_systems given using (name, version, platform) where given.id = ${id})`;
}

function runs(name: string, version: string): Condition {
  return sql<SqlBool>`h.operating_system_id in (
    select o.id from operating_systems o where o.name = ${name} and o.version = ${version})`;
}

/** Must be word for word the expression of index hosts_search, or no search uses it. */
const SEARCHED = sql`lower(h.hostname || ' ' || h.computer_name || ' ' || h.uuid || ' ' || h.hardware_serial || ' ' || h.primary_ip)`;

function searchConditions(text: string): Condition[] {
  const terms = [...new Set(text.split(/\s+/u).filter((term) => term !== ""))].slice(0, SEARCH_TERMS_MAX);
  return terms.map((term) => {
    // lower-cased by the database on both sides: its idea of letters depends on its locale
    const contains = sql<SqlBool>`${SEARCHED} like lower(${containsPattern(term)})`;
    return IPV4.test(term) ? sql<SqlBool>`(${contains} or (h.public_ip = ${term} and h.public_ip <> ''))` : contains;
  });
}
