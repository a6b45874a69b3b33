import { getRouteApi } from "@tanstack/react-router";
import { useCallback } from "react";
import { Nothing } from "../../parts/answers.tsx";
import { STATUS_LABELS } from "../../parts/platform-labels.ts";
import { A } from "../../parts/link.tsx";
import { LiveIndicator } from "../../parts/live.tsx";
import { PageHead } from "../../parts/page.tsx";
import { ColumnChoice } from "../../parts/table/column-choice.tsx";
import { columnsParam, shownColumns } from "../../parts/table/features.ts";
import { PlatformChoice } from "../../parts/table/platform-choice.tsx";
import { ClearFilters, TableBar } from "../../parts/table/table-bar.tsx";
import { TypedFilters } from "../../parts/table/typed-filters.tsx";
import { useGo } from "../../parts/use-go.ts";
import { paths } from "../../paths.ts";
import { STATUSES } from "../../search.ts";
import type { DevicesSearch } from "../../search.ts";
import { buttonClass } from "../../ui/button.tsx";
import { Select } from "../../ui/field.tsx";
import { Icon } from "../../ui/icon.tsx";
import { AddDeviceIcon } from "../../ui/icons.ts";
import { Cluster } from "../../ui/layout.tsx";
import { LabelFilter } from "../labels/label-filter.tsx";
import { DEVICE_COLUMNS } from "./device-columns.tsx";
import { deviceFiltersOf, TYPED_DEVICE_FILTERS } from "./device-filters.ts";
import { DeviceExport } from "./device-export.tsx";
import { LinkedFilters } from "./linked-filters.tsx";
import { DeviceList, useDevices } from "./device-list.tsx";
import { SelectionBar, useDeviceSelection } from "./selection-bar.tsx";

const route = getRouteApi("/app/devices");
const STATUS_OPTIONS = STATUSES.filter((s) => s !== "missing").map((value) => ({ value, label: STATUS_LABELS[value] }));
const AGENT_OPTIONS = [
  { value: "muster", label: "Muster's agent" },
  { value: "osquery", label: "osquery" },
] as const;

export function DevicesPage() {
  const search = route.useSearch();
  const devices = useDevices(search);
  const selection = useDeviceSelection(search);
  const { page, total } = devices;
  return (
    <>
      <PageHead
        title="Devices"
        count={total ?? null}
        actions={
          <Cluster>
            <LiveIndicator
              updatedAt={page.dataUpdatedAt}
              fetching={page.isFetching}
              failed={page.isError}
              onRefresh={() => void page.refetch()}
            />
            <A href={paths.addDevice()} className={buttonClass("primary")}>
              <Icon of={AddDeviceIcon} />
              Add a device
            </A>
          </Cluster>
        }
      />
      <DeviceFilters search={search} total={total} />
      <SelectionBar selection={selection} rows={page.data?.hosts ?? []} total={total} search={search} />
      <DeviceList
        search={search}
        href={paths.devices}
        devices={devices}
        selection={selection}
        empty={<NoDevices search={search} />}
      />
    </>
  );
}

/** The search without the place in it: what another filter starts from. */
function refined(search: DevicesSearch, change: DevicesSearch): string {
  return paths.devices({ ...search, page: undefined, after: undefined, ...change });
}

function DeviceFilters({ search, total }: { search: DevicesSearch; total: number | undefined }) {
  const go = useGo();
  const onQuery = useCallback((query: string | undefined) => go(refined(search, { query }), { replace: true }), [go, search]);
  const shown = shownColumns(DEVICE_COLUMNS, search.columns);
  return (
    <TableBar
      searchLabel="Name, serial, UUID or address"
      query={search.query}
      onQuery={onQuery}
      tools={
        <>
          <ColumnChoice
            columns={DEVICE_COLUMNS}
            shown={shown}
            onChange={(next) => go(paths.devices({ ...search, columns: columnsParam(DEVICE_COLUMNS, next) }), { replace: true })}
          />
          <DeviceExport search={search} total={total} />
        </>
      }
    >
      <Select
        label="Status"
        any="Any status"
        value={search.status === "missing" ? "mia" : search.status}
        options={STATUS_OPTIONS}
        onChoose={(status) => go(refined(search, { status }))}
      />
      <PlatformChoice value={search.platform} onChoose={(platform) => go(refined(search, { platform }))} />
      <LabelFilter value={search.label_id} onChoose={(label_id) => go(refined(search, { label_id }))} />
      <Select
        label="Agent"
        any="Any agent"
        value={search.agent}
        options={AGENT_OPTIONS}
        onChoose={(agent) => go(refined(search, { agent }))}
      />
      <TypedFilters
        fields={TYPED_DEVICE_FILTERS}
        values={search}
        onChange={(change) => go(refined(search, change as DevicesSearch))}
      />
      <LinkedFilters search={search} hrefWith={(change) => refined(search, change)} />
      {isFiltered(search) && <ClearFilters onClear={() => go(paths.devices({ columns: search.columns }))} />}
    </TableBar>
  );
}

function isFiltered(search: DevicesSearch): boolean {
  return search.query !== undefined || Object.keys(deviceFiltersOf(search)).length > 0;
}

function NoDevices({ search }: { search: DevicesSearch }) {
  if (isFiltered(search) || (search.page ?? 1) > 1) {
    return (
      <Nothing
        title="No device matches"
        action={
          <A href={paths.devices()} className={buttonClass("plain")}>
            Show all devices
          </A>
        }
      >
        <p>All filters must match at once. Take one off, or search for fewer letters.</p>
      </Nothing>
    );
  }
  return (
    <Nothing
      title="No device has enrolled yet"
      action={
        <A href={paths.addDevice()} className={buttonClass("primary")}>
          <Icon of={AddDeviceIcon} />
          Add a device
        </A>
      }
    >
      <p>A device appears here when its agent, Muster's own or stock osquery, first reports with an enroll secret.</p>
    </Nothing>
  );
}
