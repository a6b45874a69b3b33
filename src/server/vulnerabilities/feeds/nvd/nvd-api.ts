import { member, objectOf, objectsAt } from "#domain/vulnerability/loose-json.ts";
import type { Download, FeedIo, FeedItem } from "../feed.ts";
import { FeedError } from "../feed.ts";
import { jsonDocument } from "../formats/json-values.ts";
import { itemOfYear } from "./nvd-files.ts";

const NVD_API = "https://services.nvd.nist.gov/rest/json/cves/2.0";

/** NVD allows 120 days between start and end of a window. */
export const API_WINDOW_DAYS = 119;
const PAGE_SIZE = 2000;
/** A window of 119 days has brought at most some 60,000 records. */
const MAX_PAGES = 250;
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
/** Records are written while a window ends: windows overlap. */
const OVERLAP = 15 * MINUTE;
/** Parts that ask within so long ask for the same window, and share its pages. */
const QUARTER = 15 * MINUTE;
/** NVD asks clients to wait so long between requests, with a key as without. */
const PAUSE = 6000;

interface ApiWindow {
  start: Date;
  end: Date;
}

/**
 * The windows that hold what changed since `since`: at most 119 days each, beginning 15 minutes earlier and on a quarter of an hour, so
 * that all parts ask for the same addresses.
 */
export function apiWindows(since: Date, now: Date): ApiWindow[] {
  const windows: ApiWindow[] = [];
  const last = Math.max(Math.floor(now.getTime() / QUARTER) * QUARTER, since.getTime());
  let start = Math.floor((since.getTime() - OVERLAP) / QUARTER) * QUARTER;
  while (start < last) {
    const end = Math.min(start + API_WINDOW_DAYS * DAY, last);
    windows.push({ start: new Date(start), end: new Date(end) });
    start = end === last ? last : end - OVERLAP;
  }
  return windows;
}

/** The address of a page of a window. */
export function pageUrl(window: ApiWindow, startIndex: number, pageSize: number = PAGE_SIZE): string {
  const query = new URLSearchParams({
    lastModStartDate: window.start.toISOString(),
    lastModEndDate: window.end.toISOString(),
    startIndex: String(startIndex),
    resultsPerPage: String(pageSize),
  });
  return `${NVD_API}?${query.toString()}`;
}

/**
 * The records of one part that changed within the windows, page by page, with the pauses that NVD asks for.
 *
 * @throws {FeedError} when a page is not what was asked for
 */
export async function* apiRecords(
  part: string,
  io: FeedIo,
  windows: readonly ApiWindow[],
  pageSize: number = PAGE_SIZE,
): AsyncGenerator<FeedItem> {
  for (const window of windows) {
    for await (const value of windowRecords(io, window, pageSize)) {
      const item = itemOfYear(value, part, io.tally);
      if (item !== null) yield item;
    }
  }
}

/** Everything of one window, untrusted. */
async function* windowRecords(io: FeedIo, window: ApiWindow, pageSize: number): AsyncGenerator {
  const key = io.option("MUSTER_NVD_API_KEY");
  const headers: Record<string, string> = key === null ? {} : { apiKey: key };
  let startIndex = 0;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    io.phase(`changes until ${window.end.toISOString().slice(0, 16)}, page ${page + 1}`);
    const url = pageUrl(window, startIndex, pageSize);
    const { records, total } = await readPage(
      await io.get(url, { always: true, freshSeconds: QUARTER / 1000, headers }),
      startIndex,
    );
    yield* records;
    startIndex += records.length;
    if (startIndex >= total) return;
    await io.sleep(PAUSE);
  }
  throw new FeedError(`NVD's API has more than ${MAX_PAGES} pages of changes: load the files of years instead`);
}

async function readPage(file: Download, startIndex: number): Promise<{ records: unknown[]; total: number }> {
  const page = objectOf(await jsonDocument(file), "NVD's answer");
  const total = member(page, "totalResults");
  const records = objectsAt(page, "vulnerabilities", 100_000);
  if (typeof total !== "number" || !Number.isSafeInteger(total) || total < 0) {
    throw new FeedError("NVD's API answered without totalResults");
  }
  if (member(page, "startIndex") !== startIndex)
    throw new FeedError(`NVD's API answered another page than the one from ${startIndex}`);
  if (records.length === 0 && startIndex < total)
    throw new FeedError(`NVD's API gave ${startIndex} of ${total} changes and then none`);
  return { records, total };
}
