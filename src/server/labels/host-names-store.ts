import { sql } from "kysely";
import type { Database } from "../database/tables.ts";

/** The hosts with these serials, hostnames or uuids (without regard to case), by the name that was given. Each kind by its own index. */
export async function hostIdsByName(db: Database, names: string[]): Promise<{ name: string; host_id: number }[]> {
  if (names.length === 0) return [];
  const { rows } = await sql<{ name: string; host_id: number }>`
    WITH given AS (SELECT name, lower(name) AS lowered FROM unnest(${names}::text[]) AS n (name))
    SELECT g.name, h.id AS host_id FROM given g JOIN hosts h ON lower(h.hardware_serial) = g.lowered
    UNION SELECT g.name, h.id FROM given g JOIN hosts h ON lower(h.hostname) = g.lowered
    UNION SELECT g.name, h.id FROM given g JOIN hosts h ON lower(h.uuid) = g.lowered AND h.uuid <> ''`.execute(db);
  return rows;
}

export async function hostExists(db: Database, hostId: number): Promise<boolean> {
  return (await db.selectFrom("hosts").where("id", "=", hostId).select("id").executeTakeFirst()) !== undefined;
}

/** The members of a label, by id. */
export async function labelMemberIds(db: Database, labelId: number): Promise<number[]> {
  const rows = await db
    .selectFrom("label_membership")
    .where("label_id", "=", labelId)
    .select("host_id")
    .orderBy("host_id")
    .execute();
  return rows.map((row) => row.host_id);
}
