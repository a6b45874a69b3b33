import { HOST_SOFTWARE_ORDER_KEYS, listHostSoftware as listHostSoftwareEndpoint } from "#protocol/rest/host-software.ts";
import {
  getSoftwareTitle,
  getSoftwareVersion,
  listSoftwareTitles,
  listSoftwareVersions,
  TITLE_ORDER_KEYS,
  VERSION_ORDER_KEYS,
} from "#protocol/rest/software.ts";
import * as exports from "#protocol/rest/exports.ts";
import type { Database } from "../database/tables.ts";
import { pageOf } from "../http/paging.ts";
import { downloadRoute, route, type Route } from "../http/route.ts";
import { exportTitles, exportVersions } from "./exports/export-catalogue.ts";
import { exportHolders, exportHostSoftware } from "./exports/export-host-software.ts";
import { listHostSoftware, readHostSoftwareFilter, readHostSoftwareTimes } from "./list-host-software.ts";
import { listTitles, readTitle } from "./list-titles.ts";
import { listVersions, readVersion } from "./list-versions.ts";
import { dateOf, present, readSoftwareFilter } from "./read-software-filter.ts";
import { exportSbom } from "./sbom/export-sbom.ts";

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
      listVersions(
        deps,
        await readSoftwareFilter(deps, query),
        pageOf(query, VERSION_ORDER),
        query.without_vulnerability_details,
      ),
    ),
    route(getSoftwareVersion, async ({ params, query }) => readVersion(deps, params.id, query.without_vulnerability_details)),
    route(listHostSoftwareEndpoint, async ({ params, query }) =>
      listHostSoftware(
        deps,
        params.id,
        { ...readHostSoftwareFilter(query), ...readHostSoftwareTimes(query, deps.now()) },
        pageOf(query, HOST_SOFTWARE_ORDER),
      ),
    ),
  ];
}

/** Exports of software and bills of materials: files, sent piece by piece. */
export function inventoryExportRoutes(deps: { db: Database; now: () => Date }): Route[] {
  return [
    downloadRoute(exports.exportSoftwareTitles, async ({ query }) =>
      exportTitles(deps, await readSoftwareFilter(deps, query), pageOf(query, TITLE_ORDER), query),
    ),
    downloadRoute(exports.exportSoftwareVersions, async ({ query }) =>
      exportVersions(deps, await readSoftwareFilter(deps, query), pageOf(query, VERSION_ORDER), query),
    ),
    downloadRoute(exports.exportHostSoftware, async ({ params, query }) =>
      exportHostSoftware(
        deps,
        params.id,
        { ...readHostSoftwareFilter(query), ...readHostSoftwareTimes(query, deps.now()) },
        query,
      ),
    ),
    downloadRoute(exports.exportHolders, async ({ query }) => {
      const { query: words, software_title_id, software_version_id, software_id, ...others } = query;
      const softwareId = software_version_id ?? software_id;
      // the host's filters pick hosts, the software's pick their rows; what names software does both
      const hosts = { ...others, ...present({ software_title_id, software_version_id: softwareId }) };
      const held = {
        ...readHostSoftwareFilter({ ...others, ...present({ query: words }) }),
        ...present({ titleId: software_title_id, softwareId }),
      };
      return exportHolders(deps, hosts, held, query);
    }),
    downloadRoute(exports.hostSbom, async ({ params, query }) =>
      exportSbom(deps, { kind: "host", id: params.id }, query.format ?? "cyclonedx", dateOf(query.as_of), query.vulnerabilities),
    ),
    downloadRoute(exports.labelSbom, async ({ params, query }) =>
      exportSbom(deps, { kind: "label", id: params.id }, query.format ?? "cyclonedx", dateOf(query.as_of), query.vulnerabilities),
    ),
    downloadRoute(exports.fleetSbom, async ({ query }) =>
      exportSbom(deps, { kind: "fleet" }, query.format ?? "cyclonedx", dateOf(query.as_of), query.vulnerabilities),
    ),
  ];
}
