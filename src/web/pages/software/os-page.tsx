import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";
import type { OsVersion } from "#protocol/rest/software.ts";
import { LIVE, osVersionsQuery } from "../../data/queries.ts";
import { Answer, Nothing } from "../../parts/answers.tsx";
import { countOf, formatCount } from "../../parts/format.ts";
import { PlatformIcon, platformLabel } from "../../parts/host.tsx";
import { A } from "../../parts/link.tsx";
import { PageHead } from "../../parts/page.tsx";
import { DataTable } from "../../parts/table/data-table.tsx";
import { columnHelper } from "../../parts/table/features.ts";
import type { Column } from "../../parts/table/features.ts";
import { Pager } from "../../parts/table/pager.tsx";
import { PlatformChoice } from "../../parts/table/platform-choice.tsx";
import { ClearFilters, TableBar } from "../../parts/table/table-bar.tsx";
import { TypedFilters } from "../../parts/table/typed-filters.tsx";
import { SeverityMark } from "../../parts/vulnerability/severity.tsx";
import { useGo } from "../../parts/use-go.ts";
import { paths } from "../../paths.ts";
import { orderOf, pagingOf } from "../../search.ts";
import type { OsSearch } from "../../search.ts";
import { present } from "../../search-values.ts";
import { buttonClass } from "../../ui/button.tsx";
import { Beside } from "../../ui/layout.tsx";
import { Clip, Quiet } from "../../ui/text.tsx";
import { LabelFilter } from "../labels/label-filter.tsx";
import { SoftwareTabs } from "./software-tabs.tsx";

type Row = OsVersion & { id: number };
const route = getRouteApi("/app/software/os");
const column = columnHelper<Row>();

const COLUMNS: Column<Row>[] = [
  column.accessor("name", {
    header: "Operating system",
    cell: ({ getValue }) => <Clip text={getValue()} />,
    meta: { orderKey: "name", room: 1 },
  }),
  column.accessor("version", {
    header: "Version",
    cell: ({ getValue }) => <Clip text={getValue()} mono />,
    meta: { orderKey: "version", width: "mid", room: 2 },
  }),
  column.accessor("platform", {
    header: "Platform",
    cell: ({ getValue }) => <Beside icon={<PlatformIcon platform={getValue()} />}>{platformLabel(getValue())}</Beside>,
    meta: { orderKey: "platform", width: "mid", room: 2 },
  }),
  column.display({
    id: "worst",
    header: "Worst",
    cell: ({ row: { original: os } }) => {
      const [worst] = os.vulnerabilities;
      return worst === undefined ? (
        <Quiet>none known</Quiet>
      ) : (
        <SeverityMark severity={worst.severity} score={worst.cvss_score} />
      );
    },
    meta: { width: "short", room: 2, tip: "Its worst open vulnerability; of Linux those of the kernels that run" },
  }),
  column.accessor("vulnerabilities_count", {
    header: "Vulnerabilities",
    cell: ({ getValue, row }) => (
      <A
        href={paths.vulnerabilities({ os_version_id: row.original.os_version_id })}
        aria-label={`${countOf(getValue(), "vulnerability", "vulnerabilities")} of ${row.original.name}`}
        tabIndex={-1}
      >
        {formatCount(getValue())}
      </A>
    ),
    meta: {
      width: "time",
      align: "end",
      room: 2,
      tip: "Open vulnerabilities of the system itself; of Linux those of its kernels",
    },
  }),
  column.accessor("hosts_count", {
    header: "Devices",
    cell: ({ getValue, row }) => (
      <A
        href={paths.devices({ os_version_id: row.original.os_version_id })}
        aria-label={`${countOf(getValue(), "device")} with ${row.original.name}`}
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
      tip: "Devices that run exactly this now",
    },
  }),
];

const USUAL_ORDER = { order_key: "hosts_count", order_direction: "desc" } as const;

