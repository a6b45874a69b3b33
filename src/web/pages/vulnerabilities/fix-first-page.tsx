import { useQuery } from "@tanstack/react-query";
import type { UseQueryResult } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";
import { SOURCES } from "#domain/software/sources.ts";
import type { EndpointResult } from "#protocol/endpoint.ts";
import type { FixFirst, fixFirst } from "#protocol/rest/vulnerability-judgement.ts";
import { LIVE } from "../../data/queries.ts";
import { fixFirstQuery, type FixFirstQuery } from "../../data/vulnerability-judgement.ts";
import { Answer, Nothing } from "../../parts/answers.tsx";
import { countOf } from "../../parts/format.ts";
import { A } from "../../parts/link.tsx";
import { PageHead } from "../../parts/page.tsx";
import { RelativeTime } from "../../parts/relative-time.tsx";
import { DataTable } from "../../parts/table/data-table.tsx";
import { Pager } from "../../parts/table/pager.tsx";
import { ClearFilters, FilterChip, TableBar } from "../../parts/table/table-bar.tsx";
import { useGo } from "../../parts/use-go.ts";
import { kindOfHost } from "../../parts/vulnerability/kind-of-host.ts";
import { paths } from "../../paths.ts";
import { orderOf, pagingOf } from "../../search.ts";
import { present } from "../../search-values.ts";
import type { FixFirstSearch } from "../../search-vulnerability-views.ts";
import { buttonClass } from "../../ui/button.tsx";
import { Select } from "../../ui/field.tsx";
import { Mono, Quiet } from "../../ui/text.tsx";
import { LabelFilter } from "../labels/label-filter.tsx";
import { fixFirstColumns } from "./fix-first-columns.tsx";
import { FixFirstSheet } from "./fix-first-sheet.tsx";
import { VulnerabilityTabs } from "./vulnerability-tabs.tsx";

const route = getRouteApi("/app/vulnerabilities/fix-first");
const USUAL_ORDER = { order_key: "risk", order_direction: "desc" } as const;
const SOURCE_OPTIONS = [
  { value: "operating_systems", label: "Operating systems" },
  ...SOURCES.map(({ source, label }) => ({ value: source, label })),
];

type FixFirstAnswer = EndpointResult<typeof fixFirst>;

function queryOf(search: FixFirstSearch): FixFirstQuery {
  const { source, os_scope, known_exploited, label_id } = search;
  return {
    ...orderOf(search, USUAL_ORDER),
    ...pagingOf(search),
    ...present({ source, os_scope, known_exploited, label_id }),
  };
}

/** The updates that clear the most risk on the most devices. */
export function FixFirstPage() {
  const search = route.useSearch();
  const query = useMemo(() => queryOf(search), [search]);
  const list = useQuery({ ...fixFirstQuery(query), refetchInterval: LIVE.list });
  return (
    <>
      <PageHead
        title="Fix first"
        count={list.data?.count ?? null}
        lead={
          list.data !== undefined && (
            <Quiet>
              The single updates that clear the most risk on the most devices. Last brought up to date{" "}
              <RelativeTime time={list.data.counts_updated_at} never="as soon as vulnerabilities are found" />.
            </Quiet>
          )
        }
      >
        <VulnerabilityTabs at="fix-first" />
      </PageHead>
      <FixFirstBar search={search} />
      <FixFirstList search={search} list={list} />
    </>
  );
}

/** The search without the place in it: what another filter starts from. */
function refined(search: FixFirstSearch, change: FixFirstSearch): string {
  return paths.fixFirst({ ...search, page: undefined, after: undefined, fix: undefined, ...change });
}

function isFiltered({ query, source, os_scope, known_exploited, label_id }: FixFirstSearch): boolean {
  return [query, source, os_scope, known_exploited, label_id].some((value) => value !== undefined);
}

/** What an update is called in an address. */
function keyOf({ os_scope, name }: FixFirst): string {
  return `${os_scope} ${name}`;
}

function FixFirstList({ search, list }: { search: FixFirstSearch; list: UseQueryResult<FixFirstAnswer> }) {
  const go = useGo();
  const columns = useMemo(() => fixFirstColumns(search.label_id), [search.label_id]);
  const opened = list.data?.fixes.find((fix) => keyOf(fix) === search.fix);
  return (
    <>
      <Answer of={list} what="queue of updates">
        {({ fixes, count, meta }) =>
          fixes.length === 0 ? (
            <NothingToFix filtered={isFiltered(search)} />
          ) : (
            <>
              <DataTable
                label="Updates that clear the most risk"
                columns={columns}
                rows={fixes}
                order={orderOf(search, USUAL_ORDER)}
                onOrder={(order) => go(refined(search, order as FixFirstSearch))}
                stale={list.isPlaceholderData}
                inPlace
                href={(fix) => paths.fixFirst({ ...search, fix: keyOf(fix) })}
                nameOf={(fix) => fix.name}
                secondary={SecondLine}
              />
              <Pager
                search={search}
                rows={fixes.length}
                total={count}
                meta={meta}
                href={paths.fixFirst}
                onSize={(per_page) => go(refined(search, { per_page }))}
              />
            </>
          )
        }
      </Answer>
      {opened !== undefined && (
        <FixFirstSheet
          fix={opened}
          labelId={search.label_id}
          onClose={() => go(paths.fixFirst({ ...search, fix: undefined }), { replace: true })}
        />
      )}
    </>
  );
}

/** What a narrow screen says below what is to be updated. */
function SecondLine(fix: FixFirst) {
  return (
    <>
      <Mono>{fix.resolved_in_version}</Mono>
      <Quiet>clears {countOf(fix.vulnerabilities_count, "vulnerability", "vulnerabilities")}</Quiet>
    </>
  );
}

function FixFirstBar({ search }: { search: FixFirstSearch }) {
  const go = useGo();
  const onQuery = useCallback((query: string | undefined) => go(refined(search, { query }), { replace: true }), [go, search]);
  return (
    <TableBar searchLabel="Search name" query={search.query} onQuery={onQuery}>
      <Select
        label="Source"
        any="Any source"
        value={search.source}
        options={SOURCE_OPTIONS}
        onChoose={(source) => go(refined(search, { source }))}
      />
      <LabelFilter value={search.label_id} onChoose={(label_id) => go(refined(search, { label_id }))} />
      <Select
        label="Exploited"
        any="Exploited or not"
        value={search.known_exploited === undefined ? undefined : "true"}
        options={[{ value: "true", label: "Clears something exploited" }]}
        onChoose={(value) => go(refined(search, { known_exploited: value === undefined ? undefined : true }))}
      />
      {search.os_scope !== undefined && (
        <FilterChip
          label="On"
          value={kindOfHost(search.os_scope)}
          onRemove={() => go(refined(search, { os_scope: undefined }))}
        />
      )}
      {isFiltered(search) && <ClearFilters onClear={() => go(paths.fixFirst())} />}
    </TableBar>
  );
}

function NothingToFix({ filtered }: { filtered: boolean }) {
  if (filtered) {
    return (
      <Nothing title="No update matches">
        <p>Search for fewer letters, or take a filter off.</p>
      </Nothing>
    );
  }
  return (
    <Nothing
      title="No update would clear anything"
      action={
        <A href={paths.vulnerabilities()} className={buttonClass("plain")}>
          See all vulnerabilities
        </A>
      }
    >
      <p>Either nothing vulnerable was found, or no vendor has a fix for it yet. The list follows a change within minutes.</p>
    </Nothing>
  );
}
