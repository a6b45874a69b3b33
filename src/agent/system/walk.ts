import { lstat, opendir } from "node:fs/promises";
import { join } from "node:path";
import { CollectError, checkTime } from "../sources/source.ts";
import { isForbidden, isMissing } from "./files.ts";

/** A file or link that a search came to. Whether a link leads to a file is for the reader to find out. */
export interface WalkedFile {
  /** Below the root. */
  path: string;
  link: boolean;
}

export interface WalkOptions {
  /** Directories below the start; 0 for its own files only. */
  depthMax: number;
  /** What all searches of one collection together may still look at. */
  budget: { entries: number };
  signal: AbortSignal;
  /** By name: what is not wanted is counted, but not returned. */
  wanted(name: string): boolean;
  /** By name: directories for which this is false are not entered. All are when absent. */
  enter?(name: string): boolean;
}

/** Most files and directories that one collection looks at. */
export const WALK_ENTRIES_MAX = 500_000;

/** Files made by the kernel and by running programs: nothing is installed there. */
const NOT_SEARCHED = new Set(["/proc", "/sys", "/dev", "/run", "/tmp", "/var/tmp", "/var/run", "/var/cache", "/var/lib/docker"]);

/**
 * The files below a directory, those of one directory by name, before those of the directories in it. Links to directories are not followed and other file systems are not entered
 * (network shares, overlays of containers); what may not be read is left out. A start that does not exist has no files.
 *
 * @param root the directory that stands for `/`
 * @param start below the root
 * @throws CollectError `too_large` when the budget is used up, `timeout` when the signal aborts; the system's error when reading fails
 */
export async function* walkFiles(root: string, start: string, options: WalkOptions): AsyncGenerator<WalkedFile> {
  const device = await deviceOf(join(root, start));
  if (device === null) return;
  // A stack, not a list of each level: a wide tree would be held in memory as a whole.
  const stack = [{ directory: start, depth: 0 }];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const { directory, depth } = next;
    checkTime(options.signal);
    if (depth > 0 && (await deviceOf(join(root, directory))) !== device) continue;
    const below: string[] = [];
    yield* readDirectory(root, directory, options, below);
    if (depth === options.depthMax) continue;
    for (const inner of below.toSorted().toReversed()) stack.push({ directory: inner, depth: depth + 1 });
  }
}

async function* readDirectory(
  root: string,
  directory: string,
  options: WalkOptions,
  below: string[],
): AsyncGenerator<WalkedFile> {
  const handle = await openQuietly(join(root, directory));
  if (handle === null) return;
  const files: WalkedFile[] = [];
  for await (const entry of handle) {
    if (--options.budget.entries < 0) throw tooLarge(directory);
    const path = directory === "/" ? `/${entry.name}` : `${directory}/${entry.name}`;
    if (entry.isDirectory()) {
      if (!NOT_SEARCHED.has(path) && options.enter?.(entry.name) !== false) below.push(path);
    } else if ((entry.isFile() || entry.isSymbolicLink()) && options.wanted(entry.name)) {
      files.push({ path, link: entry.isSymbolicLink() });
    }
  }
  // A file system gives names in an order of its own; the same tree must give the same search.
  yield* files.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

function tooLarge(directory: string): CollectError {
  return new CollectError(
    "too_large",
    `More than ${WALK_ENTRIES_MAX} files would have to be looked at (at ${directory}): configure narrower directories.`,
  );
}

async function openQuietly(path: string) {
  try {
    return await opendir(path, { bufferSize: 256 });
  } catch (error) {
    if (isMissing(error) || isForbidden(error)) return null;
    throw error;
  }
}

async function deviceOf(path: string): Promise<number | null> {
  try {
    return (await lstat(path)).dev;
  } catch (error) {
    if (isMissing(error) || isForbidden(error)) return null;
    throw error;
  }
}
