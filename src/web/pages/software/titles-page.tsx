import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useMemo } from "react";
import { api } from "#client/api.ts";
import { addressOf } from "#client/client.ts";
import { sourceLabel } from "#domain/software/sources.ts";
import type { SoftwareTitle } from "#protocol/rest/software.ts";
import { LIVE, titlesQuery } from "../../data/queries.ts";
import type { TitlesQuery } from "../../data/queries.ts";
import { countOf, formatCount } from "../../parts/format.ts";
import { A } from "../../parts/link.tsx";
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
import { softwareFiltersOf, titleFiltersOf } from "./software-filters.tsx";
import { SoftwareList, USUAL_ORDER } from "./software-list.tsx";
import { SoftwareTabs } from "./software-tabs.tsx";

const route = getRouteApi("/app/software");
const column = columnHelper<SoftwareTitle>();

/** The columns; counts lead to their rows, within the label that the list is limited to. */
function columnsWithin(label_id: number | undefined): Column<SoftwareTitle>[] {
  return [
    nameColumn(),
    column.accessor((t) => t.versions.map((v) => v.version).join(", "), {
      id: "versions",
      header: "Which versions",
      cell: ({ getValue, row }) => <Clip text={versionsText(row.original, getValue())} mono />,
      meta: { width: "mid", room: 3 },
    }),
    column.accessor("versions_count", {
      header: "Versions",
      cell: ({ getValue, row }) => (
        <A
          href={paths.softwareVersions({ software_title_id: row.original.id, label_id })}
          aria-label={`${countOf(getValue(), "version")} of ${row.original.name}`}
          tabIndex={-1}
        >
          {formatCount(getValue())}
        </A>
      ),
      meta: {
        orderKey: "versions_count",
        firstDirection: "desc",
        width: "number",
        align: "end",
        room: 2,
        tip: "Distinct versions on at least one device",
      },
    }),
    vulnerableColumn({
      count: (t) => t.vulnerable_versions_count,
      words: (t) => `in ${formatCount(t.vulnerable_versions_count)} of ${formatCount(t.versions_count)}`,
      href: (t) => paths.softwareTitle(t.id, "vulnerabilities"),
      tip: "The highest CVSS score of its open vulnerabilities, and in how many of its versions there are any",
    }),
    vendorColumn(
      (vendor) => paths.software({ vendor, label_id }),
      "Of most of its versions that devices hold; it may have others",
    ),
    sourceColumn(2),
    column.accessor((t) => t.bundle_identifier ?? t.upgrade_code ?? t.application_id ?? "", {
      id: "identifier",
      header: "Identifier",
      cell: ({ getValue }) => <Clip text={getValue()} mono />,
      meta: {
        orderKey: "identifier",
        width: "wide",
        room: 4,
        extra: true,
        exported: ["bundle_identifier", "upgrade_code", "application_id"],
      },
    }),
    firstSeenColumn(),
    deviceCountColumn(
      (t) => paths.devices({ software_title_id: t.id, ...(label_id === undefined ? {} : { label_id }) }),
      "Devices that hold any version now",
    ),
  ];
}

function versionsText(title: SoftwareTitle, words: string): string {
  const more = title.versions_count - title.versions.length;
  return more > 0 ? `${words} and ${countOf(more, "more", "more")}` : words;
}

function queryOf(search: SoftwareSearch): TitlesQuery {
  const { order_key, order_direction } = orderOf(search, USUAL_ORDER);
  return {
    // An order of the other view has no meaning in this one.
    order_key: order_key === "version" || order_key === "arch" || order_key === "vulnerabilities_count" ? "name" : order_key,
    order_direction,
    ...pagingOf(search),
    ...softwareFiltersOf(search),
    ...titleFiltersOf(search),
  };
}

/** All software of the fleet, one row a title. */
export function TitlesPage() {
  const search = route.useSearch();
  const query = useMemo(() => queryOf(search), [search]);
  const columns = useMemo(() => columnsWithin(search.label_id), [search.label_id]);
  const list = useQuery({
    ...titlesQuery(query),
    refetchInterval: LIVE.list,
    placeholderData: keepPreviousData,
    select: (answer) => ({ rows: answer.software_titles, count: answer.count, meta: answer.meta }),
  });
  return (
    <>
      <PageHead title="Software" count={list.data?.count ?? null}>
        <SoftwareTabs at="titles" />
      </PageHead>
      <SoftwareList
        what="software"
        of="titles"
        unit="title"
        search={search}
        path={paths.software}
        columns={columns}
        list={list}
        exportHref={(options) => {
          const { page: _p, after: _a, per_page: _s, ...all } = query;
          return addressOf(api.exportSoftwareTitles, { query: { ...all, ...options } });
        }}
        href={(title) => paths.softwareTitle(title.id)}
        nameOf={(title) => title.display_name || title.name}
        secondary={(title) => (
          <>
            <Quiet>{sourceLabel(title.source)}</Quiet>
            <Mono>{title.versions_count === 1 ? title.versions[0]?.version : countOf(title.versions_count, "version")}</Mono>
          </>
        )}
      />
    </>
  );
}
