import { join } from "node:path";
import type { SoftwareEntry } from "#domain/software/software.ts";
import { fileMark, listDirectory, readText } from "../../system/files.ts";
import { checkRows, checkTime, CollectError } from "../source.ts";
import type { CollectContext, Collected } from "../source.ts";
import { parsePacmanDesc } from "./parse.ts";

const DATABASE = "/var/lib/pacman/local";
/** pacman makes this file for the time of a transaction and removes it. */
const LOCK = "/var/lib/pacman/db.lck";
const DESC_BYTES_MAX = 1024 * 1024;

/** The installed packages of pacman (Arch, Manjaro, SteamOS, …): one directory each, which comes and goes with the package. */
export async function collectPacmanPackages({ root, signal }: CollectContext): Promise<Collected> {
  const entries: SoftwareEntry[] = [];
  for (const item of await listDirectory(join(root, DATABASE))) {
    if (!item.isDirectory()) continue;
    checkTime(signal);
    const text = await readText(join(root, DATABASE, item.name, "desc"), DESC_BYTES_MAX);
    const entry = text === null ? null : parsePacmanDesc(text);
    if (entry === null) throw new CollectError("malformed", `${DATABASE}/${item.name} describes no package.`);
    entries.push(entry);
    checkRows(entries.length);
  }
  return { entries, markers: [DATABASE] };
}

/** True while a pacman transaction runs. */
export async function isPacmanBusy(root: string): Promise<boolean> {
  return (await fileMark(join(root, LOCK))) !== "absent";
}
