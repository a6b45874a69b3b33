import { sql, type RawBuilder, type SqlBool } from "kysely";
import type { HOLDER_ORDER_KEYS } from "#protocol/rest/history.ts";
import type { Database } from "../../database/tables.ts";
import { applyKeyset, type Page } from "../../http/paging.ts";
import { containsWords, searchWords } from "../catalogue-filter-store.ts";

export type HolderOrderKey = (typeof HOLDER_ORDER_KEYS)[number];

/** Which holders are meant: those of these versions at a moment, with a name that has every word of the search. */
export interface HolderFilter {
  softwareIds: number[];
  at: Date;
  query?: string;
}

/** One host that held versions of a title at a moment. */
export interface HolderRow {
  host_id: number;
  display_name: string;
  platform: string;
  versions: { id: number; version: string; installed_at: string }[];
}

/** A host with all that it held of the versions: their ids, and since when it held each. */
interface Holder {
  host_id: number;
  display_name: string;
  platform: string;
  software_ids: number[];
  since: Date[];
  installed_at: Date;
}

const HOST_NAME = sql<string>`coalesce(nullif(h.computer_name, ''), nullif(h.hostname, ''), 'Device ' || h.id::text)`;

const ORDER: Record<HolderOrderKey, RawBuilder<unknown>> = {
  id: sql`p.host_id`,
  display_name: sql`lower(p.display_name)`,
  platform: sql`p.platform`,
  installed_at: sql`p.installed_at`,
};

/**
 * One page of hosts that held any of the versions at a moment; one row beyond the page. By id and without a search only a page of each
 * version's links is read: they lie in the order of hosts. Any other order has to see all holders; what they held is written out for
 * the page's alone. Hosts are joined before anything is grouped: of groups the planner can not know how many there will be.
 */
export async function titleHolderList(db: Database, filter: HolderFilter, page: Page<HolderOrderKey>) {
  const { softwareIds, at, query } = filter;
  const cut = page.orderKey === "id" && !isSearch(query) ? page : null;
  const holders = sql<Holder>`(
    SELECT h.id AS host_id, ${HOST_NAME} AS display_name, h.platform, array_agg(l.software_id) AS software_ids,
      array_agg(l.since) AS since, min(l.since) AS installed_at
    FROM (${linksAt(softwareIds, at, cut)}) l JOIN hosts h ON h.id = l.host_id
    WHERE ${isNamed(query)} GROUP BY h.id)`;
  const versions = sql<HolderRow["versions"]>`(
    SELECT json_agg(json_build_object('id', s.id, 'version', s.version, 'installed_at', u.since) ORDER BY s.id)
    FROM unnest(p.software_ids, p.since) AS u(software_id, since) JOIN software s ON s.id = u.software_id)`;
  const rows = db.selectFrom(holders.as("p")).select(["p.host_id", "p.platform", "p.display_name", versions.as("versions")]);
  return applyKeyset(rows, ORDER[page.orderKey], sql`p.host_id`, page, { nullable: false }).execute();
}

/**
 * How many hosts held any of these versions at a moment, and how many held each, most first; those that none held are left out. The
 * links are read once for both.
 */
export async function holdersCount(db: Database, filter: HolderFilter) {
  const { rows } = await sql<{ software_id: number | null; hosts_count: number }>`
    WITH held AS MATERIALIZED (SELECT host_id, software_id FROM ${heldLinks(filter)})
    SELECT NULL::bigint AS software_id, count(DISTINCT host_id) AS hosts_count FROM held
    UNION ALL SELECT software_id, count(*) FROM held GROUP BY software_id
    ORDER BY hosts_count DESC, software_id DESC`.execute(db);
  const versions = rows.flatMap(({ software_id, hosts_count }) => (software_id === null ? [] : [{ software_id, hosts_count }]));
  return { count: rows.find((row) => row.software_id === null)?.hosts_count ?? 0, versions };
}

/** The versions of a title that anybody could have held at a moment, or the one that is asked for. */
export async function versionsKnownAt(db: Database, titleId: number, at: Date, softwareId?: number) {
  let query = db
    .selectFrom("software")
    .select(["id", "name", "version", "release"])
    .where("title_id", "=", titleId)
    .where("created_at", "<=", at);
  if (softwareId !== undefined) query = query.where("id", "=", softwareId);
  return query.orderBy("id").execute();
}

function isSearch(query: string | undefined): boolean {
  return searchWords(query).length > 0;
}

/** True of the hosts (`h`) in whose names every word of a search occurs. */
function isNamed(query: string | undefined): RawBuilder<SqlBool> {
  return containsWords(sql`lower(h.hostname || ' ' || h.computer_name)`, searchWords(query));
}

/** All links of a filter, as the end of a query. */
function heldLinks({ softwareIds, at, query }: HolderFilter): RawBuilder<unknown> {
  const found = isSearch(query) ? sql`WHERE l.host_id IN (SELECT h.id FROM hosts h WHERE ${isNamed(query)})` : sql``;
  return sql`(${linksAt(softwareIds, at, null)}) l ${found}`;
}

/**
 * Links of versions at a moment: those that began by then, and ended ones that ended later; without those that came by a rename
 * after the moment and kept the beginning of what they renamed. With a page (by id): of each version no more than the page can show.
 */
function linksAt(softwareIds: number[], at: Date, page: Page | null): RawBuilder<unknown> {
  const { further, cut } = page === null ? { further: sql`true`, cut: sql`` } : cutOf(page);
  const renamedLater = sql`
    SELECT 1 FROM host_software_history r
    WHERE r.event = 'renamed' AND r.next_software_id = l.software_id AND r.host_id = l.host_id AND r.removed_at > ${at}`;
  return sql`
    SELECT l.host_id, l.software_id, l.since
    FROM unnest(${softwareIds}::bigint[]) AS v(id) CROSS JOIN LATERAL (
      (SELECT l.host_id, l.software_id, l.created_at AS since FROM host_software l
        WHERE l.software_id = v.id AND l.created_at <= ${at} AND ${further}
          AND NOT EXISTS (${renamedLater}) ${cut})
      UNION ALL
      (SELECT l.host_id, l.software_id, l.installed_at FROM host_software_history l
        WHERE l.software_id = v.id AND l.removed_at > ${at} AND l.installed_at <= ${at} AND ${further}
          AND NOT EXISTS (${renamedLater} AND r.removed_at < l.removed_at) ${cut})
    ) l`;
}

/** Where each version's links begin and end for a page of hosts by id. */
function cutOf({ after, direction, limit, offset }: Page): { further: RawBuilder<unknown>; cut: RawBuilder<unknown> } {
  const [sign, way] = direction === "asc" ? [sql`>`, sql`ASC`] : [sql`<`, sql`DESC`];
  const place = after?.value ?? null;
  return {
    further: place === null ? sql`true` : sql`l.host_id ${sign} ${place}::bigint`,
    cut: sql`ORDER BY l.host_id ${way} LIMIT ${limit + offset + 1}`,
  };
}
