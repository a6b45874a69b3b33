import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useCallback, useMemo, useState } from "react";
import { activitiesQuery, LIVE } from "../../data/queries.ts";
import type { ActivitiesQuery } from "../../data/queries.ts";
import { ActivityList } from "../../parts/activity-list.tsx";
import { ACTIVITY_LABELS } from "../../parts/activity-sentence.ts";
import { Answer, Nothing } from "../../parts/answers.tsx";
import { countOf } from "../../parts/format.ts";
import { PageHead } from "../../parts/page.tsx";
import { Pager } from "../../parts/table/pager.tsx";
import { ClearFilters, TableBar } from "../../parts/table/table-bar.tsx";
import { useGo } from "../../parts/use-go.ts";
import { paths } from "../../paths.ts";
import { pagingOf } from "../../search.ts";
import { ACTIVITY_TYPES, SPANS } from "../../search-activity.ts";
import type { ActivitySearch, Span } from "../../search-activity.ts";
import { Button } from "../../ui/button.tsx";
import { Select } from "../../ui/field.tsx";
import { SkeletonLines } from "../../ui/skeleton.tsx";
import { ArrowUpIcon } from "../../ui/icons.ts";

const route = getRouteApi("/app/activity");
const SPAN_LABELS: Record<Span, string> = {
  "1h": "Last hour",
  "24h": "Last 24 hours",
  "7d": "Last 7 days",
  "30d": "Last 30 days",
};
const SPAN_OPTIONS = (Object.keys(SPANS) as Span[]).map((value) => ({ value, label: SPAN_LABELS[value] }));
const TYPE_OPTIONS = ACTIVITY_TYPES.map((value) => ({ value, label: ACTIVITY_LABELS[value] ?? value }));
const MINUTE_MS = 60_000;

/** The REST question; the span's beginning is cut to the minute so that a refresh asks the same question. */
function queryOf(search: ActivitySearch, now: number): ActivitiesQuery {
  const start =
    search.span === undefined ? undefined : Math.floor((now - SPANS[search.span] * 3_600_000) / MINUTE_MS) * MINUTE_MS;
  return {
    order_key: "id",
    order_direction: "desc",
    ...pagingOf(search),
    ...(search.type === undefined ? {} : { activity_type: search.type }),
    ...(start === undefined ? {} : { start_created_at: new Date(start).toISOString() }),
  };
}

export function ActivityPage() {
  const search = route.useSearch();
  const go = useGo();
  // The span counts from the moment it was chosen or the page was opened.
  // oxlint-disable-next-line react/exhaustive-deps
  const now = useMemo(() => Date.now(), [search.span]);
  const query = useMemo(() => queryOf(search, now), [search, now]);
  const list = useQuery({ ...activitiesQuery(query), refetchInterval: LIVE.list });
  const held = useHeldBack(list.data?.activities, query, list.isPlaceholderData);
  const refined = useCallback(
    (change: ActivitySearch) => paths.activity({ ...search, page: undefined, after: undefined, ...change }),
    [search],
  );
  const onQuery = useCallback((text: string | undefined) => go(refined({ query: text }), { replace: true }), [go, refined]);
  const filtered = search.query !== undefined || search.type !== undefined || search.span !== undefined;
  return (
    <>
      <PageHead title="Activity" lead="What people and devices did here, newest first." />
      <TableBar searchLabel="Who: name or e-mail" query={search.query} onQuery={onQuery}>
        <Select
          label="What"
          any="Anything"
          value={search.type}
          options={TYPE_OPTIONS}
          onChoose={(type) => go(refined({ type }))}
        />
        <Select
          label="When"
          any="Any time"
          value={search.span}
          options={SPAN_OPTIONS}
          onChoose={(span) => go(refined({ span }))}
        />
        {filtered && <ClearFilters onClear={() => go(paths.activity())} />}
      </TableBar>
      {held.waiting > 0 && (
        <Button icon={ArrowUpIcon} onClick={held.show}>
          Show {countOf(held.waiting, "new entry", "new entries")}
        </Button>
      )}
      <Answer of={list} what="activity" shape={<SkeletonLines count={12} tall />}>
        {({ meta }) =>
          held.shown.length === 0 ? (
            <Nothing title={filtered ? "Nothing matches" : "Nothing has happened yet"}>
              <p>
                {filtered
                  ? "Choose a longer time, or take a filter off."
                  : "Logins, new devices and changes of settings appear here."}
              </p>
            </Nothing>
          ) : (
            <>
              <ActivityList activities={held.shown} />
              <Pager
                search={search}
                rows={held.shown.length}
                total={undefined}
                meta={meta}
                href={paths.activity}
                onSize={(per_page) => go(refined({ per_page }))}
              />
            </>
          )
        }
      </Answer>
    </>
  );
}

/** Entries that came while the page is read wait until they are asked for: they would push down what is being read. */
function useHeldBack<A extends { id: number }>(entries: readonly A[] | undefined, question: object, stale: boolean) {
  const [mark, setMark] = useState<{ question: object; newest: number } | null>(null);
  const newest = entries?.[0]?.id ?? 0;
  if (entries !== undefined && !stale && (mark === null || mark.question !== question)) setMark({ question, newest });
  const limit = mark === null || mark.question !== question || mark.newest === 0 ? Number.POSITIVE_INFINITY : mark.newest;
  const shown = (entries ?? []).filter((e) => e.id <= limit);
  return { shown, waiting: (entries?.length ?? 0) - shown.length, show: () => setMark({ question, newest }) };
}
