import type { EndpointResult } from "#protocol/endpoint.ts";
import type { listVulnerabilities as listEndpoint } from "#protocol/rest/vulnerabilities.ts";
import type { Database } from "../../database/tables.ts";
import { pageResult, type Page } from "../../http/paging.ts";
import {
  exposureCount,
  exposurePageQuery,
  exposuresById,
  type VulnerabilityFilter,
  type VulnerabilityOrderKey,
} from "./exposure-list-store.ts";
import { labelHostsCounts } from "./label-hosts-store.ts";
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
  const [read, count] = await Promise.all([exposurePageQuery(deps.db, filter, page).execute(), exposureCount(deps.db, filter)]);
  const { rows, meta } = pageResult(read, page);
  const ids = rows.map((row) => row.vulnerability_id);
  const { labelId } = filter;
  const [exposures, within] = await Promise.all([
    exposuresById(deps.db, ids),
    labelId === undefined ? null : labelHostsCounts(deps.db, labelId, ids),
  ]);
  const vulnerabilities = ids.flatMap((id) => {
    const row = exposures.get(id);
    if (row === undefined) return [];
    return [presentVulnerability(within === null ? row : { ...row, hosts_count: within.get(id) ?? 0 })];
  });
  return { count, counts_updated_at: deps.now().toISOString(), vulnerabilities, meta };
}
