import { canonicalId } from "#domain/vulnerability/details-link.ts";
import type { Host } from "#protocol/rest/hosts.ts";
import type { Vulnerability } from "#protocol/rest/vulnerability-shapes.ts";
import { Snapshot } from "../../database/snapshot.ts";
import type { Database } from "../../database/tables.ts";
import { hostBatches } from "../../devices/export-hosts.ts";
import { checkHostFilter } from "../../devices/list-hosts.ts";
import type { Download } from "../../http/download.ts";
import { chosenColumns, exportRows, fieldColumns, type ExportColumn, type ExportQuery } from "../../http/export-rows.ts";
import { wholeList, type Page } from "../../http/paging.ts";
import { present } from "../../inventory/read-software-filter.ts";
import {
  hostVulnerabilityPageQuery,
  vulnerabilitiesOfHostsQuery,
  type HostVulnerability,
  type HostVulnerabilityFilter,
  type HostVulnerabilityOrderKey,
} from "../hosts/host-vulnerability-store.ts";
import { presentHostVulnerability, requireHost } from "../hosts/list-host-vulnerabilities.ts";
import { labelExposuresCounted } from "../labels/count-label-exposures.ts";
import {
  exposurePageQuery,
  exposuresById,
  type VulnerabilityFilter,
  type VulnerabilityOrderKey,
} from "../lists/exposure-list-store.ts";
import { presentVulnerability } from "../lists/present-vulnerability.ts";

interface Deps {
  db: Database;
  now: () => Date;
}

const COLUMNS: readonly ExportColumn<Vulnerability>[] = fieldColumns<Vulnerability, keyof Vulnerability>([
  "cve",
  "severity",
  "cvss_score",
  "cvss_vector",
  "epss_probability",
  "epss_percentile",
  "cisa_known_exploit",
  "ransomware",
  "exploit",
  "malware",
  "priority",
  "hosts_count",
  "software_count",
  "states",
  "sources",
  "suppressed",
  "suppressed_hosts_count",
  "created_at",
  "due_at",
  "cve_published",
  "cve_description",
  "details_link",
]);

/** The vulnerabilities of a filter as a file, in the list's order. @throws {HttpError} 400 for an unknown column */
export async function exportVulnerabilities(
  deps: Deps,
  filter: VulnerabilityFilter,
  page: Page<VulnerabilityOrderKey>,
  query: ExportQuery,
): Promise<Download> {
  chosenColumns(COLUMNS, query.columns);
  if (filter.labelId !== undefined) await labelExposuresCounted(deps, filter.labelId);
  const batches = vulnerabilityBatches(deps, filter, page);
  return exportRows({ name: "vulnerabilities", query, columns: COLUMNS, batches, now: deps.now() });
}

async function* vulnerabilityBatches(
  deps: Deps,
  filter: VulnerabilityFilter,
  page: Page<VulnerabilityOrderKey>,
): AsyncGenerator<Vulnerability[]> {
  const snapshot = await Snapshot.open(deps.db);
  try {
    for await (const found of snapshot.batches(exposurePageQuery(snapshot.db, filter, wholeList(page)))) {
      const ids = found.map((row) => row.vulnerability_id);
      const rows = await exposuresById(snapshot.db, ids);
      yield found.flatMap((one) => {
        const row = rows.get(one.vulnerability_id);
        return row === undefined ? [] : [presentVulnerability({ ...row, ...one })];
      });
    }
  } finally {
    await snapshot.close();
  }
}

type Shown = ReturnType<typeof presentHostVulnerability>;

const HOST_COLUMNS: readonly ExportColumn<HostVulnerability>[] = (
  [
    "cve",
    "software_id",
    "software_title_id",
    "name",
    "version",
    "source",
    "severity",
    "cvss_score",
    "epss_probability",
    "cisa_known_exploit",
    "ransomware",
    "exploit",
    "malware",
    "priority",
    "state",
    "resolved_in_version",
    "confidence",
    "running",
    "suppressed",
    "created_at",
    "due_at",
    "cve_published",
    "details_link",
  ] as const
).map((name: keyof Shown) => ({ name, value: (row) => presentHostVulnerability(row)[name] ?? null }));

