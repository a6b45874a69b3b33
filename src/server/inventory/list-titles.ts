import type { EndpointResult } from "#protocol/endpoint.ts";
import type { getSoftwareTitle, listSoftwareTitles } from "#protocol/rest/software.ts";
import type { Database } from "../database/tables.ts";
import { notFound } from "../http/errors.ts";
import { pageResult, type Page } from "../http/paging.ts";
import { cvesOf, exposuresOfTitles } from "../vulnerabilities/fields/vulnerabilities-of-software.ts";
import type { SoftwareFilter } from "./catalogue-filter-store.ts";
import { presentNames, presentOptional } from "./present.ts";
import { settleCounts } from "./settle-counts.ts";
import { titleMergedInto } from "./titles/correction-store.ts";
import { titleById, titleCount, titleList, titleVersions, versionsOfTitle, type TitleOrderKey } from "./title-store.ts";

interface Deps {
  db: Database;
  now: () => Date;
}

/** One page of titles with exact counts. */
export async function listTitles(
  deps: Deps,
  filter: SoftwareFilter,
  page: Page<TitleOrderKey>,
): Promise<EndpointResult<typeof listSoftwareTitles>> {
  await settleCounts(deps.db);
  const [read, count] = await Promise.all([titleList(deps.db, filter, page), titleCount(deps.db, filter)]);
  const { rows, meta } = pageResult(read, page);
  const versions = Map.groupBy(
    await titleVersions(
      deps.db,
      rows.map((t) => t.id),
      filter.labelId,
    ),
    (v) => v.title_id,
  );
  const [cves, exposure] = await Promise.all([
    cvesOf(
      deps.db,
      [...versions.values()].flat().map((v) => v.id),
    ),
    exposuresOfTitles(
      deps.db,
      rows.map((t) => t.id),
    ),
  ]);
  return {
    counts_updated_at: deps.now().toISOString(),
    count,
    software_titles: rows.map((t) => ({
      id: t.id,
      ...presentNames(t),
      icon_url: null,
      vendor: t.vendor,
      ...presentOptional(t, "bundle_identifier", "upgrade_code", "application_id"),
      hosts_count: t.hosts_count,
      versions_count: t.versions_count,
      created_at: t.created_at.toISOString(),
      ...exposure(t.id),
      versions: (versions.get(t.id) ?? []).map(({ id, version }) => ({
        id,
        version,
        vulnerabilities: cves.get(id) ?? null,
      })),
      software_package: null,
      app_store_app: null,
    })),
    meta,
  };
}

/**
 * One title with its versions.
 *
 * @throws {HttpError} 404 for an unknown id.
 */
export async function readTitle(deps: Deps, id: number): Promise<EndpointResult<typeof getSoftwareTitle>> {
  await settleCounts(deps.db);
  // the address of a title that was merged since shows the one it is part of now
  const currentId = await titleMergedInto(deps.db, id);
  const title = await titleById(deps.db, currentId);
  if (title === undefined) throw notFound("id", `There is no software title ${id}.`);
  const versions = await versionsOfTitle(deps.db, title.id);
  const cves = await cvesOf(
    deps.db,
    versions.map((v) => v.id),
  );
  return {
    software_title: {
      id: title.id,
      ...presentNames(title),
      icon_url: null,
      vendor: title.vendor,
      ...presentOptional(title, "bundle_identifier", "upgrade_code", "application_id"),
      hosts_count: title.hosts_count,
      counts_updated_at: deps.now().toISOString(),
      versions_count: title.versions_count,
      versions: versions.map((v) => ({
        id: v.id,
        name: v.name,
        version: v.version,
        ...presentOptional(v, "release", "vendor", "arch"),
        vulnerabilities: cves.get(v.id) ?? null,
        hosts_count: v.hosts_count,
        created_at: v.created_at.toISOString(),
      })),
      software_package: null,
      app_store_app: null,
    },
  };
}
