import { exportHosts as exportHostsEndpoint } from "#protocol/rest/exports.ts";
import { hostSummary } from "#protocol/rest/host-summary.ts";
import * as hosts from "#protocol/rest/hosts.ts";
import { getOsVersion, listOsVersions as listOsVersionsEndpoint, OS_VERSION_ORDER_KEYS } from "#protocol/rest/software.ts";
import { listLabelHosts } from "#protocol/rest/labels.ts";
import { pageOf } from "../http/paging.ts";
import { downloadRoute, route } from "../http/route.ts";
import type { Route } from "../http/route.ts";
import { deleteHost, deleteHosts } from "./delete-hosts.ts";
import type { DevicesDeps } from "./deps.ts";
import { exportHosts } from "./export-hosts.ts";
import { boundedByContent, countHosts, listHosts, listHostsOfLabel } from "./list-hosts.ts";
import { listOsVersions, readOsVersion } from "./list-os-versions.ts";
import { readHost, readHostByIdentifier } from "./read-host.ts";
import { requestRefetch } from "./request-refetch.ts";
import { summariseHosts } from "./summarise-hosts.ts";

const HOST_ORDER = { orderKeys: hosts.HOST_ORDER_KEYS, defaultKey: "id" } as const;
const OS_ORDER = { orderKeys: OS_VERSION_ORDER_KEYS, defaultKey: "hosts_count", defaultDirection: "desc" } as const;

/** The REST endpoints of hosts and operating systems. */
export function devicesRoutes(deps: DevicesDeps): Route[] {
  return [
    route(hosts.listHosts, async ({ query }) => listHosts(deps, query, pageOf(boundedByContent(query), HOST_ORDER))),
    downloadRoute(exportHostsEndpoint, async ({ query }) => exportHosts(deps, query, pageOf(query, HOST_ORDER), query)),
    route(listLabelHosts, async ({ params, query }) => listHostsOfLabel(deps, params.id, query, pageOf(query, HOST_ORDER))),
    route(hosts.countHosts, async ({ query }) => countHosts(deps, query)),
    route(hosts.getHost, async ({ params, query }) => readHost(deps, params.id, query)),
    route(hosts.getHostByIdentifier, async ({ params, query }) => readHostByIdentifier(deps, params.identifier, query)),
    route(hosts.deleteHost, async ({ params, caller }) => {
      await deleteHost(deps, params.id, caller);
      return {};
    }),
    route(hosts.deleteHosts, async ({ body, caller }) => {
      await deleteHosts(deps, body.ids, caller);
      return {};
    }),
    route(hosts.refetchHost, async ({ params }) => {
      await requestRefetch(deps, params.id);
      return {};
    }),
    route(hostSummary, async ({ query }) => summariseHosts(deps, query)),
    route(listOsVersionsEndpoint, async ({ query }) =>
      listOsVersions(deps, query, pageOf(query, OS_ORDER), query.max_vulnerabilities),
    ),
    route(getOsVersion, async ({ params, query }) => readOsVersion(deps, params.id, query.max_vulnerabilities)),
  ];
}
