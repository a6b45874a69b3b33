import { listActivities as listActivitiesEndpoint } from "#protocol/rest/activities.ts";
import type { Database } from "../database/tables.ts";
import { pageOf } from "../http/paging.ts";
import { route } from "../http/route.ts";
import type { Route } from "../http/route.ts";
import { listActivities } from "./list-activities.ts";

/** The audit trail. */
export function activityRoutes({ db }: { db: Database }): Route[] {
  return [
    route(listActivitiesEndpoint, async ({ query }) => {
      const { activity_type: type, query: actor, start_created_at: from, end_created_at: to } = query;
      const page = pageOf(query, { orderKeys: ["id", "created_at"], defaultKey: "id", defaultDirection: "desc" });
      return listActivities(db, { type, actor, from, to }, page);
    }),
  ];
}
