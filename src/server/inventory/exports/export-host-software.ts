import type { Host } from "#protocol/rest/hosts.ts";
import { hostBatches } from "../../devices/export-hosts.ts";
import { checkHostFilter } from "../../devices/list-hosts.ts";
import { Snapshot } from "../../database/snapshot.ts";
import type { Database } from "../../database/tables.ts";
import type { Download } from "../../http/download.ts";
import { notFound } from "../../http/errors.ts";
import { chosenColumns, exportRows, fieldColumns, type ExportColumn, type ExportQuery } from "../../http/export-rows.ts";
import { exposuresOnHosts } from "../../vulnerabilities/fields/vulnerabilities-of-software.ts";
import { hostExists, type HostSoftwareFilter } from "../host-software-list-store.ts";
import { heldSoftwareQuery, type HeldFilter, type HeldSoftware } from "./holder-store.ts";

type HostFilter = Parameters<typeof checkHostFilter>[0];

interface Deps {
  db: Database;
  now: () => Date;
}

/** Software on a host with what it is vulnerable to there. */
type Held = HeldSoftware & {
  vulnerabilities: readonly string[];
  vulnerabilities_count: number;
  cvss_score_max: number | null;
  cisa_known_exploit: boolean;
};

const SOFTWARE_COLUMNS: readonly ExportColumn<Held>[] = [
  ...fieldColumns<Held, Exclude<keyof HeldSoftware, "installed_at" | "last_opened_at">>([
    "software_id",
    "software_title_id",
    "title",
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
  ]),
  { name: "installed_at", value: (row) => row.installed_at.toISOString() },
  { name: "installed_by", value: (row) => row.installed_by },
  { name: "last_opened_at", value: (row) => row.last_opened_at?.toISOString() ?? null },
  { name: "installed_paths", value: (row) => row.installed_paths ?? [] },
  ...fieldColumns<Held, "vulnerabilities" | "vulnerabilities_count" | "cvss_score_max" | "cisa_known_exploit">([
    "vulnerabilities",
    "vulnerabilities_count",
    "cvss_score_max",
    "cisa_known_exploit",
  ]),
];

/** A `real` of the database: 7.8 is stored as 7.800000190734863. */
function oneDecimal(score: number | null): number | null {
  return score === null ? null : Number(score.toFixed(1));
}

/** Rows with their vulnerabilities: one statement for all hosts of a batch. */
async function vulnerableRows(snapshot: Snapshot, rows: readonly HeldSoftware[]): Promise<Held[]> {
  const hostIds = [...new Set(rows.map((row) => row.host_id))];
  const exposure = await exposuresOnHosts(snapshot.db, hostIds);
  return rows.map((row) => {
    const found = exposure(row.host_id, row.software_id);
    return {
      ...row,
      vulnerabilities: found?.cves ?? [],
      vulnerabilities_count: found?.total ?? 0,
      cvss_score_max: oneDecimal(found?.cvss_score_max ?? null),
      cisa_known_exploit: found?.exploited ?? false,
    };
  });
}

/**
 * What a host holds, or held at a moment, as a file.
 *
 * @throws {HttpError} 404 for an unknown host, 400 for an unknown column
 */
export async function exportHostSoftware(
  deps: Deps,
  hostId: number,
  filter: HostSoftwareFilter,
  query: ExportQuery,
): Promise<Download> {
  if (!(await hostExists(deps.db, hostId))) throw notFound("id", `There is no host ${hostId}.`);
  chosenColumns(SOFTWARE_COLUMNS, query.columns);
  const batches = hostSoftwareBatches(deps, hostId, filter);
  return exportRows({
    name: `software-of-host-${hostId}`,
    query,
    columns: SOFTWARE_COLUMNS,
    batches,
    now: filter.asOf ?? deps.now(),
  });
}

async function* hostSoftwareBatches(deps: Deps, hostId: number, filter: HostSoftwareFilter) {
  const snapshot = await Snapshot.open(deps.db);
  try {
    for await (const rows of snapshot.batches(heldSoftwareQuery(snapshot.db, [hostId], filter))) {
      yield await vulnerableRows(snapshot, rows);
    }
  } finally {
    await snapshot.close();
  }
}

interface Holding {
  host: Host;
  held: Held;
}

const HOLDER_COLUMNS: readonly ExportColumn<Holding>[] = [
  { name: "host_id", value: ({ host }) => host.id },
  ...(["display_name", "hostname", "hardware_serial", "uuid", "platform", "os_version"] as const).map((name) => ({
    name: name === "display_name" ? "host_display_name" : name,
    value: ({ host }: Holding) => host[name],
  })),
  ...SOFTWARE_COLUMNS.map((column) => ({ name: column.name, value: ({ held }: Holding) => column.value(held) })),
];
/** Hosts whose software one cursor reads: enough to make its cost small, few enough to sort. */
const HOSTS_PER_CURSOR = 100;

/** Who has what as a file: one row for each software on each host, by host. @throws {HttpError} 400 for an unknown column */
export async function exportHolders(deps: Deps, hosts: HostFilter, filter: HeldFilter, query: ExportQuery): Promise<Download> {
  checkHostFilter(hosts);
  chosenColumns(HOLDER_COLUMNS, query.columns);
  const batches = holdingBatches(deps, hosts, filter);
  return exportRows({ name: "who-has-what", query, columns: HOLDER_COLUMNS, batches, now: deps.now() });
}

async function* holdingBatches(deps: Deps, filter: HostFilter, held: HeldFilter): AsyncGenerator<Holding[]> {
  const snapshot = await Snapshot.open(deps.db);
  const byId = { limit: 1, offset: 0, orderKey: "id", direction: "asc", after: null } as const;
  try {
    for await (const hosts of hostBatches(snapshot, filter, byId, deps.now(), HOSTS_PER_CURSOR)) {
      const known = new Map(hosts.map((host) => [host.id, host]));
      for await (const rows of snapshot.batches(heldSoftwareQuery(snapshot.db, [...known.keys()], held))) {
        yield (await vulnerableRows(snapshot, rows)).flatMap((row) => {
          const host = known.get(row.host_id);
          return host === undefined ? [] : [{ host, held: row }];
        });
      }
    }
  } finally {
    await snapshot.close();
  }
}
