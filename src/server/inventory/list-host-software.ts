import type { EndpointResult } from "#protocol/endpoint.ts";
import type {
  HostDetailSoftware,
  HostSoftwareTitle,
  listHostSoftware as listHostSoftwareEndpoint,
} from "#protocol/rest/host-software.ts";
import { installedBy } from "#domain/inventory/installed-by.ts";
import { openingCutoff } from "#domain/inventory/openings.ts";
import type { Readable } from "../database/read-rows.ts";
import type { Database } from "../database/tables.ts";
import { notFound } from "../http/errors.ts";
import { pageResult, type Page } from "../http/paging.ts";
import {
  exposuresOnHost,
  generatedCpes,
  vulnerabilitiesOnHosts,
  type HostExposure,
} from "../vulnerabilities/fields/vulnerabilities-of-software.ts";
import {
  hostExists,
  hostLinks,
  linksOfHosts,
  hostSourceList,
  hostTitleCount,
  hostTitleList,
  type HostSoftwareFilter,
  type HostSoftwareOrderKey,
} from "./host-software-list-store.ts";
import { readPastMoment } from "./history/read-moment.ts";
import { historySince } from "./history/retention-store.ts";
import { presentLastOpened, presentNames, presentOptional } from "./present.ts";
import { dateOf, namesOf, present, vulnerableOf } from "./read-software-filter.ts";

type Link = Awaited<ReturnType<typeof hostLinks>>[number];

/** The filter parameters of a host's software, as the protocol validates them. */
export interface HostSoftwareFilterQuery {
  query?: string;
  source?: string;
  vendor?: string;
  arch?: string;
  installed_since?: string;
  installed_until?: string;
  last_opened_since?: string;
  last_opened_until?: string;
  vulnerable?: boolean;
  min_cvss_score?: number;
  max_cvss_score?: number;
  exploit?: boolean;
}

/** Reads the filter of a list or export of a host's software. */
export function readHostSoftwareFilter(query: HostSoftwareFilterQuery): HostSoftwareFilter {
  return present({
    query: query.query,
    ...vulnerableOf(query),
    sources: namesOf(query.source),
    vendor: query.vendor,
    arch: query.arch,
    installedSince: dateOf(query.installed_since),
    installedUntil: dateOf(query.installed_until),
    lastOpenedSince: dateOf(query.last_opened_since),
    lastOpenedUntil: dateOf(query.last_opened_until),
  });
}

/**
 * Reads what a list of a host's software is asked about time.
 *
 * @throws {HttpError} 400 for a moment that is not past
 */
export function readHostSoftwareTimes(
  query: { not_opened_for_days?: number; as_of?: string },
  now: Date,
): Pick<HostSoftwareFilter, "asOf" | "notOpenedSince"> {
  return present({
    notOpenedSince: query.not_opened_for_days === undefined ? undefined : openingCutoff(now, query.not_opened_for_days),
    asOf: query.as_of === undefined ? undefined : readPastMoment("as_of", query.as_of, now),
  });
}

/**
 * One page of what a host holds, by title.
 *
 * @throws {HttpError} 404 for an unknown host.
 */
export async function listHostSoftware(
  deps: { db: Database },
  hostId: number,
  filter: HostSoftwareFilter,
  page: Page<HostSoftwareOrderKey>,
): Promise<EndpointResult<typeof listHostSoftwareEndpoint>> {
  if (!(await hostExists(deps.db, hostId))) throw notFound("id", `There is no host ${hostId}.`);
  const [read, counts] = await Promise.all([
    hostTitleList(deps.db, hostId, filter, page),
    hostTitleCount(deps.db, hostId, filter),
  ]);
  const { rows, meta } = pageResult(read, page);
  const links = Map.groupBy(
    await hostLinks(
      deps.db,
      hostId,
      rows.map((t) => t.id),
      filter.asOf,
    ),
    (link) => link.title_id,
  );
  const shown = [...links.values()].flat().map((link) => link.id);
  const exposures = await exposuresOnHost(deps.db, hostId, shown);
  const software = rows.map((title) => ({
    id: title.id,
    ...presentNames(title),
    icon_url: null,
    ...presentOptional(title, "upgrade_code"),
    status: null,
    software_package: null,
    app_store_app: null,
    installed_versions: (links.get(title.id) ?? []).map((link) => presentInstalled(link, exposures(link.id))),
  }));
  return { ...counts, ...(filter.asOf === undefined ? {} : { history_since: await horizon(deps.db) }), software, meta };
}

async function horizon(db: Database): Promise<string | null> {
  return (await historySince(db))?.toISOString() ?? null;
}

function presentInstalled(link: Link, exposure: HostExposure): HostSoftwareTitle["installed_versions"][number] {
  return {
    id: link.id,
    name: link.name,
    version: link.version,
    ...presentOptional(link, "bundle_identifier", "release", "vendor", "arch"),
    ...presentLastOpened(link),
    ...exposure,
    installed_paths: link.installed_paths ?? [],
    signature_information: link.signature_information ?? [],
    installed_at: link.installed_at.toISOString(),
    installed_by: installedBy(link.installed_by, link.installed_paths),
  };
}

/** All that hosts hold, row by row, as Fleet's host detail shows it, with the vulnerabilities that it has there. */
export async function softwareOfHosts(
  deps: { db: Readable },
  hostIds: readonly number[],
  namesOnly = false,
): Promise<(hostId: number) => HostDetailSoftware[]> {
  const links = await linksOfHosts(deps.db, hostIds);
  const ids = [...new Set(links.map((link) => link.id))];
  const [vulnerabilities, cpes] = await Promise.all([
    vulnerabilitiesOnHosts(deps.db, hostIds, namesOnly),
    generatedCpes(deps.db, ids),
  ]);
  const byHost = Map.groupBy(links, (link) => link.host_id);
  return (hostId) =>
    (byHost.get(hostId) ?? []).map((link) => ({
      ...presentHeld(link),
      generated_cpe: cpes.get(link.id) ?? "",
      vulnerabilities: vulnerabilities(hostId, link.id),
    }));
}

function presentHeld(link: Link): Omit<HostDetailSoftware, "generated_cpe" | "vulnerabilities"> {
  return {
    id: link.id,
    software_title_id: link.title_id,
    ...presentNames(link),
    version: link.version,
    ...presentOptional(link, "extension_id", "bundle_identifier", "upgrade_code", "application_id", "vendor", "release", "arch"),
    ...(link.last_opened_at === null ? {} : { last_opened_at: link.last_opened_at.toISOString() }),
    installed_paths: link.installed_paths ?? [],
    signature_information: link.signature_information ?? [],
    installed_at: link.installed_at.toISOString(),
    installed_by: installedBy(link.installed_by, link.installed_paths),
  };
}

/** What each of a host's sources last said. */
export async function hostSources(deps: { db: Database }, hostId: number) {
  const sources = await hostSourceList(deps.db, hostId);
  return sources.map((s) => ({ ...s, updated_at: s.updated_at.toISOString() }));
}
