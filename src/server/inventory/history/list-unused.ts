import { PER_PAGE_DEFAULT } from "#domain/core/limits.ts";
import { openingCutoff } from "#domain/inventory/openings.ts";
import type { EndpointInput, EndpointResult } from "#protocol/endpoint.ts";
import type { listUnusedSoftware } from "#protocol/rest/history.ts";
import { badRequest } from "../../http/errors.ts";
import { namesOf, present } from "../read-software-filter.ts";
import type { HistoryDeps } from "./deps.ts";
import { openingsCountedAt, unusedTitleCount, unusedTitleList, type UnusedFilter } from "./opening-store.ts";

const DAYS_DEFAULT = 90;

/**
 * One page of the titles that hosts hold and do not open, as the job counted them last.
 *
 * @throws {HttpError} 400 for a wrong cursor.
 */
export async function listUnused(
  deps: HistoryDeps,
  query: EndpointInput<typeof listUnusedSoftware>["query"],
): Promise<EndpointResult<typeof listUnusedSoftware>> {
  const { db } = deps;
  const limit = query.per_page ?? PER_PAGE_DEFAULT;
  const after = readCursor(query.after);
  const filter: UnusedFilter = present({ query: query.query, sources: namesOf(query.source) });
  const countedAt = await openingsCountedAt(db);
  const cutoff = openingCutoff(deps.now(), query.days ?? DAYS_DEFAULT);
  const [rows, count] = await Promise.all([
    unusedTitleList(db, filter, cutoff, { limit: limit + 1, after }),
    unusedTitleCount(db, filter, cutoff),
  ]);
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const more = rows.length > limit && last !== undefined;
  return {
    counts_updated_at: countedAt?.toISOString() ?? null,
    count,
    unused_software: shown.map((title) => ({ ...title, display_name: title.name })),
    meta: {
      has_next_results: more,
      has_previous_results: after !== null,
      ...(more ? { next_cursor: `${last.unused_hosts_count}-${last.id}` } : {}),
    },
  };
}

function readCursor(text: string | undefined): { count: number; id: number } | null {
  if (text === undefined) return null;
  const [, count, id] = /^(\d{1,9})-(\d{1,15})$/.exec(text) ?? [];
  if (count === undefined) throw badRequest("after", "Not a cursor of this list: take it from meta.next_cursor.");
  return { count: Number(count), id: Number(id) };
}
