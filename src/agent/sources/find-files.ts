import { join } from "node:path";
import type { FileWindow } from "../system/file-window.ts";
import { withFileWindow } from "../system/file-window.ts";
import { matchDirectories } from "../system/glob.ts";
import { WALK_ENTRIES_MAX, walkFiles } from "../system/walk.ts";
import { checkTime } from "./source.ts";
import type { CollectContext } from "./source.ts";

/** Watched besides the directories that were searched: those in which something was found. */
const MARKERS_MAX = 200;

/** A directory to search. */
export interface SearchStart {
  /** Below the root. */
  path: string;
  /** Whose home directory it is in; empty elsewhere. */
  user: string;
  /** Levels of directories below it; 0 for its own files only. */
  depthMax: number;
}

export interface FoundFile<T> {
  /** Below the root, with its links as they are. */
  path: string;
  user: string;
  value: T;
}

export interface FileSearch<T> {
  starts: SearchStart[];
  /** By name: only these are opened. */
  wanted: (name: string) => boolean;
  bytesMin: number;
  /** null: nothing is kept of this file. */
  read(file: FileWindow, path: string): Promise<T | null>;
}

/**
 * Reads every wanted file below the starts, as the search comes to it. A file with several paths is read once: where it lies, or at
 * the first link to it when it lies elsewhere. What is found is in the order of its paths. The markers are what tells of most
 * changes; the rest is found at the next interval.
 *
 * @throws CollectError; the system's error when a directory or file cannot be read
 */
export async function findFiles<T>(
  context: CollectContext,
  search: FileSearch<T>,
): Promise<{ found: FoundFile<T>[]; markers: string[] }> {
  const { root, signal } = context;
  const budget = { entries: WALK_ENTRIES_MAX };
  const seen = new Set<string>();
  const found: FoundFile<T>[] = [];
  const links: { path: string; user: string }[] = [];
  for (const { path: start, user, depthMax } of search.starts) {
    for await (const { path, link } of walkFiles(root, start, { depthMax, budget, signal, wanted: search.wanted })) {
      if (link) links.push({ path, user });
      else await readFound(context, search, { path, user }, seen, found);
    }
  }
  // Behind all files: a link is a place of its own only when nothing else led to its file.
  for (const link of links.toSorted(byPath)) await readFound(context, search, link, seen, found);
  const starts = search.starts.map(({ path }) => path);
  const holding = found.map(({ path }) => path.slice(0, path.lastIndexOf("/")));
  return { found: found.toSorted(byPath), markers: [...new Set([...starts, ...holding])].slice(0, MARKERS_MAX) };
}

async function readFound<T>(
  { root, signal }: CollectContext,
  search: FileSearch<T>,
  { path, user }: { path: string; user: string },
  seen: Set<string>,
  found: FoundFile<T>[],
): Promise<void> {
  checkTime(signal);
  const value = await withFileWindow(join(root, path), (file) => {
    if (file.size < search.bytesMin || seen.has(file.identity)) return Promise.resolve(null);
    seen.add(file.identity);
    return search.read(file, path);
  });
  if (value !== null) found.push({ path, user, value });
}

function byPath(a: { path: string }, b: { path: string }): number {
  return a.path < b.path ? -1 : a.path > b.path ? 1 : 0;
}

/** Directories as starts: patterns are expanded, configured directories of any spelling accepted. */
export async function searchStarts(root: string, patterns: readonly string[], depthMax: number): Promise<SearchStart[]> {
  const starts: SearchStart[] = [];
  for (const pattern of patterns) {
    const plain = pattern === "/" ? pattern : pattern.replace(/\/+$/, "");
    const paths = pattern.includes("*") ? (await matchDirectories(root, pattern)).found : [plain];
    starts.push(...paths.map((path) => ({ path, user: "", depthMax })));
  }
  return starts;
}
