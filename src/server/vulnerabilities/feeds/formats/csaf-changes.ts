import { FeedError, type FeedInput, type FeedIo, type FeedItem, nullIfAbsent, type SyncResult } from "../feed.ts";
import { jsonDocument, lines } from "./json-values.ts";

interface CsafChange {
  /** Relative to the folder of the list: `2023/cve-2023-6240.json`. */
  path: string;
  /** Name of the record: `CVE-2023-6240`. */
  name: string;
  /** ISO 8601. */
  time: string;
}

/** What a provider of CSAF remembers between two syncs. */
export interface CsafCursor {
  /** Times, ISO 8601, up to which changes and deletions were taken. */
  changed: string;
  deleted: string;
  /** More changes wait than were taken. */
  more?: boolean;
}

/** Documents fetched in one sync; the rest comes with the next. */
const CHANGES_AT_ONCE = 2000;
const LINE = /^"((?:\d{4}\/)?(cve-\d{4}-\d+)\.json)","(\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d))"$/u;
const SHARED_SECONDS = 1800;

/**
 * The lines of `changes.csv` or `deletions.csv` that are later than a time, oldest first.
 *
 * @throws {FeedError} when a line is no path and time: then nobody knows what changed
 */
export async function csafChanges(input: FeedInput, since: string): Promise<CsafChange[]> {
  const from = Date.parse(since);
  const changes: (CsafChange & { at: number })[] = [];
  for await (const line of lines(input)) {
    if (line.trim() === "") continue;
    const parts = LINE.exec(line.trim());
    if (parts === null) throw new FeedError(`${input.name} holds a line that is no path and time: ${line.slice(0, 80)}`);
    const [, path = "", name = "", time = ""] = parts;
    const at = Date.parse(time);
    if (at > from) changes.push({ path, name: name.toUpperCase(), time, at });
  }
  return changes.toSorted((a, b) => a.at - b.at).map(({ path, name, time }) => ({ path, name, time }));
}

interface CsafFolder {
  /** Address of the folder, with a slash at its end. */
  base: string;
  /** It also lists what it took away. */
  deletions: boolean;
  /** The record of a document; null when it is not about the part. */
  parse(document: unknown): FeedItem | null;
}

/** What changed in a folder of CSAF documents since the cursor, each document fetched by itself. */
export async function syncCsafChanges(folder: CsafFolder, cursor: CsafCursor, io: FeedIo): Promise<SyncResult> {
  io.phase("changes");
  const changes = await io.get(`${folder.base}changes.csv`, { always: cursor.more === true, freshSeconds: SHARED_SECONDS });
  const deletions = folder.deletions ? await io.get(`${folder.base}deletions.csv`, { freshSeconds: SHARED_SECONDS }) : null;
  if (!changes.changed && deletions?.changed !== true) return { mode: "unchanged" };
  const changed = changes.changed ? await csafChanges(changes, cursor.changed) : [];
  const deleted = deletions?.changed === true ? await csafChanges(deletions, cursor.deleted) : [];
  const now = changed.slice(0, CHANGES_AT_ONCE);
  const next: CsafCursor = {
    changed: now.at(-1)?.time ?? cursor.changed,
    deleted: deleted.at(-1)?.time ?? cursor.deleted,
    ...(now.length < changed.length && { more: true }),
  };
  return { mode: "delta", items: deltaItems(folder, now, deleted, io), cursor: () => next, more: () => next.more === true };
}

async function* deltaItems(
  folder: CsafFolder,
  changed: CsafChange[],
  deleted: CsafChange[],
  io: FeedIo,
): AsyncGenerator<FeedItem> {
  for (const [index, { path, name }] of changed.entries()) {
    io.phase(`changed document ${index + 1} of ${changed.length}`);
    // it may have been deleted after the list was written
    const file = await nullIfAbsent(io.get(`${folder.base}${path}`, { always: true, freshSeconds: SHARED_SECONDS }));
    const item = file === null ? null : folder.parse(await jsonDocument(file));
    yield item ?? { gone: name };
  }
  for (const { name } of deleted) yield { gone: name };
}
