import { useQuery } from "@tanstack/react-query";
import { useCallback, useMemo } from "react";
import { titleHostsQuery } from "../../data/queries.ts";
import type { TitleHostsQuery } from "../../data/queries.ts";
import { Answer, Nothing } from "../../parts/answers.tsx";
import { BarList } from "../../parts/bar-list.tsx";
import { countOf, formatCount } from "../../parts/format.ts";
import { DataTable } from "../../parts/table/data-table.tsx";
import { Pager } from "../../parts/table/pager.tsx";
import { TableBar } from "../../parts/table/table-bar.tsx";
import { useGo } from "../../parts/use-go.ts";
import { paths } from "../../paths.ts";
import { HOLDER_ORDERS, orderOf, pagingOf } from "../../search.ts";
import type { TitleSearch } from "../../search.ts";
import { Panel, Stack } from "../../ui/layout.tsx";
import { Mono } from "../../ui/text.tsx";
import { PastNote } from "./as-of-picker.tsx";
import { heldWords, HOLDER_COLUMNS } from "./holder-columns.tsx";
import type { Holder } from "./holder-columns.tsx";

const USUAL_ORDER = { order_key: "display_name", order_direction: "asc" } as const;

interface ThenProps {
  id: number;
  moment: string;
  search: TitleSearch;
}

/** The versions and devices of a title at a moment of the past. */
export function TitleHoldersThen({ id, moment, search }: ThenProps) {
  const query = useMemo(() => ({ ...holderOrderOf(search), ...pagingOf(search), as_of: moment }), [search, moment]);
  const holders = useQuery(titleHostsQuery(id, query));
  return (
    <Answer of={holders} what="devices that held it">
      {({ hosts, versions, count, history_since, meta }) => (
        <Stack gap={6}>
          <PastNote moment={moment} historySince={history_since} />
          {count === 0 && search.query === undefined ? (
            <Nothing title="No device held it then">
              <p>Devices that were deleted since are not counted. Choose another day.</p>
            </Nothing>
          ) : (
            <>
              <Panel title="Versions then" note={countOf(count, "device")}>
                <BarList bars={versions.slice(0, 12).map(barOf)} total={count} unit="device" />
              </Panel>
              <Panel title="Devices then" note={formatCount(count)}>
                <Holders id={id} search={search} rows={hosts} total={count} meta={meta} stale={holders.isPlaceholderData} />
              </Panel>
            </>
          )}
        </Stack>
      )}
    </Answer>
  );
}

/** The order that the address asks for, where these devices have it. */
function holderOrderOf(search: TitleSearch): Required<Pick<TitleHostsQuery, "order_key" | "order_direction">> {
  const order_key = HOLDER_ORDERS.find((key) => key === search.order_key);
  return orderOf(order_key === undefined ? {} : { ...search, order_key }, USUAL_ORDER);
}

interface HoldersProps {
  id: number;
  search: TitleSearch;
  rows: readonly Holder[];
  total: number;
  meta: { has_next_results: boolean; next_cursor?: string | undefined };
  stale: boolean;
}

function Holders({ id, search, rows, total, meta, stale }: HoldersProps) {
  const go = useGo();
  const href = useCallback((next: TitleSearch) => paths.softwareTitle(id, "devices", next), [id]);
  const refined = (change: TitleSearch) => href({ ...search, page: undefined, after: undefined, ...change });
  return (
    <>
      <TableBar
        searchLabel="Search these devices"
        query={search.query}
        onQuery={(query) => go(refined({ query }), { replace: true })}
      />
      {rows.length === 0 ? (
        <Nothing title="No device matches">
          <p>Search for fewer letters of the device’s name.</p>
        </Nothing>
      ) : (
        <>
          <DataTable
            label="Devices that held it"
            columns={HOLDER_COLUMNS}
            rows={rows}
            order={holderOrderOf(search)}
            onOrder={(order) => go(refined(order as TitleSearch))}
            stale={stale}
            href={(host) => paths.device(host.id, "software", { as_of: search.as_of })}
            nameOf={(host) => host.display_name}
            secondary={(host) => <Mono>{heldWords(host)}</Mono>}
          />
          <Pager
            search={search}
            rows={rows.length}
            total={total}
            meta={meta}
            href={href}
            onSize={(per_page) => go(refined({ per_page }))}
          />
        </>
      )}
    </>
  );
}

function barOf(v: { id: number; version: string; release?: string; hosts_count: number }) {
  const label = v.release ? `${v.version}-${v.release}` : v.version || "no version";
  return { key: String(v.id), label, value: v.hosts_count, href: paths.softwareVersion(v.id), mono: true };
}
