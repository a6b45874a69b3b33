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
 * Reads every wanted file below the starts. A file with several paths is read once: where it lies, or at the first link to it when
 * it lies elsewhere. The markers are what tells of most changes; the rest is found at the next interval.
 *
 * @throws CollectError; the system's error when a directory or file cannot be read
 */
export async function findFiles<T>(
  context: CollectContext,
  search: FileSearch<T>,
): Promise<{ found: FoundFile<T>[]; markers: string[] }> {
  const seen = new Set<string>();
  const found: FoundFile<T>[] = [];
  for (const { path, user } of await listFiles(context, search)) {
    checkTime(context.signal);
    const value = await withFileWindow(join(context.root, path), (file) => {
      if (file.size < search.bytesMin || seen.has(file.identity)) return Promise.resolve(null);
      seen.add(file.identity);
      return search.read(file, path);
    });
    if (value !== null) found.push({ path, user, value });
  }
  const starts = search.starts.map(({ path }) => path);
  const holding = found.map(({ path }) => path.slice(0, path.lastIndexOf("/")));
  return { found, markers: [...new Set([...starts, ...holding])].slice(0, MARKERS_MAX) };
}

interface Candidate {
  path: string;
  user: string;
}

/** Files first, links behind them, each in the order of their paths; a path below two starts once. */
async function listFiles<T>({ root, signal }: CollectContext, search: FileSearch<T>): Promise<Candidate[]> {
  const budget = { entries: WALK_ENTRIES_MAX };
  const files = new Map<string, Candidate>();
  const links = new Map<string, Candidate>();
  for (const { path: start, user, depthMax } of search.starts) {
    for await (const { path, link } of walkFiles(root, start, { depthMax, budget, signal, wanted: search.wanted })) {
      const kind = link ? links : files;
      if (!kind.has(path)) kind.set(path, { path, user });
    }
  }
  const sorted = (candidates: Map<string, Candidate>) => [...candidates.values()].toSorted((a, b) => (a.path < b.path ? -1 : 1));
  return [...sorted(files), ...sorted(links)];
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
