import type { UseQueryResult } from "@tanstack/react-query";
import { useCallback, useMemo } from "react";
import { api } from "#client/api.ts";
import { addressOf } from "#client/client.ts";
import type { PageOf } from "../../data/batches.ts";
import { Answer, Nothing } from "../../parts/answers.tsx";
import { countOf } from "../../parts/format.ts";
import { A } from "../../parts/link.tsx";
import { DataTable } from "../../parts/table/data-table.tsx";
import type { RowLook } from "../../parts/table/table-row.tsx";
import { ColumnChoice } from "../../parts/table/column-choice.tsx";
import { ExportMenu, rowExports, sbomExports } from "../../parts/table/export-menu.tsx";
import { columnsParam, exportedColumns, shownColumns } from "../../parts/table/features.ts";
import type { Column } from "../../parts/table/features.ts";
import { Pager } from "../../parts/table/pager.tsx";
import { ClearFilters, TableBar } from "../../parts/table/table-bar.tsx";
import { useGo } from "../../parts/use-go.ts";
import { paths } from "../../paths.ts";
import { orderOf } from "../../search.ts";
import type { SoftwareSearch } from "../../search.ts";
import { buttonClass } from "../../ui/button.tsx";
import { isFiltered, SoftwareFilters } from "./software-filters.tsx";

export const USUAL_ORDER = { order_key: "hosts_count", order_direction: "desc" } as const;

interface SoftwareListProps<R extends { id: number }> extends RowLook<R> {
  what: string;
  of: "titles" | "versions";
  /** In counts: `title`, `version`. */
  unit: string;
  search: SoftwareSearch;
  path: (search: SoftwareSearch) => string;
  columns: Column<R>[];
  list: UseQueryResult<PageOf<R> & { count: number }>;
  /** The address of the same rows as a file. */
  exportHref: (options: { format: "csv" | "ndjson"; bom?: boolean; columns: string }) => string;
}

/** A list of the software catalogue with its search, filters, columns, export and pages. */
export function SoftwareList<R extends { id: number }>(props: SoftwareListProps<R>) {
  const { what, of: _of, unit: _unit, search, path, columns, list, exportHref: _exportHref, ...look } = props;
  const go = useGo();
  const refined = (change: SoftwareSearch) => path({ ...search, page: undefined, after: undefined, ...change });
  const shown = useMemo(() => shownColumns(columns, search.columns), [columns, search.columns]);
  return (
    <>
      <SoftwareBar {...props} />
      <Answer of={list} what={`list of ${what}`}>
        {({ rows, count, meta }) =>
          rows.length === 0 ? (
            <NoSoftware filtered={isFiltered(search)} all={path({})} />
          ) : (
            <>
              <DataTable
                label={what}
                columns={columns}
                rows={rows}
                shown={shown}
                order={orderOf(search, USUAL_ORDER)}
                onOrder={(order) => go(refined(order as SoftwareSearch))}
                stale={list.isPlaceholderData}
                {...look}
              />
              <Pager
                search={search}
                rows={rows.length}
                total={count}
                meta={meta}
                href={path}
                onSize={(per_page) => go(refined({ per_page }))}
              />
            </>
          )
        }
      </Answer>
    </>
  );
}

function SoftwareBar<R extends { id: number }>(props: SoftwareListProps<R>) {
  const { what, of, unit, search, path, columns, list, exportHref } = props;
  const go = useGo();
  const refined = useCallback(
    (change: SoftwareSearch) => path({ ...search, page: undefined, after: undefined, ...change }),
    [path, search],
  );
  const onQuery = useCallback((query: string | undefined) => go(refined({ query }), { replace: true }), [go, refined]);
  const total = list.data?.count;
  const shown = shownColumns(columns, search.columns);
  return (
    <TableBar
      searchLabel={`Search ${what}`}
      query={search.query}
      onQuery={onQuery}
      tools={
        <>
          <ColumnChoice
            columns={columns}
            shown={shown}
            onChange={(next) => go(path({ ...search, columns: columnsParam(columns, next) }), { replace: true })}
          />
          <ExportMenu
            what={total === undefined ? what : countOf(total, unit)}
            groups={[
              rowExports((format) => exportHref({ ...format, columns: exportedColumns(columns, shown) })),
              sbomExports((format) => sbomHref(search, format)),
            ]}
          />
        </>
      }
    >
      <SoftwareFilters of={of} search={search} onChange={(change) => go(refined(change))} />
      {isFiltered(search) && <ClearFilters onClear={() => go(path({ columns: search.columns }))} />}
    </TableBar>
  );
}

/** A bill of materials is of everything in its scope: the label that the list is limited to, else the fleet. */
function sbomHref({ label_id }: SoftwareSearch, query: { format: "cyclonedx" | "spdx" }): string {
  return label_id === undefined
    ? addressOf(api.fleetSbom, { query })
    : addressOf(api.labelSbom, { params: { id: label_id }, query });
}

function NoSoftware({ filtered, all }: { filtered: boolean; all: string }) {
  if (filtered) {
    return (
      <Nothing
        title="No software matches"
        action={
          <A href={all} className={buttonClass("plain")}>
            Show all software
          </A>
        }
      >
        <p>Search for fewer letters, or take a filter off.</p>
      </Nothing>
    );
  }
  return (
    <Nothing
      title="No software is known yet"
      action={
        <A href={paths.addDevice()} className={buttonClass("primary")}>
          Add a device
        </A>
      }
    >
      <p>Software appears here as soon as a device has reported what it holds.</p>
    </Nothing>
  );
}
