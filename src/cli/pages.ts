import { PER_PAGE_MAX } from "#domain/core/limits.ts";
import type { PageMeta } from "#protocol/rest/paging.ts";
import { CliError, EXIT } from "./exit-codes.ts";

/** What every list of the API answers with, besides its rows. */
interface ListAnswer {
  meta: PageMeta;
}

export interface PageRequest {
  per_page: number;
  after?: string;
}

/**
 * Reads a list page by page, by cursor, and joins the pages into one answer of the same shape: the first page's, with all rows
 * under `key` and the last page's `meta`.
 *
 * @param limit most rows to read; null: all of them
 * @param fetchPage asks for one page; the query must name `order_key`, which cursors need
 * @throws {CliError} when the answers are not those of a list (another program listens at that address).
 */
export async function readList<K extends string, A extends ListAnswer & Record<K, readonly unknown[]>>(
  key: K,
  limit: number | null,
  fetchPage: (page: PageRequest) => Promise<A>,
): Promise<A> {
  const rows: unknown[] = [];
  let first: A | null = null;
  let page: PageRequest = { per_page: Math.min(limit ?? PER_PAGE_MAX, PER_PAGE_MAX) };
  for (;;) {
    // oxlint-disable-next-line no-await-in-loop -- a page's cursor comes with the page before it
    const answer = await fetchPage(page);
    const found: readonly unknown[] | undefined = answer[key]; // of the type, unless it is no Muster that answers
    if (!Array.isArray(found) || typeof answer.meta !== "object") {
      throw new CliError(
        EXIT.failure,
        "The answer is not a list: is this the address of a Muster server (--server, MUSTER_SERVER)?",
      );
    }
    for (const row of found) rows.push(row);
    first ??= answer;
    const cursor = answer.meta.next_cursor;
    const left = (limit ?? Number.POSITIVE_INFINITY) - rows.length;
    if (cursor === undefined || left <= 0 || found.length === 0) {
      return { ...first, [key]: rows, meta: { ...answer.meta, has_previous_results: first.meta.has_previous_results } };
    }
    if (cursor === page.after)
      throw new CliError(EXIT.failure, "The server repeats a page of this list; report this as a defect.");
    page = { per_page: Math.min(left, PER_PAGE_MAX), after: cursor };
  }
}
