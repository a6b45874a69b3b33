import type { HostDetail } from "#protocol/rest/hosts.ts";
import { readonly } from "../database/pools.ts";
import { notFound } from "../http/errors.ts";
import { hostSources, softwareOfHosts } from "../inventory/list-host-software.ts";
import { labelsOfHosts } from "../labels/labels-of-hosts.ts";
import { issuesOf } from "../vulnerabilities/fields/issues-of-hosts.ts";
import type { DevicesDeps } from "./deps.ts";
import { hostAgents, hostIdByIdentifier } from "./host-detail-store.ts";
import { hostRows } from "./host-list-store.ts";
import { presentHost } from "./present-host.ts";

type DetailDeps = Pick<DevicesDeps, "db" | "now">;

export interface DetailOptions {
  /** Leave the software out: it is most of the answer. */
  exclude_software?: boolean;
}

/**
 * All that is known about one host. Read from the primary: whoever just asked for a refetch sees that it is wanted.
 *
 * @throws {HttpError} 404 when there is no such host.
 */
export async function readHost(deps: DetailDeps, id: number, options: DetailOptions): Promise<{ host: HostDetail }> {
  const [row] = await hostRows(readonly(deps.db), [id], deps.now());
  if (row === undefined) throw notFound("id", `There is no host ${id}.`);
  const [agents, sources, labels, software, issues] = await Promise.all([
    hostAgents(deps.db, id),
    hostSources(deps, id),
    labelsOfHosts(readonly(deps.db), [id]),
    options.exclude_software === true ? undefined : softwareOfHosts(deps, [id]),
    issuesOf(deps.db, [id]),
  ]);
  const host = {
    ...presentHost(row),
    ...(software === undefined ? {} : { software: software(id) }),
    issues: issues(id),
    sources,
    agents: agents.map((a) => ({ ...a, enrolled_at: a.enrolled_at.toISOString() })),
    labels: labels.get(id) ?? [],
    policies: [],
    packs: [],
    batteries: null,
    users: [],
    end_users: [],
  };
  return { host };
}

/**
 * All that is known about the host with this uuid, hostname, hardware serial or agent's identifier; the host enrolled last when several
 * match.
 *
 * @throws {HttpError} 404 when none matches.
 */
export async function readHostByIdentifier(
  deps: DetailDeps,
  identifier: string,
  options: DetailOptions,
): Promise<{ host: HostDetail }> {
  const id = await hostIdByIdentifier(deps.db, identifier);
  if (id === null) throw notFound("identifier", "No host has this uuid, hostname, serial or identifier.");
  return readHost(deps, id, options);
}
