import type { EndpointResult } from "#protocol/endpoint.ts";
import type { getOsVersion, listOsVersions as listOsVersionsEndpoint, OsVersion } from "#protocol/rest/software.ts";
import { notFound } from "../http/errors.ts";
import { pageResult } from "../http/paging.ts";
import type { Page } from "../http/paging.ts";
import { kernelsOfSystem, vulnerabilitiesOfSystems } from "../vulnerabilities/fields/vulnerabilities-of-systems.ts";
import type { DevicesDeps } from "./deps.ts";
import { osVersionById, osVersionCount, osVersionList } from "./os-version-store.ts";
import type { OsVersionFilter, OsVersionOrderKey, OsVersionRow } from "./os-version-store.ts";

type OsDeps = Pick<DevicesDeps, "replica" | "now">;

/** One page of the operating system versions that hosts run, with exact counts (os-version-store.ts says what one version is). */
export async function listOsVersions(
  deps: OsDeps,
  filter: OsVersionFilter,
  page: Page<OsVersionOrderKey>,
  max?: number,
): Promise<EndpointResult<typeof listOsVersionsEndpoint>> {
  const [read, count] = await Promise.all([osVersionList(deps.replica, filter, page), osVersionCount(deps.replica, filter)]);
  const { rows, meta } = pageResult(read, page);
  const vulnerabilities = await vulnerabilitiesOfSystems(
    deps.replica,
    rows.map((row) => row.id),
    max,
  );
  const os_versions = rows.map((row) => ({ ...presentOsVersion(row), ...vulnerabilities(row.id) }));
  return { count, counts_updated_at: deps.now().toISOString(), os_versions, meta };
}

/**
 * One operating system version, by its id or the id of any of its architectures and kernels.
 *
 * @throws {HttpError} 404 when no host runs it.
 */
export async function readOsVersion(deps: OsDeps, id: number, max?: number): Promise<EndpointResult<typeof getOsVersion>> {
  const row = await osVersionById(deps.replica, id);
  if (row === undefined) throw notFound("id", `No host runs an operating system version ${id}.`);
  const counts_updated_at = deps.now().toISOString();
  const own = { ...presentOsVersion(row), ...(await vulnerabilitiesOfSystems(deps.replica, [row.id], max))(row.id) };
  const linux = await kernelsOfSystem(deps.replica, row.id, max);
  return { counts_updated_at, os_version: { ...own, ...linux } };
}

function presentOsVersion(
  row: OsVersionRow,
): Omit<OsVersion, "generated_cpes" | "vulnerabilities_count" | "vulnerabilities" | "kernels"> {
  return {
    os_version_id: row.id,
    hosts_count: row.hosts_count,
    name: `${row.name} ${row.version}`.trim(),
    name_only: row.name,
    version: row.version,
    platform: row.platform,
  };
}
