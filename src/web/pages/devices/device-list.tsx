import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import type { ReactNode } from "react";
import type { Host } from "#protocol/rest/hosts.ts";
import { hostCountQuery, hostsQuery, LIVE } from "../../data/queries.ts";
import type { HostsQuery } from "../../data/queries.ts";
import { Answer } from "../../parts/answers.tsx";
import { DataTable } from "../../parts/table/data-table.tsx";
import type { Selection } from "../../parts/table/data-table.tsx";
import { shownColumns } from "../../parts/table/features.ts";
import { Pager } from "../../parts/table/pager.tsx";
import { useGo } from "../../parts/use-go.ts";
import { steadyOrder } from "../../parts/steady.ts";
import { paths } from "../../paths.ts";
import { orderOf, pagingOf } from "../../search.ts";
import type { DevicesSearch } from "../../search.ts";
import { DEVICE_COLUMNS, deviceSecondLine } from "./device-columns.tsx";
import { deviceFiltersOf } from "./device-filters.ts";

const USUAL_ORDER = { order_key: "display_name", order_direction: "asc" } as const;

/** The REST question of a devices search. */
export function hostsQueryOf(search: DevicesSearch): HostsQuery {
  return { ...orderOf(search, USUAL_ORDER), ...pagingOf(search), ...deviceFiltersOf(search) };
}

/** One page of devices and how many there are in all, kept fresh. */
export function useDevices(search: DevicesSearch) {
  const query = useMemo(() => hostsQueryOf(search), [search]);
  const page = useQuery({ ...hostsQuery(query), refetchInterval: LIVE.list });
  const count = useQuery({ ...hostCountQuery(query), refetchInterval: LIVE.list });
  return { page, total: count.data?.count };
}

interface DeviceListProps {
  search: DevicesSearch;
  /** The address of this list with another search. */
  href: (search: DevicesSearch) => string;
  devices: ReturnType<typeof useDevices>;
  selection?: Selection;
  /** Shown when no device matches. */
  empty: ReactNode;
}

/** A list of devices: on their own page, and wherever a count of devices opens. */
export function DeviceList({ search, href, devices, selection, empty }: DeviceListProps) {
  const go = useGo();
  const { page, total } = devices;
  const rows = useSteadyRows(search, page.data?.hosts);
  const shown = useMemo(() => shownColumns(DEVICE_COLUMNS, search.columns), [search.columns]);
  return (
    <Answer of={page} what="list of devices">
      {({ meta }) =>
        rows.length === 0 ? (
          empty
        ) : (
          <>
            <DataTable
              label="Devices"
              columns={DEVICE_COLUMNS}
              rows={rows}
              shown={shown}
              order={orderOf(search, USUAL_ORDER)}
              onOrder={(order) => go(href({ ...search, ...(order as DevicesSearch), page: undefined, after: undefined }))}
              {...(selection === undefined ? {} : { selection })}
              stale={page.isPlaceholderData}
              href={(host) => paths.device(host.id)}
              nameOf={(host) => host.display_name}
              secondary={deviceSecondLine}
            />
            <Pager
              search={search}
              rows={rows.length}
              total={total}
              meta={meta}
              href={href}
              onSize={(per_page) => go(href({ ...search, per_page, page: undefined, after: undefined }))}
            />
          </>
        )
      }
    </Answer>
  );
}

const NO_HOSTS: readonly Host[] = [];

/** The rows in a steady order while the same page refreshes itself. */
function useSteadyRows(search: DevicesSearch, hosts: readonly Host[] = NO_HOSTS): readonly Host[] {
  const [held, setHeld] = useState({ search, hosts, rows: hosts });
  if (held.search === search && held.hosts === hosts) return held.rows;
  const rows = held.search === search ? steadyOrder(held.rows, hosts, (h) => h.id) : hosts;
  setHeld({ search, hosts, rows });
  return rows;
}
