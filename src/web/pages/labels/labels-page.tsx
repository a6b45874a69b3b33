import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";
import { labelsQuery } from "../../data/label-queries.ts";
import { LIVE } from "../../data/queries.ts";
import { Answer, Nothing } from "../../parts/answers.tsx";
import { A } from "../../parts/link.tsx";
import { PageHead } from "../../parts/page.tsx";
import { DataTable } from "../../parts/table/data-table.tsx";
import { Pager } from "../../parts/table/pager.tsx";
import { ClearFilters, TableBar } from "../../parts/table/table-bar.tsx";
import { useGo } from "../../parts/use-go.ts";
import { paths } from "../../paths.ts";
import { orderOf, pagingOf } from "../../search.ts";
import type { LabelsSearch } from "../../search.ts";
import { buttonClass } from "../../ui/button.tsx";
import { Icon } from "../../ui/icon.tsx";
import { PlusIcon } from "../../ui/icons.ts";
import { LABEL_COLUMNS } from "./label-columns.tsx";

const route = getRouteApi("/app/labels");
const USUAL_ORDER = { order_key: "name", order_direction: "asc" } as const;

/** All labels, with the exact number of devices of each; a row opens its devices. */
export function LabelsPage() {
  const search = route.useSearch();
  const go = useGo();
  const query = useMemo(() => ({ ...orderOf(search, USUAL_ORDER), ...pagingOf(search) }), [search]);
  const list = useQuery({ ...labelsQuery(query), refetchInterval: LIVE.list });
  const refine = (change: LabelsSearch) => paths.labels({ ...search, page: undefined, after: undefined, ...change });
  const onQuery = useCallback(
    (text: string | undefined) =>
      go(paths.labels({ ...search, query: text, page: undefined, after: undefined }), { replace: true }),
    [go, search],
  );
  return (
    <>
      <PageHead title="Labels" count={list.data?.count ?? null} actions={<NewLabelLink />} />
      <TableBar searchLabel="Name or description" query={search.query} onQuery={onQuery}>
        {search.query !== undefined && <ClearFilters onClear={() => go(paths.labels())} />}
      </TableBar>
      <Answer of={list} what="list of labels">
        {({ labels, meta, count }) =>
          labels.length === 0 ? (
            <Nothing title="No label matches" action={<NewLabelLink />}>
              <p>Search for fewer letters, or create the label.</p>
            </Nothing>
          ) : (
            <>
              <DataTable
                label="Labels"
                columns={LABEL_COLUMNS}
                rows={labels}
                order={orderOf(search, USUAL_ORDER)}
                onOrder={(order) => go(refine(order as LabelsSearch))}
                stale={list.isPlaceholderData}
                href={(label) => paths.label(label.id)}
                nameOf={(label) => label.name}
              />
              <Pager
                search={search}
                rows={labels.length}
                total={count}
                meta={meta}
                href={paths.labels}
                onSize={(per_page) => go(refine({ per_page }))}
              />
            </>
          )
        }
      </Answer>
    </>
  );
}

function NewLabelLink() {
  return (
    <A href={paths.newLabel()} className={buttonClass("primary")}>
      <Icon of={PlusIcon} />
      Create a label
    </A>
  );
}
