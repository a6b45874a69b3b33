import { listHostSoftware as listHostSoftwareEndpoint } from "#protocol/rest/hosts.ts";
import { getSoftwareTitle, getSoftwareVersion, listSoftwareTitles, listSoftwareVersions } from "#protocol/rest/software.ts";
import type { Database } from "../database/tables.ts";
import { pageOf } from "../http/paging.ts";
import { route, type Route } from "../http/route.ts";
import { listHostSoftware } from "./list-host-software.ts";
import { listTitles, readTitle } from "./list-titles.ts";
import { listVersions, readVersion } from "./list-versions.ts";

const TITLE_ORDER = {
  orderKeys: ["name", "hosts_count", "versions_count", "source"],
  defaultKey: "hosts_count",
  defaultDirection: "desc",
} as const;
const VERSION_ORDER = {
  orderKeys: ["name", "hosts_count", "version", "source"],
  defaultKey: "hosts_count",
  defaultDirection: "desc",
} as const;

function softwareFilter(query: { query?: string; source?: string }) {
  const sources = query.source?.split(",").filter((source) => source !== "");
  return {
    ...(query.query === undefined ? {} : { query: query.query }),
    ...(sources === undefined || sources.length === 0 ? {} : { sources }),
  };
}

/** The REST endpoints of the inventory. */
export function inventoryRoutes(deps: { db: Database; now: () => Date }): Route[] {
  return [
    route(listSoftwareTitles, async ({ query }) => listTitles(deps, softwareFilter(query), pageOf(query, TITLE_ORDER))),
    route(getSoftwareTitle, async ({ params }) => readTitle(deps, params.id)),
    route(listSoftwareVersions, async ({ query }) => listVersions(deps, softwareFilter(query), pageOf(query, VERSION_ORDER))),
    route(getSoftwareVersion, async ({ params }) => readVersion(deps, params.id)),
    route(listHostSoftwareEndpoint, async ({ params, query }) =>
      listHostSoftware(deps, params.id, query, pageOf(query, { orderKeys: ["name", "source"], defaultKey: "name" })),
    ),
  ];
}
