import type { Selectable } from "kysely";
import type { Activity } from "#protocol/rest/activities.ts";
import type { PageMeta } from "#protocol/rest/paging.ts";
import type { ActivitiesTable, Database } from "../database/tables.ts";
import { pageResult } from "../http/paging.ts";
import type { Page } from "../http/paging.ts";
import { activityList } from "./activity-store.ts";
import type { ActivityFilter } from "./activity-store.ts";

/** One page of the audit trail in the API's shape (reference fleet-rest-api.md §8). */
export async function listActivities(
  db: Database,
  filter: ActivityFilter,
  page: Page<"id" | "created_at">,
): Promise<{ activities: Activity[]; meta: PageMeta }> {
  const { rows, meta } = pageResult(await activityList(db, filter, page), page);
  return { activities: rows.map(presentActivity), meta };
}

function presentActivity(row: Selectable<ActivitiesTable>): Activity {
  return {
    id: row.id,
    created_at: row.created_at.toISOString(),
    type: row.type,
    actor_id: row.actor_id,
    actor_full_name: row.actor_full_name,
    actor_email: row.actor_email,
    actor_gravatar: row.actor_id === null ? null : "",
    actor_api_only: row.actor_api_only,
    fleet_initiated: row.actor_id === null,
    details: row.details,
  };
}
