import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";
import { api } from "#client/api.ts";
import { addressOf } from "#client/client.ts";
import { sourceLabel } from "#domain/software/sources.ts";
import type { HostSoftwareTitle } from "#protocol/rest/host-software.ts";
import type { HostDetail } from "#protocol/rest/hosts.ts";
import { hostSoftwareQuery, LIVE } from "../../data/queries.ts";
import type { HostSoftwareQuery } from "../../data/queries.ts";
import { Answer, Nothing } from "../../parts/answers.tsx";
import { countOf } from "../../parts/format.ts";
import { ColumnChoice } from "../../parts/table/column-choice.tsx";
import { DataTable } from "../../parts/table/data-table.tsx";
import { ExportMenu, rowExports, sbomExports } from "../../parts/table/export-menu.tsx";
import { columnsParam, shownColumns } from "../../parts/table/features.ts";
import { MultiChoice } from "../../parts/table/multi-choice.tsx";
import { Pager } from "../../parts/table/pager.tsx";
import { ClearFilters, TableBar } from "../../parts/table/table-bar.tsx";
import { TypedFilters } from "../../parts/table/typed-filters.tsx";
import { useGo } from "../../parts/use-go.ts";
import { VulnerableChoice } from "../../parts/vulnerability/vulnerable-choice.tsx";
import { paths } from "../../paths.ts";
import { dayTime, orderAmong, pagingOf, UNUSED_DAYS } from "../../search.ts";
import { DEVICE_SOFTWARE_ORDERS } from "../../search-device.ts";
import type { DeviceSearch } from "../../search-device.ts";
import { present } from "../../search-values.ts";
import { Select } from "../../ui/field.tsx";
import { Mono, Quiet } from "../../ui/text.tsx";
import { AsOfPicker, PastNote, useMoment } from "../history/as-of-picker.tsx";
import { deviceSoftwareColumns, Exposed, versionsWords } from "./device-software-columns.tsx";
import { SoftwareSheet } from "./software-sheet.tsx";

const route = getRouteApi("/app/devices/$id/{-$tab}");

const USUAL_ORDER = { order_key: "name", order_direction: "asc" } as const;

/** Filters that need typing, with the words of their chips. */
const TYPED = {
  vendor: { label: "Vendor", kind: "text" },
  arch: { label: "Architecture", kind: "text" },
  installed_since: { label: "First seen since", kind: "day" },
  installed_until: { label: "First seen until", kind: "day" },
  last_opened_since: { label: "Opened since", kind: "day" },
  last_opened_until: { label: "Last opened until", kind: "day" },
  min_cvss_score: { label: "CVSS, at least", kind: "decimal" },
} as const;
const TYPED_NAMES = Object.keys(TYPED) as (keyof typeof TYPED)[];

function vulnerableOf({ vulnerable, exploit, min_cvss_score }: DeviceSearch) {
  return present({ vulnerable, exploit, min_cvss_score });
}

function queryOf(search: DeviceSearch, moment: string | undefined): HostSoftwareQuery {
  return {
    ...orderAmong(search, DEVICE_SOFTWARE_ORDERS, USUAL_ORDER),
    ...pagingOf(search),
    ...present({
      source: search.source,
      vendor: search.vendor,
      arch: search.arch,
      installed_since: dayTime(search.installed_since, "since"),
      installed_until: dayTime(search.installed_until, "until"),
      last_opened_since: dayTime(search.last_opened_since, "since"),
      last_opened_until: dayTime(search.last_opened_until, "until"),
      not_opened_for_days: search.not_opened_for_days,
      // of the past no vulnerabilities are known: they are those of what the device holds now
      ...(moment === undefined ? vulnerableOf(search) : {}),
      as_of: moment,
    }),
  };
}

/** What is installed on the device: one row a title, with the versions it holds. */
export function DeviceSoftwareTab({ host }: { host: HostDetail }) {
  const search = route.useSearch();
  const moment = useMoment(search.as_of);
  const query = useMemo(() => queryOf(search, moment), [search, moment]);
  const list = useQuery({ ...hostSoftwareQuery(host.id, query), refetchInterval: LIVE.device });
  const go = useGo();
  const href = useCallback((next: DeviceSearch) => paths.device(host.id, "software", next), [host.id]);
  const columns = useMemo(() => deviceSoftwareColumns(moment === undefined ? host.id : undefined), [host.id, moment]);
  const opened = list.data?.software.find((t) => t.id === search.title);
  return (
    <>
      <SoftwareBar host={host} search={search} moment={moment} href={href} columns={columns} found={list.data?.count} />
      {moment !== undefined && <PastNote moment={moment} historySince={list.data?.history_since} />}
      <Answer of={list} what="software of this device">
        {({ software, count, meta }) =>
          software.length === 0 ? (
            <NoSoftware host={host} filtered={isFiltered(search)} />
          ) : (
            <>
              <DataTable
                label={`Software on ${host.display_name}`}
                columns={columns}
                rows={software}
                shown={shownColumns(columns, search.columns)}
                order={orderAmong(search, DEVICE_SOFTWARE_ORDERS, USUAL_ORDER)}
                onOrder={(order) => go(href({ ...search, ...(order as DeviceSearch), page: undefined, after: undefined }))}
                stale={list.isPlaceholderData}
                inPlace
                href={(title) => href({ ...search, title: title.id })}
                nameOf={(title) => title.display_name || title.name}
                secondary={(title) => <SecondLine title={title} hostId={moment === undefined ? host.id : undefined} />}
              />
              <Pager
                search={search}
                rows={software.length}
                total={count}
                meta={meta}
                href={href}
                onSize={(per_page) => go(href({ ...search, per_page, page: undefined, after: undefined }))}
              />
            </>
          )
        }
      </Answer>
      {opened !== undefined && (
        <SoftwareSheet title={opened} host={host} onClose={() => go(href({ ...search, title: undefined }), { replace: true })} />
      )}
    </>
  );
}