const TYPED = {
  hosts_count_min: { label: "Devices, at least", kind: "count" },
  hosts_count_max: { label: "Devices, at most", kind: "count" },
} as const;

function filtersOf({ platform, label_id, hosts_count_min, hosts_count_max }: OsSearch) {
  return present({ platform, label_id, hosts_count_min, hosts_count_max });
}

/** The operating systems of the fleet with the number of devices on each; a row opens its page. */
export function OsPage() {
  const search = route.useSearch();
  const go = useGo();
  const query = useMemo(
    () => ({
      ...orderOf(search, USUAL_ORDER),
      ...pagingOf(search),
      ...filtersOf(search),
      // the worst of each is shown
      max_vulnerabilities: 1,
    }),
    [search],
  );
  const list = useQuery({ ...osVersionsQuery(query), refetchInterval: LIVE.list });
  const rows = useMemo(() => (list.data?.os_versions ?? []).map((os) => ({ ...os, id: os.os_version_id })), [list.data]);
  const filtered = search.query !== undefined || Object.keys(filtersOf(search)).length > 0;
  return (
    <>
      <PageHead title="Operating systems" count={list.data?.count ?? null}>
        <SoftwareTabs at="os" />
      </PageHead>
      <SystemsBar search={search} filtered={filtered} />
      <Answer of={list} what="list of operating systems">
        {({ meta, count }) =>
          rows.length === 0 ? (
            <NoSystems filtered={filtered} />
          ) : (
            <>
              <DataTable
                label="Operating systems"
                columns={COLUMNS}
                rows={rows}
                order={orderOf(search, USUAL_ORDER)}
                onOrder={(order) =>
                  go(paths.operatingSystems({ ...search, ...(order as OsSearch), page: undefined, after: undefined }))
                }
                stale={list.isPlaceholderData}
                href={(os) => paths.operatingSystem(os.id)}
                nameOf={(os) => os.name}
                secondary={(os) => <Quiet>{platformLabel(os.platform)}</Quiet>}
              />
              <Pager
                search={search}
                rows={rows.length}
                total={count}
                meta={meta}
                href={paths.operatingSystems}
                onSize={(per_page) => go(paths.operatingSystems({ ...search, per_page, page: undefined, after: undefined }))}
              />
            </>
          )
        }
      </Answer>
    </>
  );
}

function SystemsBar({ search, filtered }: { search: OsSearch; filtered: boolean }) {
  const go = useGo();
  const onQuery = useCallback(
    (text: string | undefined) =>
      go(paths.operatingSystems({ ...search, query: text, page: undefined, after: undefined }), { replace: true }),
    [go, search],
  );
  return (
    <TableBar searchLabel="Search operating systems" query={search.query} onQuery={onQuery}>
      <PlatformChoice
        value={search.platform}
        onChoose={(platform) => go(paths.operatingSystems({ ...search, platform, page: undefined, after: undefined }))}
      />
      <LabelFilter
        value={search.label_id}
        onChoose={(label_id) => go(paths.operatingSystems({ ...search, label_id, page: undefined, after: undefined }))}
      />
      <TypedFilters
        fields={TYPED}
        values={search}
        onChange={(change) =>
          go(paths.operatingSystems({ ...search, ...(change as OsSearch), page: undefined, after: undefined }))
        }
      />
      {filtered && <ClearFilters onClear={() => go(paths.operatingSystems())} />}
    </TableBar>
  );
}

function NoSystems({ filtered }: { filtered: boolean }) {
  return filtered ? (
    <Nothing title="No operating system matches">
      <p>Take a filter off, or search for fewer letters.</p>
    </Nothing>
  ) : (
    <Nothing
      title="No operating system is known yet"
      action={
        <A href={paths.addDevice()} className={buttonClass("primary")}>
          Add a device
        </A>
      }
    >
      <p>A device tells its operating system with its first report.</p>
    </Nothing>
  );
}
