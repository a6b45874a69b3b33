import type { Host } from "#protocol/rest/hosts.ts";
import type { Database } from "../database/tables.ts";
import { readonly } from "../database/pools.ts";
import { Snapshot } from "../database/snapshot.ts";
import type { Download } from "../http/download.ts";
import { chosenColumns, exportRows, fieldColumns, type ExportColumn, type ExportQuery } from "../http/export-rows.ts";
import { wholeList, type Page } from "../http/paging.ts";
import type { HostFilter } from "./host-filter-store.ts";
import { hostPageQuery, hostRows, type HostOrderKey } from "./host-list-store.ts";
import { checkHostFilter } from "./list-hosts.ts";
import { presentHost } from "./present-host.ts";

interface Deps {
  db: Database;
  now: () => Date;
}

/** The columns of Fleet's report that a host has here, by the names of the list's fields. */
export const HOST_COLUMNS: readonly ExportColumn<Host>[] = fieldColumns<Host, keyof Host>([
  "id",
  "display_name",
  "hostname",
  "computer_name",
  "status",
  "platform",
  "platform_like",
  "os_version",
  "build",
  "code_name",
  "uuid",
  "hardware_serial",
  "hardware_vendor",
  "hardware_model",
  "hardware_version",
  "primary_ip",
  "primary_mac",
  "public_ip",
  "cpu_type",
  "cpu_subtype",
  "cpu_brand",
  "cpu_physical_cores",
  "cpu_logical_cores",
  "memory",
  "gigs_disk_space_available",
  "percent_disk_space_available",
  "gigs_total_disk_space",
  "uptime",
  "timezone",
  "osquery_version",
  "orbit_version",
  "muster_version",
  "software_count",
  "os_version_id",
  "refetch_requested",
  "distributed_interval",
  "config_tls_refresh",
  "logger_tls_period",
  "created_at",
  "updated_at",
  "seen_time",
  "last_enrolled_at",
  "last_restarted_at",
  "detail_updated_at",
  "software_updated_at",
]);

/**
 * The hosts of a filter as a file, in the list's order.
 *
 * @throws {HttpError} 400 for an unknown column, 422 when only one of `os_name` and `os_version` is given
 */
export async function exportHosts(
  deps: Deps,
  filter: HostFilter,
  page: Page<HostOrderKey>,
  query: ExportQuery,
): Promise<Download> {
  checkHostFilter(filter);
  const now = deps.now();
  chosenColumns(HOST_COLUMNS, query.columns);
  return exportRows({ name: "hosts", query, columns: HOST_COLUMNS, batches: inSnapshot(deps, filter, page), now });
}

async function* inSnapshot(deps: Deps, filter: HostFilter, page: Page<HostOrderKey>): AsyncGenerator<Host[]> {
  const snapshot = await Snapshot.open(deps.db);
  try {
    yield* hostBatches(snapshot, filter, page, deps.now());
  } finally {
    await snapshot.close();
  }
}

/** The hosts of a filter batch by batch, for exports of this and of other components. */
export async function* hostBatches(
  snapshot: Snapshot,
  filter: HostFilter,
  page: Page<HostOrderKey>,
  now: Date,
  size?: number,
): AsyncGenerator<Host[]> {
  for await (const ids of snapshot.batches(hostPageQuery(readonly(snapshot.db), filter, wholeList(page), now), size)) {
    const rows = await hostRows(
      readonly(snapshot.db),
      ids.map((row) => row.id),
      now,
    );
    const byId = new Map(rows.map((row) => [row.id, row]));
    yield ids.flatMap(({ id }) => {
      const row = byId.get(id);
      return row === undefined ? [] : [presentHost(row)];
    });
  }
}
