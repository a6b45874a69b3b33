import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useMemo } from "react";
import { api } from "#client/api.ts";
import { addressOf } from "#client/client.ts";
import { sourceLabel } from "#domain/software/sources.ts";
import type { SoftwareVersion } from "#protocol/rest/software.ts";
import { LIVE, versionsQuery } from "../../data/queries.ts";
import type { VersionsQuery } from "../../data/queries.ts";
import { formatCount } from "../../parts/format.ts";
import { PageHead } from "../../parts/page.tsx";
import { columnHelper } from "../../parts/table/features.ts";
import type { Column } from "../../parts/table/features.ts";
import { paths } from "../../paths.ts";
import { orderOf, pagingOf } from "../../search.ts";
import type { SoftwareSearch } from "../../search.ts";
import { Clip, Mono, Quiet } from "../../ui/text.tsx";
import {
  deviceCountColumn,
  nameColumn,
  firstSeenColumn,
  sourceColumn,
  vendorColumn,
  vulnerableColumn,
} from "./software-columns.tsx";
import { softwareFiltersOf, versionFiltersOf } from "./software-filters.tsx";
import { SoftwareList, USUAL_ORDER } from "./software-list.tsx";
import { SoftwareTabs } from "./software-tabs.tsx";

const route = getRouteApi("/app/software/versions");
const column = columnHelper<SoftwareVersion>();

/** The columns; counts lead to their rows, within the label that the list is limited to. */
function columnsWithin(label_id: number | undefined): Column<SoftwareVersion>[] {
  return [
    nameColumn(),
    column.accessor((v) => (v.release ? `${v.version}-${v.release}` : v.version), {
      id: "version",
      header: "Version",
      cell: ({ getValue }) => <Clip text={getValue() || "no version"} mono />,
      meta: { orderKey: "version", width: "mid", room: 2, exported: ["version", "release"] },
    }),
    column.accessor((v) => v.arch ?? "", {
      id: "arch",
      header: "Architecture",
      cell: ({ getValue }) => <Clip text={getValue()} mono />,
      meta: { orderKey: "arch", width: "number", room: 4 },
    }),
    vulnerableColumn({
      count: (v) => v.vulnerabilities_count,
      words: (v) => `${formatCount(v.vulnerabilities_count)} open`,
      href: (v) => paths.vulnerabilities({ software_version_id: v.id, ...(label_id === undefined ? {} : { label_id }) }),
      orderKey: "vulnerabilities_count",
      tip: "The highest CVSS score of its open vulnerabilities, and how many there are",
    }),
    vendorColumn((vendor) => paths.softwareVersions({ vendor, label_id })),
    sourceColumn(3),
    firstSeenColumn(),
    deviceCountColumn(
      (v) => paths.devices({ software_version_id: v.id, ...(label_id === undefined ? {} : { label_id }) }),
      "Devices that hold exactly this now",
    ),
  ];
}

function queryOf(search: SoftwareSearch): VersionsQuery {
  const { order_key, order_direction } = orderOf(search, USUAL_ORDER);
  return {
    // An order of the other view has no meaning in this one.
    order_key: order_key === "versions_count" || order_key === "identifier" ? "hosts_count" : order_key,
    order_direction,
    // names alone: the list shows their number and the worst
    without_vulnerability_details: true,
    ...pagingOf(search),
    ...softwareFiltersOf(search),
    ...versionFiltersOf(search),
  };
}

/** Every distinct version of all software of the fleet. */
export function VersionsPage() {
  const search = route.useSearch();
  const query = useMemo(() => queryOf(search), [search]);
  const columns = useMemo(() => columnsWithin(search.label_id), [search.label_id]);
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
        of="versions"
        unit="version"
        search={search}
        path={paths.softwareVersions}
        columns={columns}
        list={list}
        exportHref={(options) => {
          const { page: _p, after: _a, per_page: _s, ...all } = query;
          return addressOf(api.exportSoftwareVersions, { query: { ...all, ...options } });
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
