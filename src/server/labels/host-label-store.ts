import { sql } from "kysely";
import type { ReadonlyDatabase } from "../database/tables.ts";

/** The labels of these hosts, by name: one range of the membership's key for each host. */
export async function hostLabelRows(db: ReadonlyDatabase, hostIds: number[]) {
  if (hostIds.length === 0) return [];
  return db
    .selectFrom("label_membership as m")
    .innerJoin("labels as l", "l.id", "m.label_id")
    .where("m.host_id", "=", sql<number>`any(${hostIds}::bigint[])`)
    .select(["m.host_id", "l.id", "l.name", "l.description", "l.label_type", "l.label_membership_type"])
    .orderBy(sql`lower(l.name)`)
    .execute();
}

/** The built-in labels, in the order they were made. */
export async function builtinLabelRows(db: ReadonlyDatabase) {
  return db
    .selectFrom("labels")
    .where("label_type", "=", "builtin")
    .select(["id", "name", "description"])
    .orderBy("id")
    .execute();
}
