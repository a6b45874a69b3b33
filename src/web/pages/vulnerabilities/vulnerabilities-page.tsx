import { keepPreviousData, useQuery } from "@tanstack/react-query";
import type { UseQueryResult } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";
import { api } from "#client/api.ts";
import { addressOf } from "#client/client.ts";
import type { PageOf } from "../../data/batches.ts";
import { LIVE } from "../../data/queries.ts";
import { vulnerabilitiesQuery, type VulnerabilitiesQuery } from "../../data/vulnerability-queries.ts";
import { Answer } from "../../parts/answers.tsx";
import { countOf } from "../../parts/format.ts";
import { PageHead } from "../../parts/page.tsx";
import { ColumnChoice } from "../../parts/table/column-choice.tsx";
import { DataTable } from "../../parts/table/data-table.tsx";
import { ExportMenu, rowExports } from "../../parts/table/export-menu.tsx";
import { columnsParam, exportedColumns, shownColumns } from "../../parts/table/features.ts";
import { Pager } from "../../parts/table/pager.tsx";
import { ClearFilters, TableBar } from "../../parts/table/table-bar.tsx";
import { DangerMark, SeverityMark } from "../../parts/vulnerability/severity.tsx";
import { useGo } from "../../parts/use-go.ts";
import { paths } from "../../paths.ts";
import { orderOf, pagingOf } from "../../search.ts";
import type { VulnerabilitiesSearch } from "../../search-vulnerabilities.ts";
import { NoVulnerabilities } from "./no-vulnerabilities.tsx";
import { vulnerabilityColumns, type VulnerabilityRow } from "./vulnerability-columns.tsx";
import { isFiltered, VulnerabilityFilters, vulnerabilityFiltersOf } from "./vulnerability-filters.tsx";
import { VulnerabilityTabs } from "./vulnerability-tabs.tsx";

const route = getRouteApi("/app/vulnerabilities");
const USUAL_ORDER = { order_key: "priority", order_direction: "desc" } as const;

function queryOf(search: VulnerabilitiesSearch): VulnerabilitiesQuery {
  return { ...orderOf(search, USUAL_ORDER), ...pagingOf(search), ...vulnerabilityFiltersOf(search) };
}

/** All vulnerabilities that devices are exposed to. */
export function VulnerabilitiesPage() {
  const search = route.useSearch();
  const query = useMemo(() => queryOf(search), [search]);
  const list = useQuery({
    ...vulnerabilitiesQuery(query),
    refetchInterval: LIVE.list,
    placeholderData: keepPreviousData,
    select: (answer) => ({
      rows: answer.vulnerabilities.map((row, index): VulnerabilityRow => ({ ...row, id: index + 1 })),
      count: answer.count,
      meta: answer.meta,
    }),
  });
  return (
    <>
      <PageHead title="Vulnerabilities" count={list.data?.count ?? null}>
        <VulnerabilityTabs at="list" />
      </PageHead>
      <VulnerabilityList search={search} query={query} list={list} />
    </>
  );
}

interface ListProps {
  search: VulnerabilitiesSearch;
  query: VulnerabilitiesQuery;
  list: UseQueryResult<PageOf<VulnerabilityRow> & { count: number }>;
}

function VulnerabilityList({ search, query, list }: ListProps) {
  const go = useGo();
  const refined = (change: VulnerabilitiesSearch) =>
    paths.vulnerabilities({ ...search, page: undefined, after: undefined, ...change });
  const columns = useMemo(() => vulnerabilityColumns(search.label_id), [search.label_id]);
  const shown = useMemo(() => shownColumns(columns, search.columns), [columns, search.columns]);
  return (
    <>
      <ListBar search={search} query={query} count={list.data?.count} columns={columns} shown={shown} />
      <Answer of={list} what="list of vulnerabilities">
        {({ rows, count, meta }) =>
          rows.length === 0 ? (
            <NoVulnerabilities filtered={isFiltered(search)} />
          ) : (
            <>
              <DataTable
                label="vulnerabilities"
                columns={columns}
                rows={rows}
                shown={shown}
                order={orderOf(search, USUAL_ORDER)}
                onOrder={(order) => go(refined(order as VulnerabilitiesSearch))}
                stale={list.isPlaceholderData}
                href={(row) => paths.vulnerability(row.cve)}
                nameOf={(row) => row.cve}
                secondary={(row) => (
                  <>
                    <SeverityMark severity={row.severity} score={row.cvss_score} />
                    <DangerMark of={row} />
                  </>
                )}
              />
              <Pager
                search={search}
                rows={rows.length}
                total={count}
                meta={meta}
                href={paths.vulnerabilities}
                onSize={(per_page) => go(refined({ per_page }))}
              />
            </>
          )
        }
      </Answer>
    </>
  );
}

interface BarProps {
  search: VulnerabilitiesSearch;
  query: VulnerabilitiesQuery;
  count: number | undefined;
  columns: ReturnType<typeof vulnerabilityColumns>;
  shown: string[];
}

function ListBar({ search, query, count, columns, shown }: BarProps) {
  const go = useGo();
  const refined = useCallback(
    (change: VulnerabilitiesSearch) => paths.vulnerabilities({ ...search, page: undefined, after: undefined, ...change }),
    [search],
  );
  const onQuery = useCallback((text: string | undefined) => go(refined({ query: text }), { replace: true }), [go, refined]);
  const { page: _page, after: _after, per_page: _size, ...all } = query;
  return (
    <TableBar
      searchLabel="Search vulnerabilities"
      query={search.query}
      onQuery={onQuery}
      tools={
        <>
          <ColumnChoice
            columns={columns}
            shown={shown}
            onChange={(next) => go(paths.vulnerabilities({ ...search, columns: columnsParam(columns, next) }), { replace: true })}
          />
          <ExportMenu
            what={count === undefined ? "vulnerabilities" : countOf(count, "vulnerability", "vulnerabilities")}
            groups={[
              rowExports((format) =>
                addressOf(api.exportVulnerabilities, { query: { ...all, ...format, columns: exportedColumns(columns, shown) } }),
              ),
            ]}
          />
        </>
      }
    >
      <VulnerabilityFilters search={search} onChange={(change) => go(refined(change))} />
      {isFiltered(search) && (
        <ClearFilters
          onClear={() => go(paths.vulnerabilities(search.columns === undefined ? {} : { columns: search.columns }))}
        />
      )}
    </TableBar>
  );
}
