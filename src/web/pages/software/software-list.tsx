import type { UseQueryResult } from "@tanstack/react-query";
import { useCallback, useMemo } from "react";
import { SOURCES } from "#domain/software/sources.ts";
import { gatherAll } from "../../data/batches.ts";
import type { PageOf } from "../../data/batches.ts";
import { Answer, Nothing } from "../../parts/answers.tsx";
import { countOf } from "../../parts/format.ts";
import { A } from "../../parts/link.tsx";
import { DataTable } from "../../parts/table/data-table.tsx";
import type { RowLook } from "../../parts/table/table-row.tsx";
import { ColumnChoice } from "../../parts/table/column-choice.tsx";
import { ExportButton } from "../../parts/table/export-button.tsx";
import { columnsParam, shownColumns } from "../../parts/table/features.ts";
import type { Column } from "../../parts/table/features.ts";
import { Pager } from "../../parts/table/pager.tsx";
import { ClearFilters, TableBar } from "../../parts/table/table-bar.tsx";
import { useGo } from "../../parts/use-go.ts";
import { paths } from "../../paths.ts";
import { orderOf } from "../../search.ts";
import type { SoftwareSearch } from "../../search.ts";
import { buttonClass } from "../../ui/button.tsx";
import { Select } from "../../ui/field.tsx";

export const USUAL_ORDER = { order_key: "hosts_count", order_direction: "desc" } as const;
const SOURCE_OPTIONS = SOURCES.map((s) => ({ value: s.source, label: s.label }));

interface SoftwareListProps<R extends { id: number }> extends RowLook<R> {
  what: string;
  /** In counts: `title`, `version`. */
  unit: string;
  search: SoftwareSearch;
  path: (search: SoftwareSearch) => string;
  columns: Column<R>[];
  list: UseQueryResult<PageOf<R> & { count: number }>;
  gather: (place: { after: string } | { page: number }) => Promise<PageOf<R>>;
}

/** A list of the software catalogue with its search, filters, columns, export and pages. */
export function SoftwareList<R extends { id: number }>(props: SoftwareListProps<R>) {
  const { what, unit: _unit, search, path, columns, list, gather: _gather, ...look } = props;
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

function isFiltered(search: SoftwareSearch): boolean {
  return search.query !== undefined || search.source !== undefined;
}

function SoftwareBar<R extends { id: number }>(props: SoftwareListProps<R>) {
  const { what, unit, search, path, columns, list, gather } = props;
  const go = useGo();
  const refined = useCallback(
    (change: SoftwareSearch) => path({ ...search, page: undefined, after: undefined, ...change }),
    [path, search],
  );
  const onQuery = useCallback((query: string | undefined) => go(refined({ query }), { replace: true }), [go, refined]);
  const total = list.data?.count;
  return (
    <TableBar
      searchLabel={`Search ${what}`}
      query={search.query}
      onQuery={onQuery}
      tools={
        <>
          <ColumnChoice
            columns={columns}
            shown={shownColumns(columns, search.columns)}
            onChange={(next) => go(path({ ...search, columns: columnsParam(columns, next) }), { replace: true })}
          />
          <ExportButton
            name={what}
            what={total === undefined ? what : countOf(total, unit)}
            columns={columns}
            choice={search.columns}
            gather={() => gatherAll(gather)}
          />
        </>
      }
    >
      <Select
        label="Source"
        any="Any source"
        value={search.source}
        options={SOURCE_OPTIONS}
        onChoose={(source) => go(refined({ source }))}
      />
      {isFiltered(search) && <ClearFilters onClear={() => go(path({ columns: search.columns }))} />}
    </TableBar>
  );
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
        <p>Search for fewer letters, or take the source filter off.</p>
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
