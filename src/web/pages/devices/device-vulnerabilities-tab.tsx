import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";
import { api } from "#client/api.ts";
import { addressOf } from "#client/client.ts";
import type { HostDetail } from "#protocol/rest/hosts.ts";
import { LIVE, titleQuery } from "../../data/queries.ts";
import { hostVulnerabilitiesQuery, type HostVulnerabilitiesQuery } from "../../data/vulnerability-queries.ts";
import { Answer, Nothing } from "../../parts/answers.tsx";
import { countOf } from "../../parts/format.ts";
import { A } from "../../parts/link.tsx";
import { ColumnChoice } from "../../parts/table/column-choice.tsx";
import { DataTable } from "../../parts/table/data-table.tsx";
import { ExportMenu, rowExports } from "../../parts/table/export-menu.tsx";
import { columnsParam, shownColumns } from "../../parts/table/features.ts";
import { MultiChoice } from "../../parts/table/multi-choice.tsx";
import { Pager } from "../../parts/table/pager.tsx";
import { ClearFilters, FilterChip, TableBar } from "../../parts/table/table-bar.tsx";
import { useGo } from "../../parts/use-go.ts";
import { EvidenceSheet } from "../../parts/vulnerability/evidence-sheet.tsx";
import { SEVERITY_LABELS, stateLabel } from "../../parts/vulnerability/severity.tsx";
import { StateChoice } from "../../parts/vulnerability/state-choice.tsx";
import { paths } from "../../paths.ts";
import { orderAmong, pagingOf } from "../../search.ts";
import { DEVICE_FINDING_ORDERS } from "../../search-device.ts";
import type { DeviceSearch } from "../../search-device.ts";
import { present } from "../../search-values.ts";
import { SEVERITY_WORDS } from "../../search-vulnerabilities.ts";
import { buttonClass } from "../../ui/button.tsx";
import { Select } from "../../ui/field.tsx";
import { Quiet } from "../../ui/text.tsx";
import { DEVICE_FINDING_COLUMNS, type DeviceFinding } from "./device-finding-columns.tsx";

const route = getRouteApi("/app/devices/$id/{-$tab}");
const USUAL_ORDER = { order_key: "priority", order_direction: "desc" } as const;
const URGENT_OPTIONS = [
  { value: "exploit", label: "Known exploited (CISA KEV)" },
  { value: "overdue", label: "Overdue" },
] as const;

function queryOf(search: DeviceSearch): HostVulnerabilitiesQuery {
  const { severity, state, exploit, overdue, suppressed, source, software_title_id } = search;
  return {
    ...orderAmong(search, DEVICE_FINDING_ORDERS, USUAL_ORDER),
    ...pagingOf(search),
    ...present({ severity, state, exploit, overdue, suppressed, source, software_title_id }),
  };
}

function isFiltered(search: DeviceSearch): boolean {
  const { query, severity, state, exploit, overdue, suppressed, source, software_title_id } = search;
  const filters = [query, severity, state, exploit, overdue, suppressed, source, software_title_id];
  return filters.some((value) => value !== undefined);
}

/** What a finding is called in the address that shows its evidence. */
function whyOf({ cve, software_id }: DeviceFinding): string {
  return `${cve}_${software_id ?? "os"}`;
}

/** The vulnerabilities of the device's software and operating system, one row for each in each. */
export function DeviceVulnerabilitiesTab({ host }: { host: HostDetail }) {
  const search = route.useSearch();
  const query = useMemo(() => queryOf(search), [search]);
  const list = useQuery({ ...hostVulnerabilitiesQuery(host.id, query), refetchInterval: LIVE.device });
  const go = useGo();
  const href = useCallback((next: DeviceSearch) => paths.device(host.id, "vulnerabilities", next), [host.id]);
  const rows = useMemo(
    () => (list.data?.vulnerabilities ?? []).map((row, index): DeviceFinding => ({ ...row, id: index + 1 })),
    [list.data],
  );
  return (
    <>
      <FindingsBar host={host} search={search} href={href} found={list.data} />
      <Answer of={list} what="vulnerabilities of this device">
        {({ count, meta }) =>
          rows.length === 0 ? (
            <NoFindings filtered={isFiltered(search)} all={href({})} />
          ) : (
            <>
              <DataTable
                label={`Vulnerabilities of ${host.display_name}`}
                columns={DEVICE_FINDING_COLUMNS}
                shown={shownColumns(DEVICE_FINDING_COLUMNS, search.columns)}
                rows={rows}
                order={orderAmong(search, DEVICE_FINDING_ORDERS, USUAL_ORDER)}
                onOrder={(order) => go(href({ ...search, ...(order as DeviceSearch), page: undefined, after: undefined }))}
                stale={list.isPlaceholderData}
                inPlace
                href={(finding) => href({ ...search, why: whyOf(finding) })}
                nameOf={(finding) => `${finding.cve} in ${finding.name}`}
                secondary={SecondLine}
              />
              <Pager
                search={search}
                rows={rows.length}
                total={count}
                meta={meta}
                href={href}
                onSize={(per_page) => go(href({ ...search, per_page, page: undefined, after: undefined }))}
              />
            </>
          )
        }
      </Answer>
      <Evidence host={host} why={search.why} onClose={() => go(href({ ...search, why: undefined }), { replace: true })} />
    </>
  );
}

