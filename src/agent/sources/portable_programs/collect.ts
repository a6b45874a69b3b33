import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { SoftwareEntry } from "#domain/software/software.ts";
import { programPath, runProgram } from "../../system/exec.ts";
import { listDirectory, readStart, readText } from "../../system/files.ts";
import { accounts, homeOwner } from "../../system/homes.ts";
import { checkRows, checkTime } from "../source.ts";
import type { CollectContext, Collected } from "../source.ts";
import { CLAIM_FILES, portableEntry } from "./parse.ts";
import type { ProgramClaim } from "./parse.ts";

const PLACE = "/opt";
const CLAIM_BYTES = 64 * 1024;
const DPKG_LISTS = "/var/lib/dpkg/info";
const PACMAN = "/var/lib/pacman/local";
const APK = "/lib/apk/db/installed";
const LIST_BYTES_MAX = 64 * 1024 * 1024;
const OUTPUT_BYTES_MAX = 1024 * 1024;
/** Directories that others than programs keep in /opt. */
const NOT_PROGRAMS = new Set(["homebrew", "local", "lost+found"]);

/**
 * Programs unpacked by hand: directories in /opt and in the configured roots that belong to no package. One that says nothing of
 * itself and holds no program is looked through one level deeper: `/opt/<vendor>/<program>`.
 */
export async function collectPortablePrograms(context: CollectContext): Promise<Collected> {
  const { root } = context;
  const places = [...new Set([PLACE, ...(context.roots ?? [])])];
  const candidates = (await Promise.all(places.map((place) => subdirectories(root, place)))).flat();
  const packaged = candidates.length === 0 ? new Set<string>() : await packagedDirectories(context, candidates);
  const known = await accounts(root);
  const entries: SoftwareEntry[] = [];
  const markers = [...places];
  for (const path of candidates) {
    checkTime(context.signal);
    if (packaged.has(path)) continue;
    const found = await describeProgram(context, path);
    markers.push(path);
    const programs = found === null ? await describeInner(context, path, packaged) : [found];
    entries.push(...programs.map((program) => portableEntry(program.path, program.claim, homeOwner(known, program.path))));
    checkRows(entries.length);
  }
  return { entries, markers };
}

interface Program {
  path: string;
  claim: ProgramClaim | null;
}

async function describeInner(context: CollectContext, path: string, packaged: ReadonlySet<string>): Promise<Program[]> {
  const programs: Program[] = [];
  for (const inner of await subdirectories(context.root, path)) {
    if (packaged.has(inner)) continue;
    const program = await describeProgram(context, inner);
    if (program !== null) programs.push(program);
  }
  return programs;
}

/** null for a directory that is no program: it names no version and holds nothing that can be run. */
async function describeProgram({ root }: CollectContext, path: string): Promise<Program | null> {
  for (const { file, read } of CLAIM_FILES) {
    const text = await readStart(join(root, path, file), CLAIM_BYTES);
    const own = text === "" ? null : read(text);
    if (own !== null) return { path, claim: own };
  }
  for (const directory of [path, `${path}/bin`]) {
    if (await holdsExecutable(join(root, directory))) return { path, claim: null };
  }
  return null;
}

async function holdsExecutable(directory: string): Promise<boolean> {
  for (const item of await listDirectory(directory)) {
    if (!item.isFile()) continue;
    const info = await stat(join(directory, item.name)).catch(() => null);
    // oxlint-disable-next-line eslint/no-bitwise -- the mode is made of bits
    if (info !== null && (info.mode & 0o111) !== 0) return true;
  }
  return false;
}

async function subdirectories(root: string, path: string): Promise<string[]> {
  const items = await listDirectory(join(root, path));
  const directories = items.filter((item) => item.isDirectory() && !item.name.startsWith(".") && !NOT_PROGRAMS.has(item.name));
  return directories.map((item) => `${path === "/" ? "" : path}/${item.name}`);
}

/** Those directories, and what lies in them one level deeper, that a package manager of this machine put there. */
async function packagedDirectories(context: CollectContext, candidates: readonly string[]): Promise<Set<string>> {
  const { root } = context;
  const inner = (await Promise.all(candidates.map((path) => subdirectories(root, path)))).flat();
  const wanted = new Set([...candidates, ...inner]);
  const owned = new Set<string>();
  // Package managers write every directory of a package on a line of its own.
  const take = (line: string) => {
    const path = line.startsWith("/") ? line.replace(/\/$/, "") : `/${line.replace(/\/$/, "")}`;
    if (wanted.has(path)) owned.add(path);
  };
  for await (const text of packageLists(context)) text.split("\n").forEach(take);
  await takeRpmOwned(context, [...wanted], owned);
  return withoutShared(candidates, inner, owned);
}

/**
 * A vendor's directory that a package brought (`/opt/google` of Chrome) may hold programs of others beside: it counts as packaged
 * only when none of its directories is, or all are.
 */
function withoutShared(candidates: readonly string[], inner: readonly string[], owned: ReadonlySet<string>): Set<string> {
  const result = new Set(owned);
  for (const path of candidates) {
    const within = inner.filter((directory) => directory.startsWith(`${path}/`));
    const ownedWithin = within.filter((directory) => owned.has(directory));
    if (ownedWithin.length > 0 && ownedWithin.length < within.length) result.delete(path);
  }
  return result;
}

async function* packageLists({ root, signal }: CollectContext): AsyncGenerator<string> {
  for (const item of await listDirectory(join(root, DPKG_LISTS))) {
    if (!item.name.endsWith(".list")) continue;
    checkTime(signal);
    yield (await readText(join(root, DPKG_LISTS, item.name), LIST_BYTES_MAX)) ?? "";
  }
  for (const item of await listDirectory(join(root, PACMAN))) {
    checkTime(signal);
    yield (await readText(join(root, PACMAN, item.name, "files"), LIST_BYTES_MAX)) ?? "";
  }
  const apk = (await readText(join(root, APK), LIST_BYTES_MAX)) ?? "";
  yield apk.replaceAll(/^F:/gm, "");
}

/** rpm's database is asked through rpm; a path that no package has is a line of complaint and no failure of the others. */
async function takeRpmOwned({ root, signal }: CollectContext, paths: string[], owned: Set<string>): Promise<void> {
  const database =
    (await listDirectory(join(root, "/var/lib/rpm"))).length + (await listDirectory(join(root, "/usr/lib/sysimage/rpm"))).length;
  if (root !== "" || database === 0 || (await programPath("rpm")) === null) return;
  for (const path of paths) {
    checkTime(signal);
    const args = ["-qf", "--queryformat", "%{NAME}\n", path];
    const limits = { timeoutMs: 10_000, outputBytesMax: OUTPUT_BYTES_MAX, signal };
    const answer = await runProgram("rpm", args, limits).catch(() => "");
    if (answer.trim() !== "") owned.add(path);
  }
}
