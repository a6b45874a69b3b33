import { settleCounts } from "../settle-counts.ts";
import { Snapshot } from "../../database/snapshot.ts";
import type { Database } from "../../database/tables.ts";
import type { Download } from "../../http/download.ts";
import { chosenColumns, exportRows, fieldColumns, type ExportColumn, type ExportQuery } from "../../http/export-rows.ts";
import { wholeList, type Page } from "../../http/paging.ts";
import type { SoftwareFilter } from "../catalogue-filter-store.ts";
import { softwarePageQuery, softwareRows, type SoftwareOrderKey } from "../software-store.ts";
import { titlePageQuery, titleRows, titleVersions, type TitleOrderKey } from "../title-store.ts";

interface Deps {
  db: Database;
  now: () => Date;
}

type TitleRow = Awaited<ReturnType<typeof titleRows<{ id: number; hosts_count: number; versions_count: number }>>>[number] & {
  versions: string[];
};
type VersionRow = Awaited<ReturnType<typeof softwareRows<{ id: number; hosts_count: number }>>>[number];

const TITLE_COLUMNS: readonly ExportColumn<TitleRow>[] = [
  ...fieldColumns<
    TitleRow,
    "id" | "name" | "source" | "extension_for" | "vendor" | "hosts_count" | "versions_count" | "versions"
  >(["id", "name", "source", "extension_for", "vendor", "hosts_count", "versions_count", "versions"]),
  ...fieldColumns<TitleRow, "bundle_identifier" | "upgrade_code" | "application_id">([
    "bundle_identifier",
    "upgrade_code",
    "application_id",
  ]),
  { name: "created_at", value: (row) => row.created_at.toISOString() },
];

const VERSION_COLUMNS: readonly ExportColumn<VersionRow>[] = [
  { name: "id", value: (row) => row.id },
  { name: "software_title_id", value: (row) => row.title_id },
  ...fieldColumns<VersionRow, keyof VersionRow>([
    "name",
    "version",
    "release",
    "arch",
    "vendor",
    "source",
    "extension_for",
    "extension_id",
    "bundle_identifier",
    "application_id",
    "upgrade_code",
    "hosts_count",
  ]),
  { name: "created_at", value: (row) => row.created_at.toISOString() },
];

/** The titles of a filter as a file, in the list's order. @throws {HttpError} 400 for an unknown column */
export async function exportTitles(
  deps: Deps,
  filter: SoftwareFilter,
  page: Page<TitleOrderKey>,
  query: ExportQuery,
): Promise<Download> {
  chosenColumns(TITLE_COLUMNS, query.columns);
  const batches = titleBatches(deps, filter, page);
  return exportRows({ name: "software-titles", query, columns: TITLE_COLUMNS, batches, now: deps.now() });
}

async function* titleBatches(deps: Deps, filter: SoftwareFilter, page: Page<TitleOrderKey>): AsyncGenerator<TitleRow[]> {
  await settleCounts(deps.db);
  const snapshot = await Snapshot.open(deps.db);
  try {
    for await (const found of snapshot.batches(titlePageQuery(snapshot.db, filter, wholeList(page)))) {
      const ids = found.map((row) => row.id);
      const versions = Map.groupBy(await titleVersions(snapshot.db, ids, filter.labelId), (version) => version.title_id);
      const rows = await titleRows(snapshot.db, found);
      yield rows.map((row) => ({ ...row, versions: (versions.get(row.id) ?? []).map((version) => version.version) }));
    }
  } finally {
    await snapshot.close();
  }
}

/** The versions of a filter as a file, in the list's order. @throws {HttpError} 400 for an unknown column */
export async function exportVersions(
  deps: Deps,
  filter: SoftwareFilter,
  page: Page<SoftwareOrderKey>,
  query: ExportQuery,
): Promise<Download> {
  chosenColumns(VERSION_COLUMNS, query.columns);
  const batches = versionBatches(deps, filter, page);
  return exportRows({ name: "software-versions", query, columns: VERSION_COLUMNS, batches, now: deps.now() });
}

async function* versionBatches(deps: Deps, filter: SoftwareFilter, page: Page<SoftwareOrderKey>): AsyncGenerator<VersionRow[]> {
  await settleCounts(deps.db);
  const snapshot = await Snapshot.open(deps.db);
  try {
    for await (const found of snapshot.batches(softwarePageQuery(snapshot.db, filter, wholeList(page)))) {
      yield await softwareRows(snapshot.db, found);
    }
  } finally {
    await snapshot.close();
  }
}
