import {
  hostSoftwareHistory,
  listUnusedSoftware,
  softwareTitleAdoption,
  softwareTitleHistory,
  softwareTitleHosts,
} from "#protocol/rest/history.ts";
import { route, type Route } from "../../http/route.ts";
import type { HistoryDeps } from "./deps.ts";
import { listHostHistory, listTitleHistory } from "./list-history.ts";
import { listTitleHosts } from "./list-title-hosts.ts";
import { listUnused } from "./list-unused.ts";
import { readAdoption } from "./read-adoption.ts";

/** The REST endpoints of the past. */
export function historyRoutes(deps: HistoryDeps): Route[] {
  return [
    route(hostSoftwareHistory, async ({ params, query }) => listHostHistory(deps, params.id, query)),
    route(softwareTitleHistory, async ({ params, query }) => listTitleHistory(deps, params.id, query)),
    route(softwareTitleHosts, async ({ params, query }) => listTitleHosts(deps, params.id, query)),
    route(softwareTitleAdoption, async ({ params, query }) => readAdoption(deps, params.id, query)),
    route(listUnusedSoftware, async ({ query }) => listUnused(deps, query)),
  ];
}
