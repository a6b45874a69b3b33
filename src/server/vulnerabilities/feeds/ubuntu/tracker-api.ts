import { Type, type Static } from "typebox";
import { Compile } from "typebox/compile";
import { FeedError, type FeedIo, type FeedItem, type SyncResult } from "../feed.ts";
import { jsonDocument } from "../formats/json-values.ts";
import { trackerRecord, type TrackerCve } from "./tracker-record.ts";

/** Canonical's public API of the tracker; https://ubuntu.com/security/api/docs. */
const API = "https://ubuntu.com/security/cves.json";
/** The API gives no more at once. */
const PAGE = 20;
/** Pages of one sync: with their pauses a few minutes. The rest comes with the next. */
const PAGES_AT_ONCE = 200;
const PAUSE_MS = 500;
/** Releases ask for the same pages one after the other. */
const SHARED_SECONDS = 1800;
/** Pages further back than this are none of the tracker's: some 60,000 CVEs are 3,000 pages. */
const OFFSET_MAX = 1_000_000;

const Text = Type.String({ maxLength: 100_000 });
const Word = Type.String({ maxLength: 1000 });
const Nullable = <T extends Parameters<typeof Type.Optional>[0]>(of: T) => Type.Optional(Type.Union([of, Type.Null()]));

const Status = Type.Object({ release_codename: Word, status: Word, pocket: Nullable(Word), description: Nullable(Text) });
const ApiCve = Type.Object({
  id: Type.String({ pattern: "^CVE-\\d{4}-\\d{4,}$", maxLength: 100 }),
  status: Nullable(Word),
  description: Nullable(Text),
  priority: Nullable(Word),
  published: Nullable(Word),
  updated_at: Nullable(Word),
  references: Nullable(Type.Array(Text, { maxItems: 5000 })),
  impact: Type.Optional(Type.Unknown()),
  packages: Nullable(
    Type.Array(Type.Object({ name: Word, statuses: Type.Array(Status, { maxItems: 2000 }) }), { maxItems: 20_000 }),
  ),
});
type ApiCve = Static<typeof ApiCve>;
const apiCve = Compile(ApiCve);
const page = Compile(
  Type.Object({
    cves: Type.Array(Type.Unknown(), { maxItems: 1000 }),
    offset: Type.Integer(),
    total_results: Type.Integer({ minimum: 0 }),
  }),
);

/** What a release remembers between two syncs. */
interface Cursor {
  /** Changes up to this time (ISO 8601, as the API writes it) were taken; null: none yet. */
  until: string | null;
  /** The first load goes back through the list: the place it has come to; null: it has come to the end. */
  offset: number | null;
}

/**
 * What the tracker says of a release. The list is read from the latest change back: first what changed since the last time, then, as long as
 * the first load is not over, from where it stopped. What changes meanwhile moves to the front, so that what is behind it only moves back:
 * some CVEs come twice, none is passed over.
 */
export async function syncUbuntuTracker(codename: string, io: FeedIo): Promise<SyncResult> {
  const before = cursorOf(io.cursor);
  const first = await pageAt(0, io);
  const newest = updatedAt(first.cves[0]);
  if (before.offset === null && before.until !== null && newest <= before.until) return { mode: "unchanged", cursor: before };
  const next: Cursor = { until: newest, offset: before.offset };
  const walk = { codename, io, before, next, first, pages: 0 };
  return {
    mode: "delta",
    items: itemsOf(walk),
    cursor: () => next,
    dataAsOf: () => utc(newest),
    more: () => next.offset !== null,
  };
}

interface Walk {
  codename: string;
  io: FeedIo;
  before: Cursor;
  next: Cursor;
  first: ApiPage;
  pages: number;
}

interface ApiPage {
  cves: unknown[];
  total: number;
}

async function* itemsOf(walk: Walk): AsyncGenerator<FeedItem> {
  const { until } = walk.before;
  if (until !== null) yield* changesSince(walk, until);
  if (until === null || walk.next.offset !== null) yield* firstLoad(walk);
}

/** The pages up to what was known last time. When they are too many the rest is read like a first load. */
async function* changesSince(walk: Walk, until: string): AsyncGenerator<FeedItem> {
  for (let offset = 0; ; offset += PAGE) {
    if (walk.pages >= PAGES_AT_ONCE) {
      walk.next.offset = offset;
      return;
    }
    const { cves, total } = await turn(walk, offset);
    const news = cves.filter((cve) => updatedAt(cve) >= until);
    yield* recordsOf(news, walk);
    if (news.length < cves.length || offset + PAGE >= total) return;
  }
}

