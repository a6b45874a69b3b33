import { realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import { markDistributionLibraries } from "#domain/software/package-facts.ts";
import { emptySoftwareEntry } from "#domain/software/software.ts";
import type { SoftwareEntry } from "#domain/software/software.ts";
import { FileRefusedError, isForbidden, listDirectory, readText } from "../../system/files.ts";
import { matchDirectories } from "../../system/glob.ts";
import { accounts, homeDirectories, homeOwner } from "../../system/homes.ts";
import { checkRows, checkTime } from "../source.ts";
import type { CollectContext, Collected } from "../source.ts";
import { collectLockFiles } from "./lock-files.ts";
import { parseNpmManifest, parseNpmPrefix } from "./parse.ts";

/** Directories that may hold a global `node_modules`: osquery's, and where version managers and archives put Node. */
const SYSTEM_LIBS = [
  "/usr/local/lib",
  "/usr/lib",
  "/opt/*/lib",
  "/usr/local/nvm/versions/node/*/lib",
  "/usr/local/n/versions/node/*/lib",
];
const DARWIN_LIBS = ["/opt/homebrew/lib", "/usr/local/lib"];
const USER_LIBS = ["/.npm-global/lib", "/.nvm/versions/node/*/lib", "/.local/share/fnm/node-versions/*/installation/lib"];
const GLOBAL_NPMRC = ["/etc/npmrc", "/usr/etc/npmrc", "/usr/local/etc/npmrc"];

const MANIFEST_BYTES_MAX = 1024 * 1024;
const NPMRC_BYTES_MAX = 256 * 1024;
/** osquery's own bound on nesting (`max_depth` of its table). */
const DEPTH_MAX = 100;

/**
 * The packages installed globally by npm, and the packages nested inside them: osquery reports both since 5.23, and the copy of
 * a library that a global tool carries is as vulnerable as any other. The path is that of the package.json, as osquery's.
 * Besides, what the lock files of projects below the configured roots name, with the lock file as path.
 */
export async function collectNpmPackages(context: CollectContext): Promise<Collected> {
  const libs = await globalLibraries(context);
  const walk: Walk = { context, entries: [], seen: new Set(), modules: [] };
  for (const lib of libs.found) {
    await collectModules(walk, `${lib}/node_modules`, 0);
  }
  const locked = await collectLockFiles(context);
  checkRows(walk.entries.length + locked.entries.length);
  const known = await accounts(context.root, context.platform);
  const found = markDistributionLibraries(context.platform, [...walk.entries, ...locked.entries]);
  const entries = found.map((entry) => ({
    ...entry,
    installed_by: homeOwner(known, entry.installed_paths[0] ?? ""),
  }));
  return { entries, markers: [...walk.modules, ...libs.searched, ...locked.markers] };
}

async function globalLibraries({ root, platform, signal }: CollectContext): Promise<{ found: string[]; searched: string[] }> {
  const homes = await homeDirectories(root, platform);
  const patterns = [
    ...(platform === "darwin" ? DARWIN_LIBS : SYSTEM_LIBS),
    ...homes.flatMap((home) => USER_LIBS.map((lib) => `${home}${lib}`)),
  ];
  patterns.push(...(await configuredLibraries(root, homes)));
  const found = new Set<string>();
  const searched = new Set<string>();
  for (const pattern of patterns) {
    checkTime(signal);
    const matches = await matchDirectories(root, pattern);
    for (const path of matches.found) {
      found.add(path);
      searched.add(path);
    }
    for (const path of matches.searched) searched.add(path);
  }
  return { found: [...found], searched: [...searched] };
}

async function configuredLibraries(root: string, homes: string[]): Promise<string[]> {
  const files = [
    ...GLOBAL_NPMRC.map((file) => ({ file, home: "/root" })),
    ...homes.map((home) => ({ file: `${home}/.npmrc`, home })),
  ];
  const texts = await Promise.all(files.map(({ file }) => readText(join(root, file), NPMRC_BYTES_MAX).catch(() => null)));
  const prefixes = files.map(({ home }, i) => parseNpmPrefix(texts[i] ?? "", home));
  return prefixes.filter((prefix) => prefix !== null && !prefix.includes("*")).map((prefix) => `${prefix}/lib`);
}

interface Walk {
  context: CollectContext;
  entries: SoftwareEntry[];
  /** Real directories already read: a link that points upwards would otherwise never end. */
  seen: Set<string>;
  /** Directories of global packages (depth 0, with their scopes): where installs and removals show. */
  modules: string[];
}

async function collectModules(walk: Walk, directory: string, depth: number): Promise<void> {
  checkTime(walk.context.signal);
  const real = await realpath(join(walk.context.root, directory)).catch(() => null);
  if (depth === 0) walk.modules.push(directory);
  if (real === null || walk.seen.has(real)) return;
  walk.seen.add(real);
  for (const path of await packageDirectories(walk, directory, depth)) {
    await collectPackage(walk, path, depth);
  }
}

/** `<name>` and `@<scope>/<name>` below a `node_modules`; hidden entries (`.bin`, `.package-lock.json`) are none. */
async function packageDirectories(walk: Walk, directory: string, depth: number): Promise<string[]> {
  const paths: string[] = [];
  for (const item of await listDirectory(join(walk.context.root, directory))) {
    if (item.name.startsWith(".") || !(item.isDirectory() || item.isSymbolicLink())) continue;
    const path = `${directory}/${item.name}`;
    if (!item.name.startsWith("@")) {
      paths.push(path);
      continue;
    }
    if (depth === 0) walk.modules.push(path);
    const scoped = await listDirectory(join(walk.context.root, path));
    paths.push(...scoped.filter((inner) => !inner.name.startsWith(".")).map((inner) => `${path}/${inner.name}`));
  }
  return paths;
}

async function collectPackage(walk: Walk, path: string, depth: number): Promise<void> {
  const file = `${path}/package.json`;
  const text = await readManifest(join(walk.context.root, file));
  if (text === null) return;
  const manifest = parseNpmManifest(text);
  if (manifest !== null) {
    walk.entries.push({ ...emptySoftwareEntry("npm_packages"), ...manifest, installed_paths: [file] });
    checkRows(walk.entries.length);
  }
  const nested = `${path}/node_modules`;
  const info = depth < DEPTH_MAX ? await stat(join(walk.context.root, nested)).catch(() => null) : null;
  if (info?.isDirectory() === true) await collectModules(walk, nested, depth + 1);
}

/** A manifest that may not be read or is absurdly large is no package; it must not cost the rest of the list. */
async function readManifest(path: string): Promise<string | null> {
  try {
    return await readText(path, MANIFEST_BYTES_MAX);
  } catch (error) {
    if (isForbidden(error) || error instanceof FileRefusedError) return null;
    throw error;
  }
}
