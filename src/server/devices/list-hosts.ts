import type { EndpointResult } from "#protocol/endpoint.ts";
import type { listHosts as listHostsEndpoint } from "#protocol/rest/hosts.ts";
import type { listLabelHosts } from "#protocol/rest/labels.ts";
import { unprocessable } from "../http/errors.ts";
import type { Page, PagingQuery } from "../http/paging.ts";
import type { ReadonlyDatabase } from "../database/tables.ts";
import { softwareOfHosts } from "../inventory/list-host-software.ts";
import { issuesOf } from "../vulnerabilities/fields/issues-of-hosts.ts";
import { requireLabel } from "../labels/list-labels.ts";
import { labelsOfHosts } from "../labels/labels-of-hosts.ts";
import type { DevicesDeps } from "./deps.ts";
import type { HostFilter } from "./host-filter-store.ts";
import { hostCount, hostList } from "./host-list-store.ts";
import type { HostOrderKey } from "./host-list-store.ts";
import { filteredSoftware, filteredTitle } from "./filtered-software-store.ts";
import { presentHost } from "./present-host.ts";

type ListDeps = Pick<DevicesDeps, "replica" | "now">;

/**
 * One page of the hosts of a filter; with a filter by software, what that software is comes along (and is absent when unknown).
 *
 * @throws {HttpError} 422 when only one of `os_name` and `os_version` is given.
 */
export async function listHosts(
  deps: ListDeps,
  filter: HostFilter & { populate_labels?: boolean; populate_software?: PopulateSoftware },
  page: Page<HostOrderKey>,
): Promise<EndpointResult<typeof listHostsEndpoint>> {
  checkHostFilter(filter);
  const versionId = filter.software_version_id ?? filter.software_id;
  const [{ rows, meta }, software, title] = await Promise.all([
    hostList(deps.replica, filter, page, deps.now()),
    versionId === undefined ? undefined : filteredSoftware(deps.replica, versionId),
    filter.software_title_id === undefined ? undefined : filteredTitle(deps.replica, filter.software_title_id),
  ]);
  const labels =
    filter.populate_labels === true
      ? await labelsOfHosts(
          deps.replica,
          rows.map((row) => row.id),
        )
      : null;
  const content = await contentOfHosts(
    deps.replica,
    rows.map((row) => row.id),
    filter.populate_software,
  );
  return {
    hosts: rows.map((row) => ({
      ...presentHost(row),
      ...(labels === null ? {} : { labels: labels.get(row.id) ?? [] }),
      ...content(row.id),
    })),
    ...(software === undefined ? {} : { software }),
    ...(title === undefined ? {} : { software_title: title }),
    meta,
  };
}

type PopulateSoftware = "false" | "without_vulnerability_details" | "true";

/** Hosts of a page that comes with what they hold: unless `per_page` says so, and at most. */
const POPULATED = { default: 20, max: 50 } as const;

/**
 * The paging of a list of hosts: with their software a page is short.
 *
 * @throws {HttpError} 422 for more hosts than one answer can hold the software of
 */
export function boundedByContent<Q extends PagingQuery & { populate_software?: PopulateSoftware }>(query: Q): Q {
  if (query.populate_software === undefined || query.populate_software === "false") return query;
  if (query.per_page === undefined) return { ...query, per_page: POPULATED.default };
  if (query.per_page <= POPULATED.max) return query;
  throw unprocessable("per_page", `With populate_software a page has at most ${POPULATED.max} hosts: ask for more pages.`);
}

/** What `populate_software` adds to each host. */
async function contentOfHosts(db: ReadonlyDatabase, ids: number[], populate: PopulateSoftware = "false") {
  if (populate === "false") return () => ({});
  const [software, issues] = await Promise.all([
    softwareOfHosts({ db }, ids, populate === "without_vulnerability_details"),
    issuesOf(db, ids),
  ]);
  return (id: number) => ({ software: software(id), issues: issues(id) });
}

/**
 * One page of a label's hosts.
 *
 * @throws {HttpError} 404 when there is no such label.
 */
export async function listHostsOfLabel(
  deps: ListDeps & Pick<DevicesDeps, "db">,
  labelId: number,
  filter: HostFilter,
  page: Page<HostOrderKey>,
): Promise<EndpointResult<typeof listLabelHosts>> {
  await requireLabel(deps, labelId);
  const { hosts, meta } = await listHosts(deps, { ...filter, label_id: labelId }, page);
  return { hosts, meta };
}

/** The number of hosts that {@link listHosts} lists over all its pages. */
export async function countHosts(deps: ListDeps, filter: HostFilter): Promise<{ count: number }> {
  checkHostFilter(filter);
  return { count: await hostCount(deps.replica, filter, deps.now()) };
}

/** @throws {HttpError} 422 when only one of `os_name` and `os_version` is given, or `not_opened_for_days` without a title */
export function checkHostFilter(filter: HostFilter): void {
  if (filter.not_opened_for_days !== undefined && filter.software_title_id === undefined) {
    throw unprocessable("not_opened_for_days", "It asks about one title: give software_title_id too.");
  }
  if ((filter.os_name === undefined) === (filter.os_version === undefined)) return;
  const missing = filter.os_name === undefined ? "os_name" : "os_version";
  throw unprocessable(missing, "os_name and os_version belong together: give both, or os_version_id.");
}
