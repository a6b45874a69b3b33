import { settleCounts } from "../settle-counts.ts";
import { Snapshot } from "../../database/snapshot.ts";
import type { Database } from "../../database/tables.ts";
import type { Download } from "../../http/download.ts";
import { chosenColumns, exportRows, fieldColumns, type ExportColumn, type ExportQuery } from "../../http/export-rows.ts";
import { wholeList, type Page } from "../../http/paging.ts";
import { cvesOf, softwareExposures } from "../../vulnerabilities/fields/vulnerabilities-of-software.ts";
import type { SoftwareFilter } from "../catalogue-filter-store.ts";
import { softwarePageQuery, softwareRows, type SoftwareOrderKey } from "../software-store.ts";
import { titlePageQuery, titleRows, titleVersions, type TitleOrderKey } from "../title-store.ts";

interface Deps {
  db: Database;
  now: () => Date;
}

/** What exports tell of a row's vulnerabilities. */
interface Vulnerable {
  vulnerabilities: readonly string[];
  vulnerabilities_count: number;
  cvss_score_max: number | null;
  cisa_known_exploit: boolean;
}

const VULNERABILITY_NAMES = ["vulnerabilities", "vulnerabilities_count", "cvss_score_max", "cisa_known_exploit"] as const;

type TitleRow = Vulnerable &
  Awaited<ReturnType<typeof titleRows<{ id: number; hosts_count: number; versions_count: number }>>>[number] & {
    versions: string[];
  };
type VersionRow = Vulnerable & Awaited<ReturnType<typeof softwareRows<{ id: number; hosts_count: number }>>>[number];

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
  ...fieldColumns<TitleRow, keyof Vulnerable>(VULNERABILITY_NAMES),
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
  ...fieldColumns<VersionRow, keyof Vulnerable>(VULNERABILITY_NAMES),
];

/** What several software rows (one, or the versions of a title) have together. */
async function vulnerableRows(db: Database, ids: number[]): Promise<(ids: readonly number[]) => Vulnerable> {
  const [cves, exposures] = await Promise.all([cvesOf(db, ids), softwareExposures(db, ids)]);
  return (of) => {
    const names = [...new Set(of.flatMap((id) => cves.get(id) ?? []))];
    const scores = of.flatMap((id) => exposures.get(id)?.cvss_score_max ?? []);
    const counts = of.map((id) => exposures.get(id)?.vulnerabilities_count ?? 0);
    return {
      vulnerabilities: names,
      // one row's names are cut at some number, its count is not; of several rows the names tell
      vulnerabilities_count: of.length === 1 ? (counts[0] ?? 0) : names.length,
      cvss_score_max: scores.length === 0 ? null : Number(Math.max(...scores).toFixed(1)),
      cisa_known_exploit: of.some((id) => exposures.get(id)?.exploited === true),
    };
  };
}

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
      const vulnerable = await vulnerableRows(
        snapshot.db,
        [...versions.values()].flat().map((version) => version.id),
      );
      yield rows.map((row) => {
        const own = versions.get(row.id) ?? [];
        return { ...row, versions: own.map((version) => version.version), ...vulnerable(own.map((version) => version.id)) };
      });
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
      const rows = await softwareRows(snapshot.db, found);
      const vulnerable = await vulnerableRows(
        snapshot.db,
        rows.map((row) => row.id),
      );
      yield rows.map((row) => ({ ...row, ...vulnerable([row.id]) }));
    }
  } finally {
    await snapshot.close();
  }
}
