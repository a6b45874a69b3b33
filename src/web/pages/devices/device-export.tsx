import { api } from "#client/api.ts";
import { client } from "../../data/client.ts";
import { gatherAll } from "../../data/batches.ts";
import { countOf } from "../../parts/format.ts";
import { ExportButton } from "../../parts/table/export-button.tsx";
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

/** The devices that match, with the columns that are shown, as CSV. */
export function DeviceExport({ search, total }: { search: DevicesSearch; total: number | undefined }) {
  return (
    <ExportButton
      name="devices"
      what={total === undefined ? "devices" : countOf(total, "device")}
      columns={DEVICE_COLUMNS}
      choice={search.columns}
      gather={() => gatherDevices(search)}
    />
  );
}
