import { join } from "node:path";
import { listDirectory, readText } from "../../system/files.ts";
import { isLocked } from "../../system/locks.ts";
import { checkRows, checkTime, CollectError } from "../source.ts";
import type { CollectContext, Collected } from "../source.ts";
import { aptInstalledBy } from "./installed-by.ts";
import { foreignArchives } from "./foreign-archives.ts";
import { debsOpenedAt } from "./opened.ts";
import { debEntry, isDebInstalled, mergeDebStanzas, parseDebStanzas } from "./parse.ts";
import type { DebStanza } from "./parse.ts";

const ADMIN = "/var/lib/dpkg";
const STATUS_BYTES_MAX = 128 * 1024 * 1024;
const ENTRY_BYTES_MAX = 1024 * 1024;
/** dpkg names its journal files by number (lib/dpkg/dbmodify.c). */
const JOURNAL_NAME = /^\d{1,10}$/;

export const DEB_MARKERS = [`${ADMIN}/status`, `${ADMIN}/status.d`, `${ADMIN}/updates`];

/**
 * The installed deb packages, exactly those that `dpkg-query -W` shows as installed, with who asked for them and when a program of
 * theirs was last run, where that is known; none where there is no dpkg database.
 */
export async function collectDebPackages(context: CollectContext): Promise<Collected> {
  const stanzas = await installedDebs(context);
  checkRows(stanzas.length);
  if (stanzas.length === 0) return { entries: [], markers: DEB_MARKERS };
  const installedBy = await aptInstalledBy(context);
  const opened = await debsOpenedAt(context);
  const foreign = await foreignArchives(context, stanzas);
  const entries = stanzas.map((stanza) => ({
    ...debEntry({ ...stanza, origin: foreign.get(`${stanza.package} ${stanza.version}`) ?? stanza.origin }),
    installed_by: installedBy.get(stanza.package) ?? "",
    last_opened_at: opened.get(stanza.package) ?? null,
  }));
  return { entries, markers: DEB_MARKERS };
}

/** The stanzas of the installed packages; also read by the Python collector, whose naming depends on them. */
export async function installedDebs({ root, signal }: CollectContext): Promise<DebStanza[]> {
  const admin = join(root, ADMIN);
  const present = await listDirectory(admin);
  if (present.length === 0) return [];
  const names = new Set(present.map((entry) => entry.name));
  if (!names.has("status") && !names.has("status.d")) {
    throw new CollectError("unreadable", `${ADMIN} holds no package database (neither status nor status.d).`);
  }
  const status = await readText(join(admin, "status"), STATUS_BYTES_MAX);
  const layers = [parseDebStanzas(status ?? "")];
  layers.push(...(await readJournal(join(admin, "updates"), signal)));
  const installed = mergeDebStanzas(layers).filter(isDebInstalled);
  return [...installed, ...(await readDistroless(join(admin, "status.d"), signal))];
}

async function readJournal(directory: string, signal: AbortSignal): Promise<DebStanza[][]> {
  const layers: DebStanza[][] = [];
  for (const entry of await listDirectory(directory)) {
    if (!JOURNAL_NAME.test(entry.name)) continue;
    checkTime(signal);
    layers.push(parseDebStanzas((await readText(join(directory, entry.name), STATUS_BYTES_MAX)) ?? ""));
  }
  return layers;
}

/** Images without a package manager keep one file a package, without a status: what is there is installed. */
async function readDistroless(directory: string, signal: AbortSignal): Promise<DebStanza[]> {
  const stanzas: DebStanza[] = [];
  for (const entry of await listDirectory(directory)) {
    if (entry.name.endsWith(".md5sums")) continue;
    checkTime(signal);
    const parsed = parseDebStanzas((await readText(join(directory, entry.name), ENTRY_BYTES_MAX)) ?? "");
    stanzas.push(...parsed.filter((stanza) => stanza.status === "" || isDebInstalled(stanza)));
  }
  return stanzas;
}

/** True while dpkg or a front end (apt, unattended-upgrades) holds its lock. */
export async function isDpkgBusy(root: string): Promise<boolean> {
  return isLocked([join(root, ADMIN, "lock"), join(root, ADMIN, "lock-frontend")]);
}
