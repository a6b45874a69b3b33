import { type Download, FeedError, type FeedIo, type FeedItem, nullIfAbsent, type SyncResult } from "../feed.ts";
import { lines } from "../formats/json-values.ts";
import type { Tally } from "../formats/tally.ts";
import { osvFolder } from "./ecosystems.ts";
import { osvItem, parseOsv } from "./parse.ts";

const BUCKET = "https://storage.googleapis.com/osv-vulnerabilities";
/** More changed records than this are had faster with the whole archive. */
const MAX_SINGLE_RECORDS = 300;
/** Records that vanish are seen in the archive only. */
const FULL_EVERY_MS = 7 * 24 * 3600 * 1000;
/** Releases of one distribution share an archive. */
const ARCHIVE_FRESH_SECONDS = 1800;

interface OsvCursor {
  /** The newest change that was taken, as the list of changes has it. */
  modified: string;
  /** When the whole archive was loaded last. */
  full: string;
}

/**
 * News of one ecosystem: OSV's list of changes (newest first) is read down to the last known one, and the records in it are fetched singly;
 * the whole archive comes at first, after many changes and once a week.
 */
export async function syncOsv(part: string, io: FeedIo): Promise<SyncResult> {
  const folder = osvFolder(part);
  if (folder === null) throw new FeedError(`OSV has no folder for the ecosystem ${part}`);
  const base = `${BUCKET}/${encodeURIComponent(folder)}`;
  const known = cursorOf(io.cursor);
  const list = await io.get(`${base}/modified_id.csv`, { always: true });
  const changes = await changesSince(list, known?.modified ?? "");
  const cursor: OsvCursor = {
    modified: changes[0]?.modified ?? known?.modified ?? "",
    full: known?.full ?? io.now.toISOString(),
  };
  const isFullDue = known === null || io.now.getTime() - Date.parse(known.full) >= FULL_EVERY_MS;
  if (!isFullDue && changes.length === 0) return { mode: "unchanged" };
  if (!isFullDue && changes.length <= MAX_SINGLE_RECORDS) {
    return { mode: "delta", items: changedRecords(base, part, changes, io), cursor: () => cursor };
  }
  cursor.full = io.now.toISOString();
  const archive = await io.get(`${base}/all.zip`, { always: true, freshSeconds: ARCHIVE_FRESH_SECONDS });
  return { mode: "full", items: archiveItems(archive, part, io), cursor: () => cursor };
}

interface Change {
  modified: string;
  id: string;
}

/** Changes after a time, newest first, at most one more than are fetched singly: lines of `2026-08-21T10:00:00Z,GHSA-…`. */
async function changesSince(download: Download, since: string): Promise<Change[]> {
  const changes: Change[] = [];
  for await (const line of lines(download)) {
    const [modified = "", id = ""] = line.trim().split(",");
    if (Date.parse(modified) <= Date.parse(since) || changes.length > MAX_SINGLE_RECORDS) break;
    if (/^[\w:.@ -]{1,200}$/.test(id) && !Number.isNaN(Date.parse(modified))) changes.push({ modified, id });
  }
  return changes;
}

async function* changedRecords(base: string, part: string, changes: Change[], io: FeedIo): AsyncGenerator<FeedItem> {
  for (const [index, { id }] of changes.entries()) {
    io.phase(`changed record ${index + 1} of ${changes.length}`);
    const value = await nullIfAbsent(io.json(`${base}/${encodeURIComponent(id)}.json`));
    // a record that no longer speaks of this ecosystem is gone from it
    yield (value === null ? null : osvItem(value, id, part)) ?? { gone: id };
  }
}

async function* archiveItems(archive: Download, part: string, io: FeedIo): AsyncGenerator<FeedItem> {
  const tally: Tally = new Map();
  for await (const item of parseOsv(archive, part, tally)) yield item;
  const skipped = [...tally].map(([why, times]) => `${why}: ${times}`).join(", ");
  if (skipped !== "") io.phase(`left out ${skipped}`);
}

function cursorOf(cursor: unknown): OsvCursor | null {
  const { modified, full } = (typeof cursor === "object" && cursor !== null ? cursor : {}) as Partial<OsvCursor>;
  return typeof modified === "string" && typeof full === "string" && !Number.isNaN(Date.parse(full)) ? { modified, full } : null;
}
