import { sql } from "kysely";
import type { HeldSoftware, HostVitals } from "#domain/labels/vitals.ts";
import type { ReadonlyDatabase } from "../database/tables.ts";

/** What criteria may ask about these hosts, in the order of their ids; hosts that do not exist are left out. */
export async function hostVitals(db: ReadonlyDatabase, hostIds: number[]): Promise<(HostVitals & { id: number })[]> {
  const rows = await db
    .selectFrom("hosts as h")
    .leftJoin("operating_systems as o", "o.id", "h.operating_system_id")
    .where("h.id", "=", sql<number>`any(${hostIds}::bigint[])`)
    .select(["h.id", "h.hostname", "h.computer_name", "h.uuid", "h.hardware_serial", "h.hardware_vendor", "h.hardware_model"])
    .select(["h.platform", "h.platform_like", "o.name as os_name", "o.version as os_version", "h.cpu_type", "h.cpu_brand"])
    .select(["h.primary_ip", "h.public_ip", "h.timezone", "h.osquery_version", "h.muster_version", "h.memory"])
    .select(["h.cpu_logical_cores", "h.created_at", "h.last_enrolled_at"])
    .orderBy("h.id")
    .execute();
  return rows.map(({ os_name, os_version, timezone, muster_version, ...row }) => ({
    ...row,
    os_name: os_name ?? "",
    os_version: os_version ?? "",
    timezone: timezone ?? "",
    muster_version: muster_version ?? "",
  }));
}

/**
 * What these hosts hold under these names (of software or title, without regard to case), by host. The names lead: by their index to a
 * few rows of the catalogue, and from these to the hosts.
 */
export async function hostSoftwareNamed(
  db: ReadonlyDatabase,
  hostIds: number[],
  names: string[],
): Promise<Map<number, HeldSoftware[]>> {
  const held = new Map<number, HeldSoftware[]>();
  if (names.length === 0 || hostIds.length === 0) return held;
  const lowered = sql<string>`any(select lower(n) from unnest(${names}::text[]) n)`;
  const rows = await db
    .with("named", (qb) =>
      qb
        .selectFrom("software")
        .where(sql<string>`lower(name)`, "=", lowered)
        .select("id")
        .union(
          qb
            .selectFrom("software as s")
            .innerJoin("software_titles as t", "t.id", "s.title_id")
            .where(sql<string>`lower(t.name)`, "=", lowered)
            .select("s.id"),
        ),
    )
    .selectFrom("named as n")
    .innerJoin("host_software as hs", "hs.software_id", "n.id")
    .innerJoin("software as s", "s.id", "n.id")
    .innerJoin("software_titles as t", "t.id", "s.title_id")
    .where("hs.host_id", "=", sql<number>`any(${hostIds}::bigint[])`)
    .select(["hs.host_id", "s.name", "t.name as title", "s.source", "s.version"])
    .execute();
  for (const { host_id, ...software } of rows) held.set(host_id, [...(held.get(host_id) ?? []), software]);
  return held;
}

/** The next hosts after an id, in order. */
export async function hostIdsAfter(db: ReadonlyDatabase, afterId: number, limit: number): Promise<number[]> {
  const rows = await db.selectFrom("hosts").where("id", ">", afterId).select("id").orderBy("id").limit(limit).execute();
  return rows.map((row) => row.id);
}

/** What a list of a few hosts shows. */
export async function hostsShown(db: ReadonlyDatabase, hostIds: number[]) {
  if (hostIds.length === 0) return [];
  return db
    .selectFrom("hosts")
    .where("id", "in", hostIds)
    .select(["id", "hostname", "computer_name", "platform", "os_version"])
    .orderBy("id")
    .execute();
}
