import { api } from "#client/api.ts";
import { addressOf } from "#client/client.ts";
import { client } from "../../data/client.ts";
import { gatherAll } from "../../data/batches.ts";
import { countOf } from "../../parts/format.ts";
import { ExportMenu, rowExports, sbomExports } from "../../parts/table/export-menu.tsx";
import { exportedColumns, shownColumns } from "../../parts/table/features.ts";
import type { DevicesSearch } from "../../search.ts";
import { DEVICE_COLUMNS } from "./device-columns.tsx";
import { hostsQueryOf } from "./device-list.tsx";

/** All devices that match the search, from first to last, whatever page is shown. */
export async function gatherDevices(search: DevicesSearch) {
  const { page: _page, after: _after, per_page: _size, ...query } = hostsQueryOf(search);
  return gatherAll(async (place) => {
    const { hosts, meta } = await client.call(api.listHosts, { query: { ...query, ...place, per_page: 1000 } });
    return { rows: hosts, meta };
  });
}

/** The devices that match, with the columns that are shown, as a file; or what they hold. */
export function DeviceExport({ search, total }: { search: DevicesSearch; total: number | undefined }) {
  const { page: _page, after: _after, per_page: _size, ...query } = hostsQueryOf(search);
  const { query: _words, order_key: _key, order_direction: _direction, ...filters } = query;
  const columns = exportedColumns(DEVICE_COLUMNS, shownColumns(DEVICE_COLUMNS, search.columns));
  const { label_id } = search;
  const scoped = Object.keys(filters).every((name) => name === "label_id") && search.query === undefined;
  const sbom = (format: { format: "cyclonedx" | "spdx" }) =>
    label_id === undefined
      ? addressOf(api.fleetSbom, { query: format })
      : addressOf(api.labelSbom, { params: { id: label_id }, query: format });
  return (
    <ExportMenu
      what={total === undefined ? "devices" : countOf(total, "device")}
      groups={[
        rowExports((format) => addressOf(api.exportHosts, { query: { ...query, ...format, columns } })),
        // the search's words are of devices here, and of software in that export
        search.query === undefined
          ? [
              {
                label: "Who has what, CSV",
                href: addressOf(api.exportHolders, { query: { ...filters, format: "csv", bom: true } }),
              },
            ]
          : [],
        scoped ? sbomExports(sbom) : [],
      ].filter((group) => group.length > 0)}
    />
  );
}
