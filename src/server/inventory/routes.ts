import { listHostSoftware as listHostSoftwareEndpoint } from "#protocol/rest/hosts.ts";
import { getSoftwareTitle, getSoftwareVersion, listSoftwareTitles, listSoftwareVersions } from "#protocol/rest/software.ts";
import type { Database } from "../database/tables.ts";
import { pageOf } from "../http/paging.ts";
import { route, type Route } from "../http/route.ts";
import { HOST_SOFTWARE_ORDER_KEYS } from "./host-software-list-store.ts";
import { listHostSoftware, readHostSoftwareFilter } from "./list-host-software.ts";
import { listTitles, readTitle } from "./list-titles.ts";
import { listVersions, readVersion } from "./list-versions.ts";
import { readSoftwareFilter } from "./read-software-filter.ts";
import { VERSION_ORDER_KEYS } from "./software-store.ts";
import { TITLE_ORDER_KEYS } from "./title-store.ts";

export const TITLE_ORDER = { orderKeys: TITLE_ORDER_KEYS, defaultKey: "hosts_count", defaultDirection: "desc" } as const;
export const VERSION_ORDER = { orderKeys: VERSION_ORDER_KEYS, defaultKey: "hosts_count", defaultDirection: "desc" } as const;
export const HOST_SOFTWARE_ORDER = { orderKeys: HOST_SOFTWARE_ORDER_KEYS, defaultKey: "name" } as const;

/** The REST endpoints of the inventory. */
export function inventoryRoutes(deps: { db: Database; now: () => Date }): Route[] {
  return [
    route(listSoftwareTitles, async ({ query }) =>
      listTitles(deps, await readSoftwareFilter(deps, query), pageOf(query, TITLE_ORDER)),
    ),
    route(getSoftwareTitle, async ({ params }) => readTitle(deps, params.id)),
    route(listSoftwareVersions, async ({ query }) =>
      listVersions(deps, await readSoftwareFilter(deps, query), pageOf(query, VERSION_ORDER)),
    ),
    route(getSoftwareVersion, async ({ params }) => readVersion(deps, params.id)),
    route(listHostSoftwareEndpoint, async ({ params, query }) =>
      listHostSoftware(deps, params.id, readHostSoftwareFilter(query), pageOf(query, HOST_SOFTWARE_ORDER)),
    ),
  ];
}
