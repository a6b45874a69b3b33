import {
  explainVulnerability,
  getVulnerability,
  HOST_VULNERABILITY_ORDER_KEYS,
  hostHealth,
  listHostVulnerabilities as listHostVulnerabilitiesEndpoint,
  listVulnerabilities as listVulnerabilitiesEndpoint,
  VULNERABILITY_ORDER_KEYS,
  vulnerabilityExposure,
  vulnerabilityHistory,
} from "#protocol/rest/vulnerabilities.ts";
import * as exports from "#protocol/rest/vulnerability-exports.ts";
import { getVulnerabilityRescan, rescanVulnerabilities } from "#protocol/rest/vulnerability-rescans.ts";
import {
  listVulnerableSoftware as listVulnerableSoftwareEndpoint,
  VULNERABLE_SOFTWARE_ORDER_KEYS,
} from "#protocol/rest/vulnerable-software.ts";
import type { Database } from "../database/tables.ts";
import { pageOf } from "../http/paging.ts";
import { downloadRoute, NO_CONTENT, route, type Route } from "../http/route.ts";
import { explainFindings } from "./explain/explain-findings.ts";
import { exportHostVulnerabilities, exportVulnerabilities, exportVulnerableHosts } from "./exports/export-vulnerabilities.ts";
import { readExposure } from "./exposure/read-exposure.ts";
import { listHostVulnerabilities, readHostHealth } from "./hosts/list-host-vulnerabilities.ts";
import { listVulnerabilities } from "./lists/list-vulnerabilities.ts";
import { listVulnerableSoftware } from "./lists/list-vulnerable-software.ts";
import { readFindingFilter, readVulnerabilityFilter } from "./lists/read-vulnerability-filter.ts";
import { readHistory, readVulnerability } from "./lists/read-vulnerability.ts";
import { loadProductCatalogue } from "./identity/load-catalogue.ts";
import { readRescan, requestRescanAs } from "./matching/request-rescan.ts";

const ORDER = { orderKeys: VULNERABILITY_ORDER_KEYS, defaultKey: "created_at", defaultDirection: "desc" } as const;
const HOST_ORDER = { orderKeys: HOST_VULNERABILITY_ORDER_KEYS, defaultKey: "priority", defaultDirection: "desc" } as const;
const SOFTWARE_ORDER = {
  orderKeys: VULNERABLE_SOFTWARE_ORDER_KEYS,
  defaultKey: "hosts_count",
  defaultDirection: "desc",
} as const;
const HISTORY_ORDER = { orderKeys: ["created_at"], defaultKey: "created_at", defaultDirection: "desc" } as const;

/** The REST endpoints that tell of vulnerabilities; feeds, decisions and VEX have their own. */
export function vulnerabilitiesRoutes(deps: { db: Database; now: () => Date; dataDir: string }): Route[] {
  const catalogue = async () => ({ catalogue: await loadProductCatalogue({ db: deps.db, directory: deps.dataDir }) });
  return [
    route(listVulnerabilitiesEndpoint, async ({ query }) =>
      listVulnerabilities(deps, await readVulnerabilityFilter(deps, query), pageOf(query, ORDER)),
    ),
    route(
      getVulnerability,
      async ({ params, query: { known, without_software: withoutSoftware } }) =>
        (await readVulnerability(deps, params.cve, { known, withoutSoftware })) ?? NO_CONTENT,
    ),
    route(listVulnerableSoftwareEndpoint, async ({ params, query }) =>
      listVulnerableSoftware(deps, params.cve, query, pageOf(query, SOFTWARE_ORDER)),
    ),
    route(explainVulnerability, async ({ params, query }) => explainFindings({ db: deps.db, catalogue }, params.cve, query)),
    route(vulnerabilityHistory, async ({ params, query }) => readHistory(deps, params.cve, pageOf(query, HISTORY_ORDER))),
    route(rescanVulnerabilities, async ({ caller }) => ({ rescan: await requestRescanAs(deps.db, caller) })),
    route(getVulnerabilityRescan, async ({ params }) => ({ rescan: await readRescan(deps.db, params.id) })),
    route(vulnerabilityExposure, async ({ query }) => readExposure(deps, query.days)),
    route(listHostVulnerabilitiesEndpoint, async ({ params, query }) =>
      listHostVulnerabilities(deps, params.id, readFindingFilter(deps, query), pageOf(query, HOST_ORDER)),
    ),
    route(hostHealth, async ({ params }) => readHostHealth(deps, params.id)),
    downloadRoute(exports.exportVulnerabilities, async ({ query }) =>
      exportVulnerabilities(deps, await readVulnerabilityFilter(deps, query), pageOf(query, ORDER), query),
    ),
    downloadRoute(exports.exportHostVulnerabilities, async ({ params, query }) =>
      exportHostVulnerabilities(deps, params.id, readFindingFilter(deps, query), pageOf(query, HOST_ORDER), query),
    ),
    downloadRoute(exports.exportVulnerableHosts, async ({ query }) =>
      exportVulnerableHosts(deps, query, readFindingFilter(deps, query), query),
    ),
  ];
}
