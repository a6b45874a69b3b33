import { sql } from "kysely";
import type { Insertable } from "kysely";
import type { ActivitiesTable, Database } from "../database/tables.ts";
import { containsPattern } from "../database/like-pattern.ts";
import { applyKeyset } from "../http/paging.ts";
import type { Page } from "../http/paging.ts";

/** Appends to the audit trail. */
export async function activityInsert(db: Database, activity: Insertable<ActivitiesTable>): Promise<void> {
  await db.insertInto("activities").values(activity).execute();
}

export interface ActivityFilter {
  type?: string | undefined;
  hostId?: number | undefined;
  /** Searches the actor's name and e-mail address. */
  actor?: string | undefined;
  from?: Date | undefined;
  /** Included, with its whole millisecond: times are shown that exactly. */
  to?: Date | undefined;
}

/** One page of the audit trail, with the columns that pageResult takes off. */
export async function activityList(db: Database, filter: ActivityFilter, page: Page<"id" | "created_at">) {
  let query = db.selectFrom("activities").selectAll();
  if (filter.type !== undefined) query = query.where("type", "=", filter.type);
  if (filter.hostId !== undefined) {
    // in the words of the index activities_host_id
    query = query.where(sql<boolean>`details ? 'host_id' AND (details->>'host_id')::bigint = ${filter.hostId}`);
  }
  if (filter.from !== undefined) query = query.where("created_at", ">=", filter.from);
  if (filter.to !== undefined) query = query.where("created_at", "<", new Date(filter.to.getTime() + 1));
  if (filter.actor !== undefined && filter.actor !== "") {
    const pattern = containsPattern(filter.actor);
    query = query.where((eb) => eb.or([eb("actor_full_name", "ilike", pattern), eb("actor_email", "ilike", pattern)]));
  }
  const column = sql.ref(`activities.${page.orderKey}`);
  return applyKeyset(query, column, sql.ref("activities.id"), page, { nullable: false }).execute();
}
