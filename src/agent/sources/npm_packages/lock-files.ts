import { join } from "node:path";
import { emptySoftwareEntry } from "#domain/software/software.ts";
import type { SoftwareEntry } from "#domain/software/software.ts";
import { FileRefusedError, isForbidden, readText } from "../../system/files.ts";
import { WALK_ENTRIES_MAX, walkFiles } from "../../system/walk.ts";
import { checkRows, CollectError } from "../source.ts";
import type { CollectContext, Collected } from "../source.ts";
import { parsePackageLock, parsePnpmLock, parseYarnLock } from "./parse-lock.ts";
import type { LockedPackage } from "./parse-lock.ts";

const PARSERS: ReadonlyMap<string, (text: string) => LockedPackage[] | null> = new Map([
  ["package-lock.json", parsePackageLock],
  ["npm-shrinkwrap.json", parsePackageLock],
  ["yarn.lock", parseYarnLock],
  ["pnpm-lock.yaml", parsePnpmLock],
]);

const LOCK_BYTES_MAX = 32 * 1024 * 1024;
const ROOT_DEPTH = 12;
const wanted = (name: string) => PARSERS.has(name);
const enter = (name: string) => name !== "node_modules" && name !== ".git";

/**
 * What the lock files of projects below the configured roots name; one row for each package and version of a file, with the file
 * as path. Directories of installed packages are not entered: the lock files in them are those of other people's projects.
 */
export async function collectLockFiles(context: CollectContext): Promise<Collected> {
  const { root, signal } = context;
  const budget = { entries: WALK_ENTRIES_MAX };
  const entries = new Map<string, SoftwareEntry>();
  const files = new Set<string>();
  for (const start of context.roots ?? []) {
    for await (const { path, link } of walkFiles(root, start, { depthMax: ROOT_DEPTH, budget, signal, wanted, enter })) {
      if (link || files.has(path)) continue;
      files.add(path);
      for (const locked of (await readLock(root, path)) ?? []) addTo(entries, locked, path);
      checkRows(entries.size);
    }
  }
  return { entries: [...entries.values()], markers: [...files] };
}

/** null for a file that may not be read or is no lock file: it belongs to somebody's work in progress. */
async function readLock(root: string, path: string): Promise<LockedPackage[] | null> {
  const parse = PARSERS.get(path.slice(path.lastIndexOf("/") + 1));
  try {
    const text = await readText(join(root, path), LOCK_BYTES_MAX);
    return text === null || parse === undefined ? null : parse(text);
  } catch (error) {
    if (isForbidden(error)) return null;
    if (error instanceof FileRefusedError) throw new CollectError("too_large", error.message);
    throw error;
  }
}

function addTo(entries: Map<string, SoftwareEntry>, { name, version }: LockedPackage, path: string): void {
  const key = `${name}\n${version}`;
  const known = entries.get(key);
  if (known === undefined) entries.set(key, { ...emptySoftwareEntry("npm_packages"), name, version, installed_paths: [path] });
  else if (known.installed_paths.at(-1) !== path) known.installed_paths.push(path);
}
