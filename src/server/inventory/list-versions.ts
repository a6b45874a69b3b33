import type { EndpointResult } from "#protocol/endpoint.ts";
import type { getSoftwareVersion, listSoftwareVersions, SoftwareVersion } from "#protocol/rest/software.ts";
import type { Database } from "../database/tables.ts";
import { notFound } from "../http/errors.ts";
import { pageResult, type Page } from "../http/paging.ts";
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
): Promise<EndpointResult<typeof listSoftwareVersions>> {
  await settleCounts(deps.db);
  const [read, count] = await Promise.all([softwareList(deps.db, filter, page), softwareCount(deps.db, filter)]);
  const { rows, meta } = pageResult(read, page);
  return { counts_updated_at: deps.now().toISOString(), count, software: rows.map(presentVersion), meta };
}

/**
 * One software version.
 *
 * @throws {HttpError} 404 for an unknown id.
 */
export async function readVersion(deps: Deps, id: number): Promise<EndpointResult<typeof getSoftwareVersion>> {
  await settleCounts(deps.db);
  const row = await softwareById(deps.db, id);
  if (row === undefined) throw notFound("id", `There is no software version ${id}.`);
  return { software: presentVersion(row) };
}

function presentVersion(row: NonNullable<Awaited<ReturnType<typeof softwareById>>>): SoftwareVersion {
  return {
    id: row.id,
    software_title_id: row.title_id,
    ...presentNames(row),
    version: row.version,
    ...presentOptional(row, "extension_id", "bundle_identifier", "upgrade_code", "application_id", "release", "vendor", "arch"),
    generated_cpe: "",
    hosts_count: row.hosts_count,
    created_at: row.created_at.toISOString(),
    vulnerabilities: null,
  };
}
