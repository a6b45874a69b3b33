import { isRunningKernel } from "#domain/vulnerability/running-kernel.ts";
import type { EndpointResult } from "#protocol/endpoint.ts";
import type { hostHealth, listHostVulnerabilities as listEndpoint } from "#protocol/rest/vulnerabilities.ts";
import type { Database } from "../../database/tables.ts";
import { notFound } from "../../http/errors.ts";
import { pageResult, type Page } from "../../http/paging.ts";
import {
  hostOfVulnerabilities,
  hostVulnerabilityCount,
  hostVulnerabilityPageQuery,
  vulnerableSoftwareOfHost,
  type HostVulnerability,
  type HostVulnerabilityFilter,
  type HostVulnerabilityOrderKey,
} from "./host-vulnerability-store.ts";
import { presentFinding } from "./present-finding.ts";

interface Deps {
  db: Database;
  now: () => Date;
}

type Answer = EndpointResult<typeof listEndpoint>;

/** Software that Fleet's health tells of. */
const HEALTH_SOFTWARE_MAX = 1000;

/**
 * One page of a host's vulnerabilities, each in each software that has it.
 *
 * @throws {HttpError} 404 for an unknown host
 */
export async function listHostVulnerabilities(
  deps: Deps,
  hostId: number,
  filter: HostVulnerabilityFilter,
  page: Page<HostVulnerabilityOrderKey>,
): Promise<Answer> {
  await requireHost(deps.db, hostId);
  const [read, counts] = await Promise.all([
    hostVulnerabilityPageQuery(deps.db, hostId, filter, page).execute(),
    hostVulnerabilityCount(deps.db, hostId, filter),
  ]);
  const { rows, meta } = pageResult(read, page);
  return { vulnerabilities: rows.map(presentHostVulnerability), ...counts, meta };
}

/** @throws {HttpError} 404 for an unknown host */
export async function requireHost(db: Database, hostId: number) {
  const host = await hostOfVulnerabilities(db, hostId);
  if (host === undefined) throw notFound("id", `There is no host ${hostId}.`);
  return host;
}

export function presentHostVulnerability(row: HostVulnerability): Answer["vulnerabilities"][number] {
  return {
    ...presentFinding(row),
    software_id: row.software_id,
    software_title_id: row.software_title_id,
    name: row.name,
    version: row.version,
    source: row.source,
    running: isRunningKernel(row, row.kernel_version ?? ""),
  };
}

/**
 * Fleet's health of a host.
 *
 * @throws {HttpError} 404 for an unknown host
 */
export async function readHostHealth(deps: Deps, hostId: number): Promise<EndpointResult<typeof hostHealth>> {
  const host = await requireHost(deps.db, hostId);
  const vulnerable_software = await vulnerableSoftwareOfHost(deps.db, hostId, HEALTH_SOFTWARE_MAX);
  return {
    host_id: hostId,
    health: {
      updated_at: host.software_updated_at?.toISOString() ?? null,
      os_version: host.os_version,
      disk_encryption_enabled: null,
      failing_policies_count: 0,
      failing_critical_policies_count: 0,
      failing_policies: [],
      vulnerable_software,
    },
  };
}
