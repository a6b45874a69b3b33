import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { messageOf } from "../formats/unpacked.ts";
import { extractDirectory } from "./directory.ts";
import { directoryProblemsPut } from "./directory-problem-store.ts";
import { dueParts, wantParts } from "./due-parts.ts";
import { downloadsDirectory, extractedDirectory, type EngineDeps } from "./engine-deps.ts";
import { importTake } from "./import-store.ts";
import { loadImport } from "./load-import.ts";
import type { FeedPart } from "./part-store.ts";
import { purgeParts } from "./purge-parts.ts";
import { filesSource, publisherSource, syncPart } from "./sync-part.ts";

/** Parts of different publishers that are loaded at one time: one may wait for the network while the other is read. */
const PARALLEL = 2;
/** Half downloads that nobody went on with are removed after a week, kept files after a day. */
const PARTIAL_MS = 7 * 86_400_000;
const KEPT_MS = 86_400_000;
/** An import that a process took and has not spoken of for so long is taken by another. */
export const IMPORT_STALE_MS = 10 * 60_000;

/** Loads everything that is due, each part at most once, then imports that wait. Returns how many loads it made. */
export async function runLoads(deps: EngineDeps, signal: AbortSignal): Promise<number> {
  await sweepDownloads(deps);
  await purgeParts(deps, signal);
  const tried = new Set<number>();
  for (;;) {
    await wantParts(deps);
    const row = await importTake(deps.db, new Date(deps.now().getTime() - IMPORT_STALE_MS));
    if (row !== null) {
      await loadImport(deps, row, signal);
      continue;
    }
    const due = await dueParts(deps);
    if (due.extract && deps.config.feedsDir !== null) {
      await extract(deps, deps.config.feedsDir);
      continue;
    }
    const parts = due.parts.filter((part) => !tried.has(part.id));
    if (parts.length === 0) return tried.size;
    for (const part of parts) tried.add(part.id);
    await loadAll(deps, parts, due.files, signal);
  }
}

/** @throws {FeedError} when the archive is no good, which the status says then */
async function extract(deps: EngineDeps, path: string): Promise<void> {
  try {
    await extractDirectory(path, extractedDirectory(deps.config));
  } catch (error) {
    await directoryProblemsPut(deps.db, [{ path, error: messageOf(error) }]);
    throw error;
  }
}

async function loadAll(
  deps: EngineDeps,
  parts: FeedPart[],
  files: Awaited<ReturnType<typeof dueParts>>["files"],
  signal: AbortSignal,
): Promise<void> {
  const waiting = [...parts];
  const busy = new Set<string>();
  async function worker(): Promise<void> {
    for (;;) {
      // one request at a time to a publisher
      const index = waiting.findIndex((part) => !busy.has(part.feed));
      const [part] = index === -1 ? [] : waiting.splice(index, 1);
      if (part === undefined) return;
      busy.add(part.feed);
      try {
        await loadOne(deps, part, files, signal);
      } finally {
        busy.delete(part.feed);
      }
    }
  }
  const workers = Array.from({ length: PARALLEL }, worker);
  // every worker ends before the failure of one is told
  const ends = await Promise.allSettled(workers);
  for (const end of ends) if (end.status === "rejected") throw end.reason;
  if (waiting.length > 0) await loadAll(deps, waiting, files, signal);
}

async function loadOne(
  deps: EngineDeps,
  part: FeedPart,
  files: Awaited<ReturnType<typeof dueParts>>["files"],
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  const feed = deps.feeds.find((one) => one.name === part.feed);
  if (feed === undefined) return;
  const source = files === null || feed.builtIn ? publisherSource(deps, feed) : filesSource(feed, part.part, files, "directory");
  await syncPart(deps, part.id, source, signal);
}

async function sweepDownloads(deps: EngineDeps): Promise<void> {
  const directory = downloadsDirectory(deps.config);
  const names = await readdir(directory).catch(() => []);
  const begun = new Set(names.filter((name) => name.endsWith(".begun")).map((name) => name.slice(0, -".begun".length)));
  for (const name of names) {
    const path = join(directory, name);
    const age = deps.now().getTime() - ((await stat(path).catch(() => null))?.mtimeMs ?? 0);
    if (age > (begun.has(name.replace(/\.begun$/, "")) ? PARTIAL_MS : KEPT_MS)) await rm(path, { force: true });
  }
}
