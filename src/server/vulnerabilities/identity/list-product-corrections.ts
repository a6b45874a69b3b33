import type { EndpointResult } from "#protocol/endpoint.ts";
import type * as identities from "#protocol/rest/product-identities.ts";
import type { Database } from "../../database/tables.ts";
import { type Page, pageResult } from "../../http/paging.ts";
import { loadCatalogue } from "./load-catalogue.ts";
import { presentProductCorrection } from "./present-product-correction.ts";
import { correctionCount, correctionList } from "./product-correction-store.ts";

/** One page of corrections, undone ones too. */
export async function listProductCorrections(
  { db }: { db: Database },
  search: string | undefined,
  page: Page<"id">,
): Promise<EndpointResult<typeof identities.listProductCorrections>> {
  const [read, count] = await Promise.all([correctionList(db, search, page), correctionCount(db, search)]);
  const { rows, meta } = pageResult(read, page);
  return { count, corrections: rows.map(presentProductCorrection), meta };
}

/** How the catalogue was read. */
export async function readProductCatalogue(deps: {
  db: Database;
  directory: string;
}): Promise<EndpointResult<typeof identities.getProductCatalogue>> {
  const { catalogue, local, used } = await loadCatalogue(deps);
  return {
    entries_count: catalogue.entries.length,
    products_count: catalogue.entries.filter((entry) => entry.skip === undefined).length,
    used_products_count: used.length,
    local_files: local,
  };
}
