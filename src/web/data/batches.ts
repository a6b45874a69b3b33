/** Runs `work` over `items` in order, at most `size` of them at a time; the first failure ends it. */
export async function inBatches<T>(
  items: readonly T[],
  size: number,
  work: (batch: readonly T[]) => Promise<unknown>,
): Promise<void> {
  for (let at = 0; at < items.length; at += size) {
    // One after the other on purpose: a server under a thousand calls at once answers nobody else.
    // oxlint-disable-next-line no-await-in-loop
    await work(items.slice(at, at + size));
  }
}

/** A page of a list, as the API answers. */
export interface PageOf<R> {
  rows: R[];
  meta: { has_next_results: boolean; next_cursor?: string | undefined };
}

/** More rows than this are not gathered in a browser: the API and the command line export them. */
export const GATHER_MAX = 100_000;

/**
 * All rows of a list from its first page on: by cursor where the server gives one, else by page number. Stops at
 * {@link GATHER_MAX}.
 */
export async function gatherAll<R>(fetchPage: (place: { after: string } | { page: number }) => Promise<PageOf<R>>): Promise<R[]> {
  const all: R[] = [];
  let place: { after: string } | { page: number } = { page: 0 };
  for (let page = 1; all.length < GATHER_MAX; page += 1) {
    // oxlint-disable-next-line no-await-in-loop -- each page needs the cursor of the one before
    const { rows, meta } = await fetchPage(place);
    all.push(...rows);
    if (!meta.has_next_results) break;
    place = meta.next_cursor === undefined ? { page } : { after: meta.next_cursor };
  }
  return all.slice(0, GATHER_MAX);
}
