import type { EndpointResult } from "#protocol/endpoint.ts";
import type { listVulnerabilities as listEndpoint } from "#protocol/rest/vulnerabilities.ts";
import type { Database } from "../../database/tables.ts";
import { pageResult, type Page } from "../../http/paging.ts";
import { labelExposuresCounted } from "../labels/count-label-exposures.ts";
import {
  exposureCount,
  exposurePageQuery,
  exposuresById,
  type VulnerabilityFilter,
  type VulnerabilityOrderKey,
} from "./exposure-list-store.ts";
import { presentVulnerability } from "./present-vulnerability.ts";

interface Deps {
  db: Database;
  now: () => Date;
}

/** One page of the vulnerabilities that the fleet, or a label's hosts, are exposed to. */
export async function listVulnerabilities(
  deps: Deps,
  filter: VulnerabilityFilter,
  page: Page<VulnerabilityOrderKey>,
): Promise<EndpointResult<typeof listEndpoint>> {
  const { labelId } = filter;
  const counted = labelId === undefined ? deps.now() : await labelExposuresCounted(deps, labelId);
  const [read, count] = await Promise.all([exposurePageQuery(deps.db, filter, page).execute(), exposureCount(deps.db, filter)]);
  const { rows, meta } = pageResult(read, page);
  const exposures = await exposuresById(
    deps.db,
    rows.map((row) => row.vulnerability_id),
  );
  const vulnerabilities = rows.flatMap((row) => {
    const exposure = exposures.get(row.vulnerability_id);
    // the counts of the page's own row: within a label they are other ones
    return exposure === undefined ? [] : [presentVulnerability({ ...exposure, ...row })];
  });
  return { count, counts_updated_at: counted.toISOString(), vulnerabilities, meta };
}
