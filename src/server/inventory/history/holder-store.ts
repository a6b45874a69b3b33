import { sql, type RawBuilder } from "kysely";
import type { Database } from "../../database/tables.ts";

/** One host that held versions of a title at a moment. */
export interface HolderRow {
  host_id: number;
  display_name: string;
  platform: string;
  versions: { id: number; version: string; installed_at: string }[];
}

export interface HolderPage {
  limit: number;
  /** Hosts with greater ids; null: from the first one on. */
  afterHostId: number | null;
}

/**
 * Hosts that held one of these versions at a moment, by id, with the versions; one row beyond the page. Links of a version lie in
 * the order of hosts, so each gives no more than a page of them; ended links are found by version and end.
 */
export async function titleHolderList(db: Database, softwareIds: number[], at: Date, page: HolderPage): Promise<HolderRow[]> {
  const { rows } = await sql<HolderRow>`
    SELECT p.host_id, coalesce(nullif(h.computer_name, ''), nullif(h.hostname, ''), 'Device ' || h.id::text) AS display_name,
      h.platform, p.versions
    FROM (
      SELECT l.host_id, json_agg(json_build_object('id', s.id, 'version', s.version, 'installed_at', l.since) ORDER BY s.id) AS versions
      FROM (${linksAt(softwareIds, at, page)}) l JOIN software s ON s.id = l.software_id
      GROUP BY l.host_id ORDER BY l.host_id LIMIT ${page.limit}
    ) p JOIN hosts h ON h.id = p.host_id ORDER BY p.host_id`.execute(db);
  return rows;
}

/** How many hosts held each of these versions at a moment; those that none held are left out. */
export async function versionHoldersCount(db: Database, softwareIds: number[], at: Date) {
  const { rows } = await sql<{ software_id: number; hosts_count: number }>`
    SELECT software_id, count(*) AS hosts_count FROM (${linksAt(softwareIds, at, null)}) l GROUP BY 1 ORDER BY 2 DESC, 1 DESC`.execute(
    db,
  );
  return rows;
}

/** How many hosts held any of these versions at a moment. */
export async function titleHoldersCount(db: Database, softwareIds: number[], at: Date): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    SELECT count(DISTINCT host_id) AS count FROM (${linksAt(softwareIds, at, null)}) l`.execute(db);
  return rows[0]?.count ?? 0;
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

/**
 * Links of versions at a moment: those that began by then, and ended ones that ended later; without those that came by a rename
 * after the moment and kept the beginning of what they renamed.
 */
function linksAt(softwareIds: number[], at: Date, page: HolderPage | null): RawBuilder<unknown> {
  const further = page === null || page.afterHostId === null ? sql`true` : sql`l.host_id > ${page.afterHostId}`;
  const cut = page === null ? sql`` : sql`ORDER BY l.host_id LIMIT ${page.limit}`;
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