/** Why the device has what the address names; nothing where it names nothing. */
function Evidence({ host, why, onClose }: { host: HostDetail; why: string | undefined; onClose: () => void }) {
  const [, cve, id] = /^(.+)_(\d+|os)$/u.exec(why ?? "") ?? [];
  if (cve === undefined || id === undefined) return null;
  const software = id === "os" ? {} : { software_version_id: Number(id) };
  return <EvidenceSheet cve={cve} of={{ ...software, host_id: host.id }} onClose={onClose} />;
}

function SecondLine(finding: DeviceFinding) {
  return (
    <>
      <Quiet>{finding.name}</Quiet>
      <Quiet>
        {finding.resolved_in_version === null ? stateLabel(finding.state) : `fixed in ${finding.resolved_in_version}`}
      </Quiet>
    </>
  );
}

interface BarProps {
  host: HostDetail;
  search: DeviceSearch;
  href: (search: DeviceSearch) => string;
  found: { count: number; cves_count: number } | undefined;
}

function FindingsBar({ host, search, href, found }: BarProps) {
  const go = useGo();
  const refined = useCallback(
    (change: DeviceSearch) => href({ ...search, page: undefined, after: undefined, why: undefined, ...change }),
    [href, search],
  );
  const onQuery = useCallback((query: string | undefined) => go(refined({ query }), { replace: true }), [go, refined]);
  const { page: _page, after: _after, per_page: _size, ...all } = queryOf(search);
  return (
    <TableBar
      searchLabel="Search vulnerabilities"
      query={search.query}
      onQuery={onQuery}
      tools={
        <>
          <ColumnChoice
            columns={DEVICE_FINDING_COLUMNS}
            shown={shownColumns(DEVICE_FINDING_COLUMNS, search.columns)}
            onChange={(next) =>
              go(href({ ...search, ...present({ columns: columnsParam(DEVICE_FINDING_COLUMNS, next) }) }), { replace: true })
            }
          />
          <ExportMenu
            what={found === undefined ? "findings" : countOf(found.count, "finding")}
            groups={[
              rowExports((format) =>
                addressOf(api.exportHostVulnerabilities, { params: { id: host.id }, query: { ...all, ...format } }),
              ),
            ]}
          />
        </>
      }
    >
      <FindingsFilters search={search} onChange={(change) => go(refined(change))} />
      {isFiltered(search) && <ClearFilters onClear={() => go(href({}))} />}
      {found !== undefined && (
        <Quiet small>
          {countOf(found.count, "finding")} of {countOf(found.cves_count, "vulnerability", "vulnerabilities")}
        </Quiet>
      )}
    </TableBar>
  );
}

function FindingsFilters({ search, onChange }: { search: DeviceSearch; onChange: (change: DeviceSearch) => void }) {
  return (
    <>
      <MultiChoice
        label="Severity"
        any="Any severity"
        many="severities"
        value={search.severity}
        options={SEVERITY_WORDS.map((value) => ({ value, label: SEVERITY_LABELS[value] ?? value }))}
        onChoose={(severity) => onChange(present({ severity }))}
      />
      <UrgentChoice search={search} onChange={(change) => onChange(change)} />
      <StateChoice value={search.state} onChoose={(state) => onChange({ state })} />
      <Select
        label="Suppressed"
        any="Open only"
        value={search.suppressed}
        options={[
          { value: "yes", label: "Suppressed only" },
          { value: "all", label: "Open and suppressed" },
        ]}
        onChoose={(suppressed) => onChange({ suppressed })}
      />
      {search.software_title_id !== undefined && (
        <TitleChip id={search.software_title_id} onRemove={() => onChange({ software_title_id: undefined })} />
      )}
    </>
  );
}

function TitleChip({ id, onRemove }: { id: number; onRemove: () => void }) {
  const title = useQuery(titleQuery(id)).data;
  return <FilterChip label="In" value={title?.display_name ?? `title ${id}`} onRemove={onRemove} />;
}

function UrgentChoice({ search, onChange }: { search: DeviceSearch; onChange: (change: DeviceSearch) => void }) {
  const chosen = URGENT_OPTIONS.filter(({ value }) => search[value] === true).map(({ value }) => value);
  return (
    <MultiChoice
      label="Urgency"
      any="Any urgency"
      many="marks"
      value={chosen.length === 0 ? undefined : chosen.join(",")}
      options={URGENT_OPTIONS}
      onChoose={(list) => {
        const names = new Set((list ?? "").split(","));
        onChange(
          Object.fromEntries(URGENT_OPTIONS.map(({ value }) => [value, names.has(value) ? true : undefined])) as DeviceSearch,
        );
      }}
    />
  );
}

function NoFindings({ filtered, all }: { filtered: boolean; all: string }) {
  if (filtered) {
    return (
      <Nothing
        title="No vulnerability of this device matches"
        action={
          <A href={all} className={buttonClass("plain")}>
            Show all of this device
          </A>
        }
      >
        <p>Search for fewer letters, or take a filter off.</p>
      </Nothing>
    );
  }
  return (
    <Nothing
      title="No vulnerability is known of this device"
      action={
        <A href={paths.unidentified()} className={buttonClass("plain")}>
          See what could not be identified
        </A>
      }
    >
      <p>
        Everything that it holds was compared with the feeds that are loaded, or is about to be: new software is looked at within
        seconds. What is not identified is not assessed.
      </p>
    </Nothing>
  );
}
