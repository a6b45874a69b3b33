import { useQuery } from "@tanstack/react-query";
import { useCallback, useMemo } from "react";
import { sourceLabel } from "#domain/software/sources.ts";
import { LIVE } from "../../data/queries.ts";
import {
  vulnerableSoftwareQuery,
  type VulnerableSoftwareAnswer,
  type VulnerableSoftwareQuery,
} from "../../data/vulnerability-queries.ts";
import { Answer, Nothing } from "../../parts/answers.tsx";
import { countOf, formatCount } from "../../parts/format.ts";
import { A } from "../../parts/link.tsx";
import { RelativeTime } from "../../parts/relative-time.tsx";
import { DataTable } from "../../parts/table/data-table.tsx";
import { columnHelper, type Column } from "../../parts/table/features.ts";
import { Pager } from "../../parts/table/pager.tsx";
import { SourceChoice } from "../../parts/table/source-choice.tsx";
import { ClearFilters, TableBar } from "../../parts/table/table-bar.tsx";
import { useGo } from "../../parts/use-go.ts";
import { kindOfHost } from "../../parts/vulnerability/kind-of-host.ts";
import { FindingState, stateLabel } from "../../parts/vulnerability/severity.tsx";
import { StateChoice } from "../../parts/vulnerability/state-choice.tsx";
import { paths } from "../../paths.ts";
import { orderOf, pagingOf } from "../../search.ts";
import { present } from "../../search-values.ts";
import { SUPPRESSED_WORDS, type VulnerabilitySearch } from "../../search-vulnerabilities.ts";
import { Select } from "../../ui/field.tsx";
import { Panel } from "../../ui/layout.tsx";
import { Clip, Mono, Quiet } from "../../ui/text.tsx";
import { LabelFilter } from "../labels/label-filter.tsx";

type Row = VulnerableSoftwareAnswer["software"][number];
/** A row of the table, which wants a number of its own: the same version may be there for several kinds of host. */
type Listed = Omit<Row, "id"> & { id: number; software_version_id: number };

const USUAL_ORDER = { order_key: "hosts_count", order_direction: "desc" } as const;
const SUPPRESSED_OPTIONS = [
  { value: "no", label: "Open only" },
  { value: "yes", label: "Suppressed only" },
];
const column = columnHelper<Listed>();

function queryOf(search: VulnerabilitySearch): VulnerableSoftwareQuery {
  const { state, source, label_id, suppressed = "all" } = search;
  return { ...orderOf(search, USUAL_ORDER), ...pagingOf(search), ...present({ state, source, label_id }), suppressed };
}

