import type { EndpointResult } from "#protocol/endpoint.ts";
import type { getSoftwareVersion, listSoftwareVersions, SoftwareVersion } from "#protocol/rest/software.ts";
import type { Database } from "../database/tables.ts";
import { notFound } from "../http/errors.ts";
import { pageResult, type Page } from "../http/paging.ts";
import {
  vulnerabilitiesOfSoftware,
  type SoftwareVulnerabilities,
} from "../vulnerabilities/fields/vulnerabilities-of-software.ts";
import type { SoftwareFilter } from "./catalogue-filter-store.ts";
import { presentNames, presentOptional } from "./present.ts";
import { settleCounts } from "./settle-counts.ts";
import { softwareById, softwareCount, softwareList, type SoftwareOrderKey } from "./software-store.ts";

interface Deps {
  db: Database;
  now: () => Date;
}

/** One page of software versions with exact counts. */
export async function listVersions(
  deps: Deps,
  filter: SoftwareFilter,
  page: Page<SoftwareOrderKey>,
  namesOnly = false,
): Promise<EndpointResult<typeof listSoftwareVersions>> {
  await settleCounts(deps.db);
  const [read, count] = await Promise.all([softwareList(deps.db, filter, page), softwareCount(deps.db, filter)]);
  const { rows, meta } = pageResult(read, page);
  const ids = rows.map((row) => row.id);
  const vulnerabilities = await vulnerabilitiesOfSoftware(deps.db, ids, namesOnly);
  const software = rows.map((row) => ({ ...presentVersion(row), ...vulnerabilities(row.id) }));
  return { counts_updated_at: deps.now().toISOString(), count, software, meta };
}

/**
 * One software version.
 *
 * @throws {HttpError} 404 for an unknown id.
 */
export async function readVersion(deps: Deps, id: number, namesOnly = false): Promise<EndpointResult<typeof getSoftwareVersion>> {
  await settleCounts(deps.db);
  const row = await softwareById(deps.db, id);
  if (row === undefined) throw notFound("id", `There is no software version ${id}.`);
  const vulnerabilities = await vulnerabilitiesOfSoftware(deps.db, [id], namesOnly);
  return { software: { ...presentVersion(row), ...vulnerabilities(id) } };
}

/** What the row itself tells; what is known of its vulnerabilities comes beside it. */
function presentVersion(
  row: NonNullable<Awaited<ReturnType<typeof softwareById>>>,
): Omit<SoftwareVersion, keyof SoftwareVulnerabilities> {
  return {
    id: row.id,
    software_title_id: row.title_id,
    ...presentNames(row),
    version: row.version,
    ...presentOptional(row, "extension_id", "bundle_identifier", "upgrade_code", "application_id", "release", "vendor", "arch"),
    hosts_count: row.hosts_count,
    created_at: row.created_at.toISOString(),
  };
}
