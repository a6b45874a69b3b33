import { listActivities as listActivitiesEndpoint, listHostActivities } from "#protocol/rest/activities.ts";
import type { Database } from "../database/tables.ts";
import { badRequest } from "../http/errors.ts";
import { pageOf } from "../http/paging.ts";
import { route } from "../http/route.ts";
import type { Route } from "../http/route.ts";
import { listActivities } from "./list-activities.ts";

const ORDER = { orderKeys: ["id", "created_at"], defaultKey: "id", defaultDirection: "desc" } as const;

/** The audit trail. */
export function activityRoutes({ db }: { db: Database }): Route[] {
  return [
    route(listActivitiesEndpoint, async ({ query }) => {
      const { activity_type: type, query: actor } = query;
      const from = timeOf("start_created_at", query.start_created_at);
      const to = timeOf("end_created_at", query.end_created_at);
      return listActivities(db, { type, actor, from, to }, pageOf(query, ORDER));
    }),
    route(listHostActivities, async ({ params, query }) =>
      listActivities(db, { hostId: params.id, actor: query.query }, pageOf(query, ORDER)),
    ),
  ];
}

/** RFC 3339 allows times that no calendar has (the year 0, a second 60). */
function timeOf(name: string, text: string | undefined): Date | undefined {
  if (text === undefined) return undefined;
  const time = new Date(text);
  if (Number.isNaN(time.getTime()) || time.getUTCFullYear() < 1) throw badRequest(name, "There is no such time.");
  return time;
}
