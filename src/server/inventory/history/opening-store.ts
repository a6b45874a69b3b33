import { sql, type RawBuilder, type SqlBool } from "kysely";
import type { UNUSED_ORDER_KEYS } from "#protocol/rest/history.ts";
import type { Database } from "../../database/tables.ts";
import { containsPattern } from "../../database/like-pattern.ts";
import { applyKeyset, type Page } from "../../http/paging.ts";

/** What the openings of titles on hosts are counted by; `software_title_openings.opening`. */
export type Opening = "opened" | "never" | "unknown";

/** Days of openings further back than this are one: nobody asks for more. */
const DAYS_MAX = 3660;
const COUNTED_AT = "software_openings_counted_at";

/**
 * Makes the summary of openings anew from all links, in the caller's transaction: readers see the old one until it is committed. A
 * source tells openings on a host when any of its rows there has one; only then an absent one means "never opened".
 */
export async function titleOpeningsRebuildInTx(tx: Database, now: Date): Promise<void> {
  // one of two builders at once would wait for nothing
  await sql`LOCK TABLE software_title_openings IN EXCLUSIVE MODE`.execute(tx);
  // a partition at a time: memory is bounded by its hosts, as all that is grouped belongs to one host
  await sql`SET LOCAL enable_partitionwise_aggregate = on`.execute(tx);
  await tx.deleteFrom("software_title_openings").execute();
  await sql`
    INSERT INTO software_title_openings (title_id, opening, since, hosts_count)
    SELECT title_id, opening, greatest(since, (${now}::timestamptz AT TIME ZONE 'UTC')::date - ${sql.lit(DAYS_MAX)}), count(*)::integer
    FROM (
      SELECT o.title_id, (coalesce(o.opened, o.installed) AT TIME ZONE 'UTC')::date AS since,
        CASE WHEN o.opened IS NOT NULL THEN 'opened' WHEN t.host_id IS NOT NULL THEN 'never' ELSE 'unknown' END AS opening
      FROM (
        SELECT hs.host_id, s.title_id, s.source, max(hs.last_opened_at) AS opened, max(hs.created_at) AS installed
        FROM host_software hs JOIN software s ON s.id = hs.software_id
        WHERE s.source = ANY (${OPENING_SOURCES}::text[]) GROUP BY 1, 2, 3
      ) o LEFT JOIN (
        SELECT DISTINCT hs.host_id, s.source FROM host_software hs JOIN software s ON s.id = hs.software_id
        WHERE hs.last_opened_at IS NOT NULL
      ) t ON t.host_id = o.host_id AND t.source = o.source
    ) h GROUP BY 1, 2, 3`.execute(tx);
  await sql`
    INSERT INTO server_settings (name, value, updated_at) VALUES (${COUNTED_AT}, to_jsonb(${now.toISOString()}::text), ${now})
    ON CONFLICT (name) DO UPDATE SET value = EXCLUDED.value, updated_at = EXCLUDED.updated_at`.execute(tx);
}

/** Sources that some agent tells openings of (reference osquery-remote.md §10). */
export const OPENING_SOURCES: readonly string[] = ["apps", "programs", "deb_packages", "rpm_packages"];

/** When the summary of openings was last made; null: never yet. */
export async function openingsCountedAt(db: Database): Promise<Date | null> {
  const row = await db.selectFrom("server_settings").select("value").where("name", "=", COUNTED_AT).executeTakeFirst();
  return row === undefined ? null : new Date(row.value as string);
}

export interface UnusedFilter {
  query?: string;
  sources?: string[];
}

export interface UnusedTitle {
  id: number;
  name: string;
  source: string;
  extension_for: string;
  hosts_count: number;
  unused_hosts_count: number;
  never_opened_hosts_count: number;
  unknown_hosts_count: number;
}

export type UnusedOrderKey = (typeof UNUSED_ORDER_KEYS)[number];

/** One page of the titles with hosts that have not opened them since `cutoff`; one row beyond the page. */
export async function unusedTitleList(db: Database, filter: UnusedFilter, cutoff: Date, page: Page<UnusedOrderKey>) {
  const unused = sql<UnusedTitle>`(
    SELECT t.id, t.name, t.source, t.extension_for, o.hosts_count, o.unused_hosts_count, o.never_opened_hosts_count,
      o.unknown_hosts_count
    FROM (${unusedCounts(cutoff)}) o
    JOIN software_titles t ON t.id = o.title_id
    WHERE o.unused_hosts_count > 0 AND ${titleConditions(filter)})`;
  const key = page.orderKey === "name" ? sql`lower(x.name)` : sql.ref(`x.${page.orderKey}`);
  const titles = db.selectFrom(unused.as("x")).selectAll("x");
  return applyKeyset(titles, key, sql.ref("x.id"), page, { nullable: false }).execute();
}

export async function unusedTitleCount(db: Database, filter: UnusedFilter, cutoff: Date): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    SELECT count(*) AS count FROM (${unusedCounts(cutoff)}) o JOIN software_titles t ON t.id = o.title_id
    WHERE o.unused_hosts_count > 0 AND ${titleConditions(filter)}`.execute(db);
  return rows[0]?.count ?? 0;
}

function unusedCounts(cutoff: Date) {
  const day = sql`${cutoff.toISOString().slice(0, 10)}::date`;
  return sql`
    SELECT title_id, sum(hosts_count)::integer AS hosts_count,
      coalesce(sum(hosts_count) FILTER (WHERE opening <> 'unknown' AND since < ${day}), 0)::integer AS unused_hosts_count,
      coalesce(sum(hosts_count) FILTER (WHERE opening = 'never' AND since < ${day}), 0)::integer AS never_opened_hosts_count,
      coalesce(sum(hosts_count) FILTER (WHERE opening = 'unknown'), 0)::integer AS unknown_hosts_count
    FROM software_title_openings GROUP BY title_id`;
}

function titleConditions(filter: UnusedFilter): RawBuilder<SqlBool> {
  const { query = "", sources } = filter;
  const named = query === "" ? sql`true` : sql`lower(t.name) LIKE lower(${containsPattern(query)})`;
  return sql<SqlBool>`${named} AND ${sources === undefined ? sql`true` : sql`t.source = ANY (${sources}::text[])`}`;
}

/** True of the titles (`s.title_id`) that a host has and did not open since `cutoff`, where its source tells openings. */
export function notOpenedOnHost(hostId: number, cutoff: Date): RawBuilder<SqlBool> {
  const mine = sql`host_software o JOIN software os ON os.id = o.software_id WHERE o.host_id = ${hostId}`;
  return sql<SqlBool>`(
    s.title_id IN (SELECT os.title_id FROM ${mine} GROUP BY 1 HAVING coalesce(max(o.last_opened_at), max(o.created_at)) < ${cutoff})
    AND s.source IN (SELECT os.source FROM ${mine} AND o.last_opened_at IS NOT NULL))`;
}
