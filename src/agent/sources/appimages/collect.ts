import { join } from "node:path";
import type { SoftwareEntry } from "#domain/software/software.ts";
import { listDirectory, readStart, readStartBytes } from "../../system/files.ts";
import { accounts, homeDirectories, homeOwner } from "../../system/homes.ts";
import { WALK_ENTRIES_MAX, walkFiles } from "../../system/walk.ts";
import { checkRows } from "../source.ts";
import type { CollectContext, Collected } from "../source.ts";
import { appImageArch, appImageEntry, MAGIC_BYTES, parseDesktopEntry } from "./parse.ts";

/** Where AppImages are kept: one level below these counts, and as deep as a configured root goes. */
const SYSTEM_PLACES = ["/opt", "/usr/local/bin", "/Applications"];
const USER_PLACES = ["/Applications", "/Downloads", "/Desktop", "/bin", "/.local/bin", "/AppImages"];
const PLACE_DEPTH = 1;
const ROOT_DEPTH = 8;
const DESKTOP_ENTRIES = "/.local/share/applications";
const DESKTOP_BYTES = 32 * 1024;

/** AppImages in the usual places of the system and of each user, and below the configured roots. Nothing is executed. */
export async function collectAppImages(context: CollectContext): Promise<Collected> {
  const { root, signal } = context;
  const homes = await homeDirectories(root);
  const places = [...SYSTEM_PLACES, ...homes.flatMap((home) => USER_PLACES.map((place) => home + place))];
  const versions = await desktopVersions(root, homes);
  const known = await accounts(root);
  const budget = { entries: WALK_ENTRIES_MAX };
  const found = new Map<string, SoftwareEntry>();
  for (const start of [...places, ...(context.roots ?? [])]) {
    const depthMax = places.includes(start) ? PLACE_DEPTH : ROOT_DEPTH;
    for await (const { path, link } of walkFiles(root, start, { depthMax, budget, signal, wanted: mayBeAppImage })) {
      // A link is another name of a file that is found by its own.
      const arch = link || found.has(path) ? null : appImageArch(await readStartBytes(join(root, path), MAGIC_BYTES));
      if (arch === null) continue;
      found.set(path, appImageEntry(path, arch, versions.get(path) ?? "", homeOwner(known, path)));
      checkRows(found.size);
    }
  }
  return { entries: [...found.values()], markers: places };
}

/** AppImages need no extension, but what has another one is none; only what is left is opened. */
function mayBeAppImage(name: string): boolean {
  return /\.appimage$/i.test(name) || !/\.[a-z]\w{0,4}$/i.test(name);
}

async function desktopVersions(root: string, homes: readonly string[]): Promise<Map<string, string>> {
  const versions = new Map<string, string>();
  for (const home of homes) {
    for (const item of await listDirectory(join(root, home, DESKTOP_ENTRIES))) {
      if (!item.isFile() || !/^appimage.*\.desktop$/i.test(item.name)) continue;
      const entry = parseDesktopEntry(await readStart(join(root, home, DESKTOP_ENTRIES, item.name), DESKTOP_BYTES));
      if (entry !== null) versions.set(entry.path, entry.version);
    }
  }
  return versions;
}
