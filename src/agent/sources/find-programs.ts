import type { FileWindow } from "../system/file-window.ts";
import { userHomes } from "../system/users.ts";
import { findFiles, searchStarts } from "./find-files.ts";
import type { FoundFile } from "./find-files.ts";
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

/**
 * Opens every file that may be a program in the usual directories, below /opt and below the configured directories, and keeps what
 * `read` makes of it.
 */
export async function findPrograms<T>(
  context: CollectContext,
  read: (file: FileWindow) => Promise<T | null>,
): Promise<{ found: FoundFile<T>[]; markers: string[] }> {
  const { root, platform, roots = [] } = context;
  const homes = await userHomes(root, platform);
  const starts = [
    ...(await searchStarts(root, DIRECTORIES, 0)),
    ...homes.flatMap(({ user, home }) => HOME_DIRECTORIES.map((d) => ({ path: `${home}${d}`, user, depthMax: 0 }))),
    ...(await searchStarts(root, [...TREES, ...roots], DEPTH_MAX)),
  ];
  return findFiles(context, { starts, wanted: mayBeProgram, bytesMin: PROGRAM_BYTES_MIN, read });
}

const PROGRAM_EXTENSIONS = new Set(["exe", "dll", "so", "dylib", "node", "bin", "run", "linux", "amd64", "arm64", "x86_64"]);

/** By its name: compiled programs have no extension, one of a few, or one with a digit first (`tool-1.2`). */
export function mayBeProgram(name: string): boolean {
  const extension = /\.([a-z][a-z0-9_]{0,11})$/i.exec(name)?.[1];
  return extension === undefined || PROGRAM_EXTENSIONS.has(extension.toLowerCase());
}
