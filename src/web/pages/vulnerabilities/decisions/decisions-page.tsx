import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";
import { decisionsQuery, type DecisionsQuery } from "../../../data/vulnerability-decisions.ts";
import { LIVE } from "../../../data/queries.ts";
import { Answer, Nothing } from "../../../parts/answers.tsx";
import { A } from "../../../parts/link.tsx";
import { PageHead } from "../../../parts/page.tsx";
import { Pager } from "../../../parts/table/pager.tsx";
import { ClearFilters, TableBar } from "../../../parts/table/table-bar.tsx";
import { useGo } from "../../../parts/use-go.ts";
import { DecisionTable } from "../../../parts/vulnerability/decision-table.tsx";
import { KIND_LABELS } from "../../../parts/vulnerability/decision-words.ts";
import { paths } from "../../../paths.ts";
import { orderOf, pagingOf } from "../../../search.ts";
import { present } from "../../../search-values.ts";
import { DECISION_KINDS, type DecisionsSearch } from "../../../search-vulnerability-views.ts";
import { buttonClass } from "../../../ui/button.tsx";
import { Select } from "../../../ui/field.tsx";
import { Stack } from "../../../ui/layout.tsx";
import { Quiet } from "../../../ui/text.tsx";
import { LabelFilter } from "../../labels/label-filter.tsx";
import { VulnerabilityTabs } from "../vulnerability-tabs.tsx";
import { VexPanel } from "./vex-panel.tsx";

const route = getRouteApi("/app/vulnerabilities/decisions");
const USUAL_ORDER = { order_key: "id", order_direction: "desc" } as const;
const STATE_OPTIONS = [
  { value: "ended", label: "Ended" },
  { value: "all", label: "Holding and ended" },
] as const;
const ORDER_OPTIONS = [{ value: "expires_at", label: "Ending soonest first" }] as const;

function queryOf(search: DecisionsSearch): DecisionsQuery {
  const { state, kind, label_id } = search;
  const active = state === "all" ? undefined : state !== "ended";
  return { ...orderOf(search, USUAL_ORDER), ...pagingOf(search), ...present({ active, kind, label_id }) };
}

/** What people decided about vulnerabilities, and what documents of others say. */
export function DecisionsPage() {
  const search = route.useSearch();
  const query = useMemo(() => queryOf(search), [search]);
  const list = useQuery({ ...decisionsQuery(query), refetchInterval: LIVE.list });
  const go = useGo();
  return (
    <>
      <PageHead
        title="Decisions"
        count={list.data?.count ?? null}
        lead={<Quiet>Accepted risks and false positives: what is suppressed by whom, why, and until when.</Quiet>}
      >
        <VulnerabilityTabs at="decisions" />
      </PageHead>
      <Stack gap={8}>
        <div>
          <DecisionsBar search={search} />
          <Answer of={list} what="list of decisions">
            {({ decisions, count, meta }) =>
              decisions.length === 0 ? (
                <NoDecisions filtered={isFiltered(search)} />
              ) : (
                <>
                  <DecisionTable decisions={decisions} withCve />
                  <Pager
                    search={search}
                    rows={decisions.length}
                    total={count}
                    meta={meta}
                    href={paths.decisions}
                    onSize={(per_page) => go(refined(search, { per_page }))}
                  />
                </>
              )
            }
          </Answer>
        </div>
        <VexPanel />
      </Stack>
    </>
  );
}

function refined(search: DecisionsSearch, change: DecisionsSearch): string {
  return paths.decisions({ ...search, page: undefined, after: undefined, ...change });
}

function isFiltered({ query, state, kind, label_id }: DecisionsSearch): boolean {
  return [query, state, kind, label_id].some((value) => value !== undefined);
}

function DecisionsBar({ search }: { search: DecisionsSearch }) {
  const go = useGo();
  const onQuery = useCallback((query: string | undefined) => go(refined(search, { query }), { replace: true }), [go, search]);
  return (
    <TableBar searchLabel="Search reasons and ids" query={search.query} onQuery={onQuery}>
      <Select
        label="Whether they hold"
        any="Holding"
        value={search.state}
        options={STATE_OPTIONS}
        onChoose={(state) => go(refined(search, { state }))}
      />
      <Select
        label="Kind"
        any="Any kind"
        value={search.kind}
        options={DECISION_KINDS.map((value) => ({ value, label: KIND_LABELS[value] }))}
        onChoose={(kind) => go(refined(search, { kind }))}
      />
      <LabelFilter value={search.label_id} onChoose={(label_id) => go(refined(search, { label_id }))} />
      <Select
        label="Order"
        any="Newest first"
        value={search.order_key === "expires_at" ? "expires_at" : undefined}
        options={ORDER_OPTIONS}
        onChoose={(order_key) => go(refined(search, { order_key, order_direction: order_key === undefined ? undefined : "asc" }))}
      />
      {isFiltered(search) && <ClearFilters onClear={() => go(paths.decisions())} />}
    </TableBar>
  );
}

function NoDecisions({ filtered }: { filtered: boolean }) {
  return filtered ? (
    <Nothing
      title="No decision matches"
      action={
        <A href={paths.decisions()} className={buttonClass("plain")}>
          Show those that hold
        </A>
      }
    >
      <p>Search for fewer letters, or take a filter off.</p>
    </Nothing>
  ) : (
    <Nothing
      title="Nothing was decided"
      action={
        <A href={paths.vulnerabilities()} className={buttonClass("plain")}>
          See the vulnerabilities
        </A>
      }
    >
      <p>Accept a risk, or call a finding a false positive, on the page of the vulnerability, under Decisions.</p>
    </Nothing>
  );
}