/** Every software version that has it, on each kind of host; a row opens its evidence, its count leads to exactly these devices. */
export function AffectedSoftware({ cve, search }: { cve: string; search: VulnerabilitySearch }) {
  const go = useGo();
  const query = useMemo(() => queryOf(search), [search]);
  const list = useQuery({ ...vulnerableSoftwareQuery(cve, query), refetchInterval: LIVE.list });
  const href = useCallback((next: VulnerabilitySearch) => paths.vulnerability(cve, "affected", next), [cve]);
  const why = useCallback((row: Listed) => href({ ...search, why: `software-${row.software_version_id}` }), [href, search]);
  const columns = useMemo(() => columnsOf(cve, search.label_id, why), [cve, search.label_id, why]);
  const rows = useMemo(
    () => (list.data?.software ?? []).map(({ id, ...row }, i): Listed => ({ ...row, id: i + 1, software_version_id: id })),
    [list.data],
  );
  return (
    <Panel title="Software" note={list.data === undefined ? "" : countOf(list.data.count, "version")} flush>
      <SoftwareBar search={search} href={href} />
      <Answer of={list} what="software that has it">
        {({ count, meta }) =>
          rows.length === 0 ? (
            <NoSoftware filtered={isFiltered(search)} />
          ) : (
            <>
              <DataTable
                label={`Software with ${cve}`}
                columns={columns}
                rows={rows}
                order={orderOf(search, USUAL_ORDER)}
                onOrder={(order) => go(href({ ...search, ...(order as VulnerabilitySearch), page: undefined, after: undefined }))}
                stale={list.isPlaceholderData}
                inPlace
                href={why}
                nameOf={(row) => `${row.name} ${row.version}`}
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
    </Panel>
  );
}

function isFiltered({ query, state, source, label_id, suppressed }: VulnerabilitySearch): boolean {
  return [query, state, source, label_id, suppressed].some((value) => value !== undefined);
}

function SoftwareBar({ search, href }: { search: VulnerabilitySearch; href: (search: VulnerabilitySearch) => string }) {
  const go = useGo();
  const refined = useCallback(
    (change: VulnerabilitySearch) => href({ ...search, page: undefined, after: undefined, ...change }),
    [href, search],
  );
  const onQuery = useCallback(
    (query: string | undefined) => go(refined({ query }), { replace: true, keepScroll: true }),
    [go, refined],
  );
  const choose = (change: VulnerabilitySearch) => go(refined(change), { keepScroll: true });
  return (
    <TableBar searchLabel="Search affected software" query={search.query} onQuery={onQuery}>
      <StateChoice value={search.state} onChoose={(state) => choose({ state })} />
      <SourceChoice value={search.source} onChoose={(source) => choose({ source })} />
      <LabelFilter value={search.label_id} onChoose={(label_id) => choose({ label_id })} />
      <Select
        label="Suppressed"
        any="Open and suppressed"
        value={search.suppressed === "all" ? undefined : search.suppressed}
        options={SUPPRESSED_OPTIONS}
        onChoose={(value) => choose({ suppressed: SUPPRESSED_WORDS.find((word) => word === value) })}
      />
      {isFiltered(search) && <ClearFilters onClear={() => go(href({}), { keepScroll: true })} />}
    </TableBar>
  );
}

function SecondLine(row: Listed) {
  return (
    <>
      <Mono>{fullVersion(row)}</Mono>
      <Quiet>{row.resolved_in_version === null ? stateLabel(row.state) : `fixed in ${row.resolved_in_version}`}</Quiet>
    </>
  );
}

function fullVersion({ version, release }: Listed): string {
  return release === undefined ? version : `${version}-${release}`;
}

function columnsOf(cve: string, label_id: number | undefined, why: (row: Listed) => string): Column<Listed>[] {
  return [
    column.accessor("name", {
      header: "Software",
      cell: ({ getValue }) => <Clip text={getValue()} />,
      meta: { orderKey: "name", room: 1, tip: "Opens why it has the vulnerability" },
    }),
    column.accessor(fullVersion, {
      id: "version",
      header: "Version",
      cell: ({ getValue, row }) => (
        <A href={paths.softwareVersion(row.original.software_version_id)} tabIndex={-1}>
          <Clip text={getValue()} mono />
        </A>
      ),
      meta: { width: "mid", room: 2 },
    }),
    column.accessor("resolved_in_version", {
      header: "Fixed in",
      cell: ({ getValue }) => (getValue() === null ? <Quiet>none known</Quiet> : <Clip text={getValue()} mono />),
      meta: { width: "mid", room: 3, tip: "The first version without it, by whoever maintains this software" },
    }),
    column.accessor("state", {
      header: "State",
      cell: ({ row: { original: row } }) =>
        row.suppressed === null ? (
          <FindingState state={row.state} />
        ) : (
          <span data-tip={row.suppressed}>
            <Quiet>Suppressed</Quiet>
          </span>
        ),
      meta: { width: "short", room: 2 },
    }),
    column.accessor((row) => kindOfHost(row.os_scope), {
      id: "os_scope",
      header: "On",
      cell: ({ getValue }) => getValue() || <Quiet>any</Quiet>,
      meta: { width: "short", room: 3, tip: "The kind of device that it was judged for" },
    }),
    column.accessor((row) => sourceLabel(row.source), {
      id: "source",
      header: "Source",
      cell: ({ getValue }) => <Clip text={getValue()} />,
      meta: { width: "mid", room: 4 },
    }),
    column.accessor("created_at", {
      header: "First found",
      cell: ({ getValue }) => <RelativeTime time={getValue()} />,
      meta: { orderKey: "created_at", firstDirection: "desc", width: "time", room: 4 },
    }),
    column.display({
      id: "why",
      header: "Evidence",
      cell: ({ row }) => (
        <A href={why(row.original)} keepScroll tabIndex={-1}>
          Why?
        </A>
      ),
      meta: { width: "number", room: 2, tip: "Which record says so, and how the versions compare" },
    }),
    devicesColumn(cve, label_id),
  ];
}

function devicesColumn(cve: string, label_id: number | undefined): Column<Listed> {
  return column.accessor("hosts_count", {
    header: "Devices",
    cell: ({ getValue, row: { original: row } }) =>
      getValue() === 0 && row.suppressed_hosts_count > 0 ? (
        <span data-tip={`${countOf(row.suppressed_hosts_count, "device")} hold it; it is suppressed there`}>
          <Quiet>0</Quiet>
        </span>
      ) : (
        <A
          href={paths.devices({
            software_version_id: row.software_version_id,
            vulnerability: cve,
            ...present({ os_scope: row.os_scope === "" ? undefined : row.os_scope, label_id }),
          })}
          aria-label={`${countOf(getValue(), "device")} with ${row.name} ${row.version}`}
          tabIndex={-1}
        >
          {formatCount(getValue())}
        </A>
      ),
    meta: {
      orderKey: "hosts_count",
      firstDirection: "desc",
      width: "number",
      align: "end",
      room: 1,
      tip: "Devices that hold it, without those where it is suppressed",
    },
  });
}

function NoSoftware({ filtered }: { filtered: boolean }) {
  if (filtered) {
    return (
      <Nothing title="No affected software matches">
        <p>Search for fewer letters, or take a filter off.</p>
      </Nothing>
    );
  }
  return (
    <Nothing title="No software has it">
      <p>Only operating systems of your devices have it; they are listed above.</p>
    </Nothing>
  );
}
