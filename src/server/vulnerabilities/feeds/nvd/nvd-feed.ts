import type { FeedIo, FeedItem, FleetNeeds, RecordFeed, SyncResult } from "../feed.ts";
import { API_WINDOW_DAYS, apiRecords, apiWindows } from "./nvd-api.ts";
import { FIRST_YEAR, getChecked, parseNvdYear } from "./nvd-files.ts";

const DAY = 86_400_000;
/** The file "modified" holds the changes of eight days. */
const MODIFIED_DAYS = 7;
/** All years' parts ask for the file "modified" at about the same time: it is fetched once. */
const SHARED_SECONDS = 1800;

/** What a part remembers: up to when it has all changes, and which year file it began with. */
interface Cursor {
  /** ISO 8601, UTC. */
  modified: string;
  sha256: string;
}

/** NVD, one part a year: the file of the year first, then the changes of all years, of which each part takes its own. */
export const NVD_FEED: RecordFeed = {
  name: "nvd",
  kind: "records",
  title: "National Vulnerability Database",
  publisher: "NIST",
  homepage: "https://nvd.nist.gov/",
  licence: "public domain (USA)",
  purpose: "Descriptions and scores of every CVE, and which versions of desktop programs they concern.",
  everySeconds: 2 * 3600,
  parts: yearsOf,
  sync,
  files: [
    {
      pattern: /(?:^|\/)nvdcve-2\.0-(\d{4})\b[^/]*\.json(?:\.gz|\.zst|\.xz)?$/,
      part: (match) => partOf(match[1] ?? ""),
      parse: parseNvdYear,
    },
    {
      pattern: /(?:^|\/)nvdcve-2\.0-(?:modified|recent)\b[^/]*\.json(?:\.gz|\.zst|\.xz)?$/,
      part: () => "*",
      parse: parseNvdYear,
      order: 1,
    },
    { pattern: /(?:^|\/)nvdcve-2\.0-[^/]*\.json(?:\.gz|\.zst|\.xz)?$/, part: () => "*", parse: parseNvdYear, order: 2 },
  ],
};

/** Every CVE may concern the fleet, and what the distributions' feeds do not tell (scores, descriptions) is here. */
function yearsOf(fleet: FleetNeeds): string[] {
  if (fleet.scopes.length === 0) return [];
  const last = Number(fleet.today.slice(0, 4));
  return Array.from({ length: Math.max(0, last - FIRST_YEAR + 1) }, (_, index) => String(FIRST_YEAR + index));
}

function partOf(year: string): string {
  return String(Math.max(FIRST_YEAR, Number(year)));
}

async function sync(part: string, io: FeedIo): Promise<SyncResult> {
  const cursor = readCursor(io.cursor);
  if (cursor !== null) {
    const silence = io.now.getTime() - Date.parse(cursor.modified);
    if (io.option("MUSTER_NVD_API_KEY") !== null && silence < API_WINDOW_DAYS * DAY) return syncByApi(part, io, cursor);
    if (silence < MODIFIED_DAYS * DAY) return syncModified(part, io, cursor);
  }
  return syncYear(part, io, cursor);
}

async function syncYear(part: string, io: FeedIo, cursor: Cursor | null): Promise<SyncResult> {
  io.phase(`year ${part}`);
  const checked = await getChecked(part, io, (meta) => cursor === null || cursor.sha256 !== meta.sha256);
  if (checked === null) {
    // nothing of this year changed since it was loaded, however long ago
    return { mode: "unchanged", cursor: { ...cursor, modified: io.now.toISOString() } };
  }
  const { file, meta } = checked;
  const next: Cursor = { modified: meta.lastModified, sha256: meta.sha256 };
  return { mode: "full", items: parseNvdYear(file, part), cursor: () => next, dataAsOf: () => meta.lastModified };
}

async function syncModified(part: string, io: FeedIo, cursor: Cursor): Promise<SyncResult> {
  io.phase("changes of the last days");
  const checked = await getChecked("modified", io, (meta) => meta.lastModified > cursor.modified, SHARED_SECONDS);
  if (checked === null) return { mode: "unchanged" };
  return delta(parseNvdYear(checked.file, part), { ...cursor, modified: checked.meta.lastModified });
}

function syncByApi(part: string, io: FeedIo, cursor: Cursor): SyncResult {
  const windows = apiWindows(new Date(cursor.modified), io.now);
  const last = windows.at(-1);
  if (last === undefined) return { mode: "unchanged" };
  return delta(apiRecords(part, io, windows), { ...cursor, modified: last.end.toISOString() });
}

function delta(items: AsyncIterable<FeedItem>, next: Cursor): SyncResult {
  return { mode: "delta", items, cursor: () => next, dataAsOf: () => next.modified };
}

/** What another version of Muster left is no cursor: the part is loaded anew. */
function readCursor(value: unknown): Cursor | null {
  if (typeof value !== "object" || value === null) return null;
  const { modified, sha256 } = value as Partial<Cursor>;
  if (typeof modified !== "string" || Number.isNaN(Date.parse(modified)) || typeof sha256 !== "string") return null;
  return { modified, sha256 };
}
