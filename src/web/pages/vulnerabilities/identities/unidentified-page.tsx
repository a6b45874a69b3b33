import { useQuery } from "@tanstack/react-query";
import type { UseQueryResult } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";
import { sourceLabel } from "#domain/software/sources.ts";
import type { EndpointResult } from "#protocol/endpoint.ts";
import type { listUnidentifiedSoftware, UnidentifiedTitle } from "#protocol/rest/product-identities.ts";
import { LIVE } from "../../../data/queries.ts";
import { productCatalogueQuery, productCorrectionsQuery, unidentifiedQuery } from "../../../data/product-corrections.ts";
import { Answer, Nothing } from "../../../parts/answers.tsx";
import { countOf, formatCount } from "../../../parts/format.ts";
import { A } from "../../../parts/link.tsx";
import { PageHead } from "../../../parts/page.tsx";
import { DataTable } from "../../../parts/table/data-table.tsx";
import { Pager } from "../../../parts/table/pager.tsx";
import { ClearFilters, TableBar } from "../../../parts/table/table-bar.tsx";
import { useGo } from "../../../parts/use-go.ts";
import { paths } from "../../../paths.ts";
import { orderOf, pagingOf } from "../../../search.ts";
import type { UnidentifiedSearch } from "../../../search-vulnerability-views.ts";
import { buttonClass } from "../../../ui/button.tsx";
import { Panel, Stack } from "../../../ui/layout.tsx";
import { Quiet } from "../../../ui/text.tsx";
import { VulnerabilityTabs } from "../vulnerability-tabs.tsx";
import { CorrectProduct } from "./correct-product.tsx";
import { ProductCorrectionTable } from "./product-correction-table.tsx";
import { unidentifiedColumns, type UnidentifiedRow } from "./unidentified-columns.tsx";

const route = getRouteApi("/app/vulnerabilities/unidentified");
const USUAL_ORDER = { order_key: "hosts_count", order_direction: "desc" } as const;

type UnidentifiedAnswer = EndpointResult<typeof listUnidentifiedSoftware>;

/** Software whose product in vulnerability databases is not known, and what people said of others. */
export function UnidentifiedPage() {
  const search = route.useSearch();
  const query = useMemo(() => ({ ...orderOf(search, USUAL_ORDER), ...pagingOf(search) }), [search]);
  const list = useQuery({ ...unidentifiedQuery(query), refetchInterval: LIVE.list });
  return (
    <>
      <PageHead title="Unidentified software" count={list.data?.count ?? null} lead={<CatalogueWords />}>
        <VulnerabilityTabs at="unidentified" />
      </PageHead>
      <Stack gap={8}>
        <UnidentifiedList search={search} list={list} />
        <Corrections />
      </Stack>
    </>
  );
}

function CatalogueWords() {
  const catalogue = useQuery(productCatalogueQuery).data;
  const broken = catalogue?.local_files.find((file) => file.error !== null);
  return (
    <Quiet>
      Their vulnerabilities cannot be shown until somebody says which product they are.
      {catalogue !== undefined &&
        ` The catalogue knows ${formatCount(catalogue.products_count)} products; vulnerabilities are published for ${formatCount(catalogue.used_products_count)}.`}
      {broken !== undefined && ` ${broken.file} could not be read: ${broken.error}`}
    </Quiet>
  );
}

function refined(search: UnidentifiedSearch, change: UnidentifiedSearch): string {
  return paths.unidentified({ ...search, page: undefined, after: undefined, title: undefined, ...change });
}

function UnidentifiedList({ search, list }: { search: UnidentifiedSearch; list: UseQueryResult<UnidentifiedAnswer> }) {
  const go = useGo();
  const onQuery = useCallback((query: string | undefined) => go(refined(search, { query }), { replace: true }), [go, search]);
  const rows = useMemo(
    () => (list.data?.unidentified ?? []).map((title): UnidentifiedRow => ({ ...title, id: title.software_title_id })),
    [list.data],
  );
  const opened = rows.find((row) => row.id === search.title);
  return (
    <div>
      <TableBar searchLabel="Search unidentified software" query={search.query} onQuery={onQuery}>
        {search.query !== undefined && <ClearFilters onClear={() => go(paths.unidentified())} />}
      </TableBar>
      <Answer of={list} what="list of unidentified software">
        {({ count, meta }) =>
          rows.length === 0 ? (
            <NoneUnidentified filtered={search.query !== undefined} />
          ) : (
            <>
              <DataTable
                label="Unidentified software"
                columns={unidentifiedColumns}
                rows={rows}
                order={orderOf(search, USUAL_ORDER)}
                onOrder={(order) => go(refined(search, order as UnidentifiedSearch))}
                stale={list.isPlaceholderData}
                inPlace
                href={(row) => paths.unidentified({ ...search, title: row.id })}
                nameOf={(row) => row.name}
                secondary={SecondLine}
              />
              <Pager
                search={search}
                rows={rows.length}
                total={count}
                meta={meta}
                href={paths.unidentified}
                onSize={(per_page) => go(refined(search, { per_page }))}
              />
            </>
          )
        }
      </Answer>
      {opened !== undefined && (
        <CorrectProduct
          key={opened.id}
          of={opened}
          why={opened.why}
          suggestions={opened.suggestions}
          onClose={() => go(paths.unidentified({ ...search, title: undefined }), { replace: true })}
        />
      )}
    </div>
  );
}

function SecondLine(row: UnidentifiedTitle) {
  return (
    <>
      <Quiet>{sourceLabel(row.source)}</Quiet>
      <Quiet>{countOf(row.versions_count, "version")}</Quiet>
    </>
  );
}

function NoneUnidentified({ filtered }: { filtered: boolean }) {
  return filtered ? (
    <Nothing title="No unidentified software matches">
      <p>Search for fewer letters.</p>
    </Nothing>
  ) : (
    <Nothing
      title="All software is identified"
      action={
        <A href={paths.vulnerabilities()} className={buttonClass("plain")}>
          See the vulnerabilities
        </A>
      }
    >
      <p>Or nothing was assessed yet. What the catalogue does not know appears here with suggestions, the most common first.</p>
    </Nothing>
  );
}

const CORRECTIONS_SHOWN = 100;

function Corrections() {
  const corrections = useQuery(
    productCorrectionsQuery({ per_page: CORRECTIONS_SHOWN, order_key: "id", order_direction: "desc" }),
  );
  const count = corrections.data?.count ?? 0;
  if (corrections.data !== undefined && count === 0) return null;
  return (
    <Panel
      title="Corrections"
      note={count > CORRECTIONS_SHOWN ? `the newest ${CORRECTIONS_SHOWN} of ${formatCount(count)}` : countOf(count, "correction")}
      flush
    >
      <Answer of={corrections} what="list of corrections">
        {(data) => <ProductCorrectionTable corrections={data.corrections} />}
      </Answer>
    </Panel>
  );
}
