import { sql } from "kysely";
import { platformFamily } from "#domain/software/sources.ts";
import type { Database } from "../database/tables.ts";

/** Dynamic labels given to one host. */
export const DYNAMIC_LABELS_MAX = 200;

/** The dynamic labels whose query goes to hosts of this platform; oldest first. */
export async function dynamicLabelsOf(db: Database, platform: string): Promise<{ id: number; query: string }[]> {
  const family = platformFamily(platform) ?? "";
  return db
    .selectFrom("labels")
    .where("label_membership_type", "=", "dynamic")
    .where(sql<boolean>`platform in ('', ${platform}, ${family})`)
    .select(["id", "query"])
    .orderBy("id")
    .limit(DYNAMIC_LABELS_MAX)
    .execute();
}

/** Which of these labels a host is in. */
export async function hostLabelIds(db: Database, hostId: number, labelIds: number[]): Promise<number[]> {
  const rows = await db
    .selectFrom("label_membership")
    .where("host_id", "=", hostId)
    .where("label_id", "in", labelIds)
    .select("label_id")
    .execute();
  return rows.map((row) => row.label_id);
}
