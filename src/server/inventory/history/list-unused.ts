import { openingCutoff } from "#domain/inventory/openings.ts";
import type { EndpointInput, EndpointResult } from "#protocol/endpoint.ts";
import { UNUSED_ORDER_KEYS, type listUnusedSoftware } from "#protocol/rest/history.ts";
import { pageOf, pageResult } from "../../http/paging.ts";
import { namesOf, present } from "../read-software-filter.ts";
import type { HistoryDeps } from "./deps.ts";
import { openingsCountedAt, unusedTitleCount, unusedTitleList, type UnusedFilter } from "./opening-store.ts";

const DAYS_DEFAULT = 90;
const UNUSED_ORDER = { orderKeys: UNUSED_ORDER_KEYS, defaultKey: "unused_hosts_count", defaultDirection: "desc" } as const;

/**
 * One page of the titles that hosts hold and do not open, as the job counted them last.
 *
 * @throws {HttpError} 400 for parameters that contradict each other.
 */
export async function listUnused(
  deps: HistoryDeps,
  query: EndpointInput<typeof listUnusedSoftware>["query"],
): Promise<EndpointResult<typeof listUnusedSoftware>> {
  const { db } = deps;
  const page = pageOf(query, UNUSED_ORDER);
  const filter: UnusedFilter = present({ query: query.query, sources: namesOf(query.source) });
  const countedAt = await openingsCountedAt(db);
  const cutoff = openingCutoff(deps.now(), query.days ?? DAYS_DEFAULT);
  const [read, count] = await Promise.all([unusedTitleList(db, filter, cutoff, page), unusedTitleCount(db, filter, cutoff)]);
  const { rows, meta } = pageResult(read, page);
  return {
    counts_updated_at: countedAt?.toISOString() ?? null,
    count,
    unused_software: rows.map((title) => ({ ...title, display_name: title.name })),
    meta,
  };
}