/**
 * A host's vulnerabilities as a file, in the list's order.
 *
 * @throws {HttpError} 404 for an unknown host, 400 for an unknown column
 */
export async function exportHostVulnerabilities(
  deps: Deps,
  hostId: number,
  filter: HostVulnerabilityFilter,
  page: Page<HostVulnerabilityOrderKey>,
  query: ExportQuery,
): Promise<Download> {
  await requireHost(deps.db, hostId);
  chosenColumns(HOST_COLUMNS, query.columns);
  const batches = inSnapshot(deps.db, (snapshot) =>
    snapshot.batches(hostVulnerabilityPageQuery(snapshot.db, hostId, filter, wholeList(page))),
  );
  return exportRows({ name: `vulnerabilities-of-host-${hostId}`, query, columns: HOST_COLUMNS, batches, now: deps.now() });
}

async function* inSnapshot<T>(db: Database, read: (snapshot: Snapshot) => AsyncGenerator<T>): AsyncGenerator<T> {
  const snapshot = await Snapshot.open(db);
  try {
    yield* read(snapshot);
  } finally {
    await snapshot.close();
  }
}

interface Holding {
  host: Host;
  found: HostVulnerability;
}

const HOLDER_COLUMNS: readonly ExportColumn<Holding>[] = [
  { name: "host_id", value: ({ host }) => host.id },
  { name: "host_display_name", value: ({ host }) => host.display_name },
  ...(["hostname", "hardware_serial", "uuid", "platform", "os_version"] as const).map((name) => ({
    name,
    value: ({ host }: Holding) => host[name],
  })),
  ...HOST_COLUMNS.map((column) => ({ name: column.name, value: ({ found }: Holding) => column.value(found) })),
];
/** Hosts whose findings one cursor reads: enough to make its cost small, few enough to sort. */
const HOSTS_PER_CURSOR = 20;

/** Which hosts an export of who has which vulnerability is about. */
export interface VulnerableHostsQuery {
  vulnerability?: string;
  platform?: string;
  status?: NonNullable<Parameters<typeof checkHostFilter>[0]["status"]>;
  label_id?: number;
  software_version_id?: number;
  software_title_id?: number;
  os_version_id?: number;
}

/** Who has which vulnerability as a file: one row for each in each software on each host. @throws {HttpError} 400 for an unknown column */
export async function exportVulnerableHosts(
  deps: Deps,
  asked: VulnerableHostsQuery,
  filter: HostVulnerabilityFilter,
  query: ExportQuery,
): Promise<Download> {
  chosenColumns(HOLDER_COLUMNS, query.columns);
  const { vulnerability, platform, status, label_id, software_version_id, software_title_id, os_version_id } = asked;
  const vulnerability_suppressed = filter.suppressed === "no" ? undefined : true;
  const hosts = present({
    vulnerability,
    vulnerability_suppressed,
    platform,
    status,
    label_id,
    software_version_id,
    software_title_id,
    os_version_id,
  });
  checkHostFilter(hosts);
  const rows = present({
    ...filter,
    vulnerability: vulnerability === undefined ? undefined : canonicalId(vulnerability),
    softwareId: software_version_id,
    titleId: software_title_id,
  });
  const batches = inSnapshot(deps.db, (snapshot) => holdingBatches(snapshot, hosts, rows, deps.now()));
  return exportRows({ name: "who-has-which-vulnerability", query, columns: HOLDER_COLUMNS, batches, now: deps.now() });
}

async function* holdingBatches(
  snapshot: Snapshot,
  hosts: Parameters<typeof checkHostFilter>[0],
  filter: HostVulnerabilityFilter,
  now: Date,
): AsyncGenerator<Holding[]> {
  const byId = { limit: 1, offset: 0, orderKey: "id", direction: "asc", after: null } as const;
  for await (const batch of hostBatches(snapshot, hosts, byId, now, HOSTS_PER_CURSOR)) {
    const known = new Map(batch.map((host) => [host.id, host]));
    for await (const rows of snapshot.batches(vulnerabilitiesOfHostsQuery(snapshot.db, [...known.keys()], filter))) {
      yield rows.flatMap((found) => {
        const host = known.get(found.host_id);
        return host === undefined ? [] : [{ host, found }];
      });
    }
  }
}
