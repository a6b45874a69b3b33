import { join } from "node:path";
import type { FileWindow } from "../system/file-window.ts";
import { withFileWindow } from "../system/file-window.ts";
import { matchDirectories } from "../system/glob.ts";
import { userHomes } from "../system/users.ts";
import { WALK_ENTRIES_MAX, walkFiles } from "../system/walk.ts";
import { checkTime } from "./source.ts";
import type { CollectContext } from "./source.ts";

/**
 * Directories of programs that no package manager looks after. `/usr/bin` is not among them: what is there came with a package,
 * which is listed by its own source and patched by its distribution.
 */
const DIRECTORIES = ["/usr/local/bin", "/usr/local/sbin", "/usr/local/*/bin"];
const HOME_DIRECTORIES = ["/go/bin", "/.cargo/bin", "/.local/bin", "/bin"];
/** Searched with what is below them, as are configured directories. */
const TREES = ["/opt"];
const DEPTH_MAX = 10;
/** No compiled program of these languages is as small; scripts and settings are not opened. */
const PROGRAM_BYTES_MIN = 32 * 1024;
/** Watched besides the usual directories: those in which something was found. */
const MARKERS_MAX = 200;

export interface FoundProgram {
  /** Below the root, with its links as they are. */
  path: string;
  /** Whose home directory it is in; empty elsewhere. */
  user: string;
}

/** What was read of every program in which `read` found something, and the markers of a collection. */
export interface FoundPrograms<T> {
  found: { program: FoundProgram; value: T }[];
  markers: string[];
}

/**
 * Opens every file that may be a program in the usual directories, below /opt and below the configured directories, and keeps what
 * `read` makes of it. A file with several paths is read once: where it lies, or at the first link when it lies elsewhere.
 */
export async function findPrograms<T>(
  context: CollectContext,
  read: (file: FileWindow) => Promise<T | null>,
): Promise<FoundPrograms<T>> {
  const { programs, searched } = await listPrograms(context);
  const seen = new Set<string>();
  const found: FoundPrograms<T>["found"] = [];
  for (const program of programs) {
    checkTime(context.signal);
    const value = await withFileWindow(join(context.root, program.path), (file) => {
      if (file.size < PROGRAM_BYTES_MIN || seen.has(file.identity)) return Promise.resolve(null);
      seen.add(file.identity);
      return read(file);
    });
    if (value !== null) found.push({ program, value });
  }
  const holding = found.map(({ program }) => program.path.slice(0, program.path.lastIndexOf("/")));
  return { found, markers: [...new Set([...searched, ...holding])].slice(0, MARKERS_MAX) };
}

/** Files first, links behind them. */
async function listPrograms(context: CollectContext): Promise<{ programs: FoundProgram[]; searched: string[] }> {
  const { root, signal } = context;
  const budget = { entries: WALK_ENTRIES_MAX };
  const files: FoundProgram[] = [];
  const links: FoundProgram[] = [];
  const searched = await startDirectories(context);
  for (const { path: start, user, depthMax } of searched) {
    for await (const { path, link } of walkFiles(root, start, { depthMax, budget, signal, wanted: mayBeProgram })) {
      (link ? links : files).push({ path, user });
    }
  }
  const byPath = (a: FoundProgram, b: FoundProgram) => (a.path < b.path ? -1 : 1);
  return { programs: [...files.toSorted(byPath), ...links.toSorted(byPath)], searched: searched.map(({ path }) => path) };
}

interface Start extends FoundProgram {
  depthMax: number;
}

async function startDirectories({ root, platform, roots = [] }: CollectContext): Promise<Start[]> {
  const starts = new Map<string, Start>();
  const add = (path: string, user: string, depthMax: number) => {
    const known = starts.get(path);
    if (known === undefined || known.depthMax < depthMax) starts.set(path, { path, user: known?.user ?? user, depthMax });
  };
  for (const pattern of DIRECTORIES) {
    if (!pattern.includes("*")) add(pattern, "", 0);
    else for (const path of (await matchDirectories(root, pattern)).found) add(path, "", 0);
  }
  for (const { user, home } of await userHomes(root, platform)) {
    for (const directory of HOME_DIRECTORIES) add(`${home}${directory}`, user, 0);
  }
  for (const tree of [...TREES, ...roots]) add(tree === "/" ? tree : tree.replace(/\/+$/, ""), "", DEPTH_MAX);
  return [...starts.values()];
}

const PROGRAM_EXTENSIONS = new Set(["exe", "dll", "so", "dylib", "node", "bin", "run", "linux", "amd64", "arm64", "x86_64"]);

/** By its name: compiled programs have no extension, one of a few, or one with a digit first (`tool-1.2`). */
export function mayBeProgram(name: string): boolean {
  const extension = /\.([a-z][a-z0-9_]{0,11})$/i.exec(name)?.[1];
  return extension === undefined || PROGRAM_EXTENSIONS.has(extension.toLowerCase());
}
