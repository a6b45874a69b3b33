import { useQuery } from "@tanstack/react-query";
import type { UseQueryResult } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";
import { sourceLabel } from "#domain/software/sources.ts";
import type { EndpointResult } from "#protocol/endpoint.ts";
import type { listUnusedSoftware, UnusedSoftware } from "#protocol/rest/history.ts";
import { LIVE, unusedQuery } from "../../data/queries.ts";
import { Answer, Nothing } from "../../parts/answers.tsx";
import { countOf, formatCount } from "../../parts/format.ts";
import { PageHead } from "../../parts/page.tsx";
import { RelativeTime } from "../../parts/relative-time.tsx";
import { DataTable } from "../../parts/table/data-table.tsx";
import { MultiChoice } from "../../parts/table/multi-choice.tsx";
import { Pager } from "../../parts/table/pager.tsx";
import { ClearFilters, TableBar } from "../../parts/table/table-bar.tsx";
import { useGo } from "../../parts/use-go.ts";
import { paths } from "../../paths.ts";
import { orderOf, pagingOf, UNUSED_DAYS } from "../../search.ts";
import type { UnusedSearch } from "../../search.ts";
import { present } from "../../search-values.ts";
import { Select } from "../../ui/field.tsx";
import { Quiet } from "../../ui/text.tsx";
import { SoftwareTabs } from "../software/software-tabs.tsx";
import { unusedColumns } from "./unused-columns.tsx";

const route = getRouteApi("/app/software/unused");
const DAYS_USUAL = 90;
/** Sources that some agent tells openings of. */
const SOURCES = ["apps", "programs", "deb_packages", "rpm_packages"];
const USUAL_ORDER = { order_key: "unused_hosts_count", order_direction: "desc" } as const;

/** Software that devices hold and do not open. */
export function UnusedPage() {
  const search = route.useSearch();
  const days = search.days ?? DAYS_USUAL;
  const query = useMemo(
    () => ({ ...orderOf(search, USUAL_ORDER), ...pagingOf(search), ...present({ source: search.source }), days }),
    [search, days],
  );
  const list = useQuery({ ...unusedQuery(query), refetchInterval: LIVE.list });
  return (
    <>
      <PageHead
        title="Software not opened"
        count={list.data?.count ?? null}
        lead={
          list.data !== undefined && (
            <Quiet>
              Counted <RelativeTime time={list.data.counts_updated_at} never="not yet: the first count follows within minutes" />
            </Quiet>
          )
        }
      >
        <SoftwareTabs at="unused" />
      </PageHead>
      <UnusedBar search={search} days={days} />
      <UnusedList list={list} search={search} days={days} />
    </>
  );
}

interface UnusedListProps {
  list: UseQueryResult<EndpointResult<typeof listUnusedSoftware>>;
  search: UnusedSearch;
  days: number;
}

function UnusedList({ list, search, days }: UnusedListProps) {
  const go = useGo();
  const columns = useMemo(() => unusedColumns(days), [days]);
  return (
    <Answer of={list} what="software that is not opened">
      {({ unused_software, counts_updated_at, count, meta }) =>
        unused_software.length === 0 ? (
          <NothingUnused counted={counts_updated_at !== null} filtered={isFiltered(search)} days={days} />
        ) : (
          <>
            <DataTable
              label={`Software not opened for ${days} days`}
              columns={columns}
              rows={unused_software}
              order={orderOf(search, USUAL_ORDER)}
              onOrder={(order) => go(refined(search, order as UnusedSearch))}
              stale={list.isPlaceholderData}
              href={(title) => paths.softwareTitle(title.id)}
              nameOf={(title) => title.display_name}
              secondary={SecondLine}
            />
            <Pager
              search={search}
              rows={unused_software.length}
              total={count}
              meta={meta}
              href={paths.unusedSoftware}
              onSize={(per_page) => go(refined(search, { per_page }))}
            />
          </>
        )
      }
    </Answer>
  );
}

/** What a narrow screen says below a title's name. */
function SecondLine(title: UnusedSoftware) {
  return (
    <>
      <Quiet>{sourceLabel(title.source)}</Quiet>
      <span>
        {formatCount(title.never_opened_hosts_count)} never, of {countOf(title.hosts_count, "device")}
      </span>
    </>
  );
}

/** The search without the place in it: what another filter starts from. */
function refined(search: UnusedSearch, change: UnusedSearch): string {
  return paths.unusedSoftware({ ...search, page: undefined, after: undefined, ...change });
}

function isFiltered({ query, source }: UnusedSearch): boolean {
  return query !== undefined || source !== undefined;
}

function UnusedBar({ search, days }: { search: UnusedSearch; days: number }) {
  const go = useGo();
  const onQuery = useCallback((query: string | undefined) => go(refined(search, { query }), { replace: true }), [go, search]);
  return (
    <TableBar searchLabel="Search name" query={search.query} onQuery={onQuery}>
      <Select
        label="Not opened for"
        value={String(days)}
        options={UNUSED_DAYS.map((n) => ({ value: String(n), label: `Not opened for ${n} days` }))}
        onChoose={(value) => go(refined(search, { days: UNUSED_DAYS.find((n) => String(n) === value) }))}
      />
      <MultiChoice
        label="Source"
        any="Any source"
        many="sources"
        value={search.source}
        options={SOURCES.map((source) => ({ value: source, label: sourceLabel(source) }))}
        onChoose={(source) => go(refined(search, { source }))}
      />
      {isFiltered(search) && <ClearFilters onClear={() => go(paths.unusedSoftware({ days: search.days }))} />}
    </TableBar>
  );
}

function NothingUnused({ counted, filtered, days }: { counted: boolean; filtered: boolean; days: number }) {
  if (!counted) {
    return (
      <Nothing title="Not counted yet">
        <p>
          Openings are counted every six hours, for the first time soon after the server starts. This page shows the result then.
        </p>
      </Nothing>
    );
  }
  if (filtered) {
    return (
      <Nothing title="No software matches">
        <p>Search for fewer letters, or take a filter off.</p>
      </Nothing>
    );
  }
  return (
    <Nothing title={`Nothing is known to be unopened for ${days} days`}>
      <p>
        Only devices that tell when software was opened are counted: applications of macOS, programs of Windows, and packages
        where the agent knows.
      </p>
    </Nothing>
  );
}