function SecondLine({ title, hostId }: { title: HostSoftwareTitle; hostId: number | undefined }) {
  return (
    <>
      {hostId !== undefined && <Exposed title={title} hostId={hostId} />}
      <Mono>{versionsWords(title)}</Mono>
      <Quiet>{sourceLabel(title.source)}</Quiet>
    </>
  );
}

interface BarProps {
  host: HostDetail;
  search: DeviceSearch;
  moment: string | undefined;
  href: (search: DeviceSearch) => string;
  columns: ReturnType<typeof deviceSoftwareColumns>;
  found: number | undefined;
}

function SoftwareBar({ host, search, moment, href, columns, found }: BarProps) {
  const go = useGo();
  const refined = useCallback(
    (change: DeviceSearch) => href({ ...search, page: undefined, after: undefined, title: undefined, ...change }),
    [href, search],
  );
  const onQuery = useCallback((query: string | undefined) => go(refined({ query }), { replace: true }), [go, refined]);
  const exportQuery = () => {
    const { page: _p, after: _a, per_page: _s, order_key: _k, order_direction: _d, ...query } = queryOf(search, moment);
    return query;
  };
  const asOf = moment === undefined ? {} : { as_of: moment };
  const sources = host.sources.filter((s) => s.rows_count > 0);
  return (
    <TableBar
      searchLabel="Search software"
      query={search.query}
      onQuery={onQuery}
      tools={
        <>
          <ColumnChoice
            columns={columns}
            shown={shownColumns(columns, search.columns)}
            onChange={(next) => go(href({ ...search, ...present({ columns: columnsParam(columns, next) }) }), { replace: true })}
          />
          <ExportMenu
            what={found === undefined ? "titles" : countOf(found, "title")}
            groups={[
              rowExports((format) =>
                addressOf(api.exportHostSoftware, { params: { id: host.id }, query: { ...exportQuery(), ...format } }),
              ),
              sbomExports((format) => addressOf(api.hostSbom, { params: { id: host.id }, query: { ...format, ...asOf } })),
            ]}
          />
        </>
      }
    >
      <MultiChoice
        label="Source"
        any="Any source"
        many="sources"
        value={search.source}
        options={sources.map((s) => ({ value: s.source, label: `${sourceLabel(s.source)} (${s.rows_count})` }))}
        onChoose={(source) => go(refined({ source }))}
      />
      <VulnerableChoice chosen={search} onChoose={(chosen) => go(refined(chosen))} />
      <Select
        label="Last opened"
        any="Opened or not"
        value={search.not_opened_for_days === undefined ? undefined : String(search.not_opened_for_days)}
        options={UNUSED_DAYS.map((n) => ({ value: String(n), label: `Not opened for ${n} days` }))}
        onChoose={(value) => go(refined({ not_opened_for_days: UNUSED_DAYS.find((n) => String(n) === value) }))}
      />
      <TypedFilters fields={TYPED} values={search} onChange={(change) => go(refined(change as DeviceSearch))} />
      <AsOfPicker day={search.as_of} onDay={(as_of) => go(refined({ as_of }))} />
      {isFiltered(search) && <ClearFilters onClear={() => go(href({}))} />}
      {found !== undefined && <Quiet small>{countOf(found, "title")}</Quiet>}
    </TableBar>
  );
}

function isFiltered(search: DeviceSearch): boolean {
  const { query, source, not_opened_for_days, as_of, vulnerable, exploit } = search;
  return [query, source, not_opened_for_days, as_of, vulnerable, exploit, ...TYPED_NAMES.map((name) => search[name])].some(
    (value) => value !== undefined,
  );
}

function NoSoftware({ host, filtered }: { host: HostDetail; filtered: boolean }) {
  if (filtered) {
    return (
      <Nothing title="Nothing on this device matches">
        <p>Search for fewer letters, or take a filter off.</p>
      </Nothing>
    );
  }
  if (host.detail_updated_at === null) {
    return (
      <Nothing title="The device has not reported its software yet">
        <p>It enrolled, and its first full report follows within a minute or two. This page shows it as soon as it is here.</p>
      </Nothing>
    );
  }
  return (
    <Nothing title="The device reports no software">
      <p>Its agent answered, but no source held anything. The tab “Agents and sources” says what each source reported.</p>
    </Nothing>
  );
}