/** Goes on through the whole list from where it stopped the last time. */
async function* firstLoad(walk: Walk): AsyncGenerator<FeedItem> {
  let offset = walk.next.offset ?? 0;
  while (walk.pages < PAGES_AT_ONCE) {
    const { cves, total } = await turn(walk, offset);
    yield* recordsOf(cves, walk);
    offset += PAGE;
    if (offset >= total) {
      walk.next.offset = null;
      return;
    }
  }
  walk.next.offset = offset;
}

async function turn(walk: Walk, offset: number): Promise<ApiPage> {
  walk.pages += 1;
  if (offset === 0) return walk.first;
  await walk.io.sleep(PAUSE_MS);
  return await pageAt(offset, walk.io);
}

/** @throws {FeedError} when the answer is not the page that was asked for */
async function pageAt(offset: number, io: FeedIo): Promise<ApiPage> {
  io.phase(`CVEs from ${offset + 1}`);
  const url = `${API}?limit=${PAGE}&offset=${offset}&sort_by=updated&order=descending`;
  // the front of the list moves; what is further back is the same for all releases that ask together
  const fresh = offset === 0 ? { freshSeconds: 60 } : { freshSeconds: SHARED_SECONDS };
  const answer: unknown = await jsonDocument(await io.get(url, { always: true, ...fresh }));
  if (!page.Check(answer)) {
    const [error] = page.Errors(answer);
    throw new FeedError(`Ubuntu's API answered in another shape: ${error?.instancePath ?? ""} ${error?.message ?? ""}`);
  }
  if (answer.offset !== offset) throw new FeedError(`Ubuntu's API answered the page from ${answer.offset} instead of ${offset}`);
  if (answer.cves.length === 0 && offset < Math.min(answer.total_results, OFFSET_MAX))
    throw new FeedError(`Ubuntu's API gave ${offset} of ${answer.total_results} CVEs and then none`);
  return { cves: answer.cves, total: Math.min(answer.total_results, OFFSET_MAX) };
}

function* recordsOf(cves: readonly unknown[], walk: Walk): Generator<FeedItem> {
  for (const value of cves) {
    if (!apiCve.Check(value)) {
      const [error] = apiCve.Errors(value);
      const id = (value as { id?: unknown } | null)?.id;
      yield {
        bad: typeof id === "string" ? id.slice(0, 50) : "a CVE",
        why: `${error?.instancePath ?? ""} ${error?.message ?? "is malformed"}`,
      };
      continue;
    }
    yield recordOf(value, walk);
  }
}

function recordOf(cve: ApiCve, { codename, io }: Walk): FeedItem {
  const { id } = cve;
  if (cve.status === "rejected") return { name: id, vulnerabilities: [id], facts: { rejected: true }, affected: [] };
  return trackerRecord(trackerCve(cve), codename, io.tally) ?? { gone: id };
}

/** The API's shape as that of the tracker's files, where packages are below places: `jammy`, `esm-apps/jammy`. */
function trackerCve({ id, description, priority, published, references, impact, packages }: ApiCve): TrackerCve {
  const places: TrackerCve["packages"] = {};
  for (const { name, statuses } of packages ?? []) {
    for (const { release_codename, pocket, status, description: note } of statuses) {
      const place = /^(?:|security|updates|release|proposed)$/.test(pocket ?? "")
        ? release_codename
        : `${pocket}/${release_codename}`;
      (places[place] ??= {})[name] = { status, note: note ?? "" };
    }
  }
  const vector = vectorOf(impact);
  return {
    candidate: id,
    ...(typeof description === "string" && { description: description.trim() }),
    ...(typeof priority === "string" && { priority }),
    ...(typeof published === "string" && { public_date: published }),
    ...(vector !== null && { cvss: { nvd: vector } }),
    ...(Array.isArray(references) && { references }),
    packages: places,
  };
}

/** `impact.baseMetricV3.cvssV3.vectorString`. */
function vectorOf(impact: unknown): string | null {
  let value = impact;
  for (const key of ["baseMetricV3", "cvssV3", "vectorString"])
    value = (value as Record<string, unknown> | null | undefined)?.[key];
  return typeof value === "string" && value.length < 200 ? value : null;
}

/** When the API last changed a CVE, as it writes it; texts of one form, which order as times do. */
function updatedAt(cve: unknown): string {
  const time = (cve as { updated_at?: unknown } | null | undefined)?.updated_at;
  return typeof time === "string" && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/.test(time) ? time.slice(0, 40) : "";
}

function utc(time: string): string | undefined {
  const at = new Date(/[Z+]|-\d\d:\d\d$/.test(time.slice(10)) ? time : `${time}Z`);
  return Number.isNaN(at.getTime()) ? undefined : at.toISOString();
}

function cursorOf(value: unknown): Cursor {
  const { until, offset } = (value ?? {}) as Partial<Cursor>;
  if (typeof until !== "string") return { until: null, offset: null };
  return { until, offset: typeof offset === "number" && Number.isSafeInteger(offset) && offset >= 0 ? offset : null };
}
