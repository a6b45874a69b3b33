import { join } from "node:path";
import { readText } from "../../system/files.ts";
import { isLocked } from "../../system/locks.ts";
import { checkRows } from "../source.ts";
import type { CollectContext, Collected } from "../source.ts";
import { parseApkInstalled } from "./parse.ts";

/** The database, and since apk-tools 3 on systems with a merged /usr. */
const DATABASES = ["/lib/apk/db/installed", "/usr/lib/apk/db/installed"];
const BYTES_MAX = 64 * 1024 * 1024;

/** The installed packages of apk (Alpine, Wolfi, postmarketOS, OpenWrt); none where there is no such database. */
export async function collectApkPackages({ root }: CollectContext): Promise<Collected> {
  for (const path of DATABASES) {
    const text = await readText(join(root, path), BYTES_MAX);
    if (text === null) continue;
    const entries = parseApkInstalled(text);
    checkRows(entries.length);
    return { entries, markers: DATABASES };
  }
  return { entries: [], markers: DATABASES };
}

/** True while apk changes packages: it holds a lock beside its database for the time. */
export async function isApkBusy(root: string): Promise<boolean> {
  return isLocked(DATABASES.map((path) => join(root, path, "../lock")));
}
