import { FeedError, type FeedIo, type FeedItem, nullIfAbsent, type SyncResult } from "../feed.ts";
import { csafChanges } from "../formats/csaf-changes.ts";
import { jsonDocument } from "../formats/json-values.ts";
import { parseSecurityDocument } from "./parse-security-data.ts";

const API = "https://access.redhat.com/hydra/rest/securitydata";
/** The API tells of new CVEs only; which older ones were changed stands in the list of Red Hat's CSAF documents, which are made of the same data. */
const CHANGES = "https://security.access.redhat.com/data/csaf/v2/vex/changes.csv";
const PER_PAGE = 1000;
/** A window of the first load: some 300 to 1,500 CVEs. */
const WINDOW_DAYS = 30;
/** The first day that the API has CVEs of. */
const FIRST_DAY = "2001-01-01";
/** Documents of one sync: with their pauses some ten minutes. The rest comes with the next. */
const DOCUMENTS_AT_ONCE = 1500;
const PAUSE_MS = 200;
/** Releases ask for the same documents one after the other. */
const SHARED_SECONDS = 6 * 3600;
const DAY_MS = 86_400_000;
const CVE = /^CVE-\d{4}-\d{4,}$/u;

/** What a release remembers between two syncs. Days are YYYY-MM-DD, times ISO 8601. */
interface Cursor {
  /** CVEs published after this day are asked for next. */
  day: string;
  /** Changes up to this time were taken. */
  changed: string;
  /** The first load goes back through the years: all that was published from this day on is here; null: it is over. */
  back: string | null;
  /** CVEs that changed and are yet to be fetched. */
  waiting: string[];
}

/**
 * First what is new and what changed; then, until everything is here, further back through the years in windows of thirty days. Documents are
 * fetched one by one and in bounded numbers, so that a sync takes minutes whatever there is to fetch.
 */
export async function syncRedhatApi(part: string, io: FeedIo): Promise<SyncResult> {
  const before = cursorOf(io.cursor) ?? begin(io.now);
  const names = new Set(before.waiting);
  for (const name of await published(io, { after: before.day })) names.add(name);
  const changes = await io.get(CHANGES, { always: true, freshSeconds: 3600 });
  const changed = await csafChanges(changes, before.changed);
  for (const { name } of changed) names.add(name);
  let { back } = before;
  while (back !== null && names.size < DOCUMENTS_AT_ONCE) {
    const from = dayBefore(back, WINDOW_DAYS);
    io.phase(`CVEs from ${from} on`);
    // both ends are left out by the API
    for (const name of await published(io, { after: dayBefore(from, 1), before: dayBefore(back, -1) })) names.add(name);
    back = from <= FIRST_DAY ? null : from;
  }
  const all = [...names];
  const next: Cursor = {
    // what is published on a day may come late on it
    day: dayOf(new Date(io.now.getTime() - DAY_MS)),
    changed: changed.at(-1)?.time ?? before.changed,
    back,
    waiting: all.slice(DOCUMENTS_AT_ONCE),
  };
  if (all.length === 0 && before.back === null) return { mode: "unchanged", cursor: next };
  return {
    mode: "delta",
    items: documents(all.slice(0, DOCUMENTS_AT_ONCE), part, io),
    cursor: () => next,
    dataAsOf: () => next.changed,
    more: () => next.back !== null || next.waiting.length > 0,
  };
}

function begin(now: Date): Cursor {
  const day = dayOf(new Date(now.getTime() - DAY_MS));
  // the first load brings the newest state of each CVE, whatever changed before it
  return { day, changed: now.toISOString(), back: dayOf(new Date(now.getTime() + DAY_MS)), waiting: [] };
}

function cursorOf(value: unknown): Cursor | null {
  const { day, changed, back, waiting } = (value ?? {}) as Partial<Cursor>;
  // what an older version of Muster left knows of a month only
  if (typeof day !== "string" || typeof changed !== "string" || !Array.isArray(waiting)) return null;
  return { day, changed, back: typeof back === "string" ? back : null, waiting };
}

/** CVEs published between two days, neither of them included. */
async function published(io: FeedIo, { after, before }: { after: string; before?: string }): Promise<string[]> {
  const names: string[] = [];
  const window = before === undefined ? `after=${after}` : `after=${after}&before=${before}`;
  for (let page = 1; ; page += 1) {
    const url = `${API}/cve.json?${window}&per_page=${PER_PAGE}&page=${page}`;
    const list = await jsonDocument(await io.get(url, { always: true, freshSeconds: 3600 }));
    if (!Array.isArray(list)) throw new FeedError(`${url} is no list`);
    for (const entry of list) {
      const name = (entry as { CVE?: unknown } | null)?.CVE;
      if (typeof name === "string" && CVE.test(name)) names.push(name);
    }
    if (list.length < PER_PAGE) return names;
    await io.sleep(PAUSE_MS);
  }
}

async function* documents(names: readonly string[], part: string, io: FeedIo): AsyncGenerator<FeedItem> {
  for (const [index, name] of names.entries()) {
    io.phase(`document ${index + 1} of ${names.length}`);
    const file = await nullIfAbsent(io.get(`${API}/cve/${name}.json`, { always: true, freshSeconds: SHARED_SECONDS }));
    const item = file === null ? null : parseSecurityDocument(await jsonDocument(file), part);
    yield item ?? { gone: name };
    await io.sleep(PAUSE_MS);
  }
}

function dayOf(time: Date): string {
  return time.toISOString().slice(0, 10);
}

/** @param days may be negative: a later day */
function dayBefore(day: string, days: number): string {
  return dayOf(new Date(Date.parse(`${day}T00:00:00Z`) - days * DAY_MS));
}
