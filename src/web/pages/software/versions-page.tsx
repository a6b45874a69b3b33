import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useMemo } from "react";
import { api } from "#client/api.ts";
import { sourceLabel } from "#domain/software/sources.ts";
import type { SoftwareVersion } from "#protocol/rest/software.ts";
import { client } from "../../data/client.ts";
import { LIVE, versionsQuery } from "../../data/queries.ts";
import type { VersionsQuery } from "../../data/queries.ts";
import { countOf, formatCount } from "../../parts/format.ts";
import { A } from "../../parts/link.tsx";
import { PageHead } from "../../parts/page.tsx";
import { columnHelper } from "../../parts/table/features.ts";
import type { Column } from "../../parts/table/features.ts";
import { paths } from "../../paths.ts";
import { orderOf, pagingOf } from "../../search.ts";
import type { SoftwareSearch } from "../../search.ts";
import { Clip, Mono, Quiet } from "../../ui/text.tsx";
import { SoftwareList, USUAL_ORDER } from "./software-list.tsx";
import { SoftwareTabs } from "./software-tabs.tsx";

const route = getRouteApi("/app/software/versions");
const column = columnHelper<SoftwareVersion>();

const COLUMNS: Column<SoftwareVersion>[] = [
  column.accessor((v) => v.display_name || v.name, {
    id: "name",
    header: "Name",
    cell: ({ getValue }) => <Clip text={getValue()} />,
    meta: { orderKey: "name", room: 1 },
  }),
  column.accessor((v) => (v.release ? `${v.version}-${v.release}` : v.version), {
    id: "version",
    header: "Version",
    cell: ({ getValue }) => <Clip text={getValue() || "no version"} mono />,
    meta: { orderKey: "version", width: "wide", room: 2 },
  }),
  column.accessor((v) => v.arch ?? "", {
    id: "arch",
    header: "Architecture",
    cell: ({ getValue }) => <Clip text={getValue()} mono />,
    meta: { width: "number", room: 4 },
  }),
  column.accessor((v) => v.vendor ?? "", {
    id: "vendor",
    header: "Vendor",
    cell: ({ getValue }) => <Clip text={getValue()} />,
    meta: { width: "mid", room: 4 },
  }),
  column.accessor((v) => sourceLabel(v.source), {
    id: "source",
    header: "Source",
    cell: ({ getValue }) => <Clip text={getValue()} />,
    meta: { orderKey: "source", width: "mid", room: 3 },
  }),
  column.accessor("hosts_count", {
    header: "Devices",
    cell: ({ row, getValue }) => (
      <A
        href={paths.devices({ software_version_id: row.original.id })}
        aria-label={`${countOf(getValue(), "device")} with this version`}
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
      tip: "Devices that hold exactly this now",
    },
  }),
];

function queryOf(search: SoftwareSearch): VersionsQuery {
  const { order_key, order_direction } = orderOf(search, USUAL_ORDER);
  return {
    // An order of the other view has no meaning in this one.
    order_key: order_key === "versions_count" ? "hosts_count" : order_key,
    order_direction,
    ...pagingOf(search),
    ...(search.source === undefined ? {} : { source: search.source }),
  };
}

/** Every distinct version of all software of the fleet. */
export function VersionsPage() {
  const search = route.useSearch();
  const query = useMemo(() => queryOf(search), [search]);
  const list = useQuery({
    ...versionsQuery(query),
    refetchInterval: LIVE.list,
    placeholderData: keepPreviousData,
    select: (answer) => ({ rows: answer.software, count: answer.count, meta: answer.meta }),
  });
  return (
    <>
      <PageHead title="Versions" count={list.data?.count ?? null}>
        <SoftwareTabs at="versions" />
      </PageHead>
      <SoftwareList
        what="versions"
        unit="version"
        search={search}
        path={paths.softwareVersions}
        columns={COLUMNS}
        list={list}
        gather={async (place) => {
          const { page: _p, after: _a, ...all } = query;
          const answer = await client.call(api.listSoftwareVersions, { query: { ...all, ...place, per_page: 1000 } });
          return { rows: answer.software, meta: answer.meta };
        }}
        href={(version) => paths.softwareVersion(version.id)}
        nameOf={(version) => `${version.name} ${version.version}`}
        secondary={(version) => (
          <>
            <Mono>{version.version || "no version"}</Mono>
            <Quiet>{sourceLabel(version.source)}</Quiet>
          </>
        )}
      />
    </>
  );
}
