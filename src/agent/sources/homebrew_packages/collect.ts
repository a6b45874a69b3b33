import { stat } from "node:fs/promises";
import { join } from "node:path";
import { platformFamily } from "#domain/software/sources.ts";
import type { SoftwareEntry } from "#domain/software/software.ts";
import { listDirectory, readStart } from "../../system/files.ts";
import { accounts, homeDirectories } from "../../system/homes.ts";
import { checkRows, checkTime } from "../source.ts";
import type { CollectContext, Collected } from "../source.ts";
import { homebrewEntry, isHomebrewName, receiptTap } from "./parse.ts";

/** Homebrew's prefixes: its own on Linux, and on macOS by processor. */
const LINUX_PREFIX = "/home/linuxbrew/.linuxbrew";
const DARWIN_PREFIXES = ["/opt/homebrew", "/usr/local"];
const USER_PREFIX = "/.linuxbrew";
const RECEIPT_BYTES = 256 * 1024;

/** Formulae and casks of Homebrew, every version that is kept. */
export async function collectHomebrewPackages(context: CollectContext): Promise<Collected> {
  const { root, platform } = context;
  const darwin = platformFamily(platform) === "darwin";
  const homes = darwin ? [] : await homeDirectories(root);
  const prefixes = darwin ? DARWIN_PREFIXES : [LINUX_PREFIX, ...homes.map((home) => home + USER_PREFIX)];
  const owners = new Map((await accounts(root, platform)).map(({ uid, user }) => [uid, user]));
  const entries: SoftwareEntry[] = [];
  const markers: string[] = [];
  for (const directory of prefixes.flatMap((prefix) => [`${prefix}/Cellar`, `${prefix}/Caskroom`])) {
    const names = await subdirectories(root, directory);
    // An update of a formula shows in its own directory.
    markers.push(directory, ...names.map((name) => `${directory}/${name}`));
    for (const name of names) {
      checkTime(context.signal);
      entries.push(...(await collectName(root, `${directory}/${name}`, owners)));
      checkRows(entries.length);
    }
  }
  return { entries, markers };
}

async function collectName(root: string, path: string, owners: Map<number, string>): Promise<SoftwareEntry[]> {
  const versions = await subdirectories(root, path);
  const cask = path.includes("/Caskroom/");
  if (cask && (await holdsApplication(root, path, versions))) return [];
  const info = await stat(join(root, path)).catch(() => null);
  // Whoever installs with Homebrew owns its files.
  const installedBy = info === null ? "" : (owners.get(info.uid) ?? "");
  return Promise.all(
    versions.map(async (version) => {
      const receipt = cask ? "" : await readStart(join(root, path, version, "INSTALL_RECEIPT.json"), RECEIPT_BYTES);
      return homebrewEntry(path, version, receiptTap(receipt), installedBy);
    }),
  );
}

/** A cask with an application is that application's row (Fleet's rule, reference osquery-remote.md §10). */
async function holdsApplication(root: string, path: string, versions: readonly string[]): Promise<boolean> {
  for (const version of versions) {
    const items = await listDirectory(join(root, path, version));
    if (items.some((item) => item.name.endsWith(".app"))) return true;
  }
  return false;
}

async function subdirectories(root: string, path: string): Promise<string[]> {
  const items = await listDirectory(join(root, path));
  return items.filter((item) => item.isDirectory() && isHomebrewName(item.name)).map((item) => item.name);
}
