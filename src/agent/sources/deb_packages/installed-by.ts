import { join } from "node:path";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { listDirectory, readBytes } from "../../system/files.ts";
import { checkTime } from "../source.ts";
import type { CollectContext } from "../source.ts";
import { followAptHistory, historyFiles } from "./parse-history.ts";

const LOGS = "/var/log/apt";
/** logrotate keeps twelve months of apt's history by default. */
const FILES_MAX = 36;
const PACKED_BYTES_MAX = 4 * 1024 * 1024;
const TEXT_BYTES_MAX = 16 * 1024 * 1024;
const unpack = promisify(gunzip);

/**
 * Who asked apt for each package, as far as its history goes back. Unknown is no failure: the history is no part of the package
 * database, and files that cannot be read or are too large say nothing.
 */
export async function aptInstalledBy({ root, signal }: CollectContext): Promise<Map<string, string>> {
  const installedBy = new Map<string, string>();
  const files = historyFiles((await listDirectory(join(root, LOGS))).map((item) => item.name)).slice(-FILES_MAX);
  for (const name of files) {
    checkTime(signal);
    followAptHistory(await readHistory(join(root, LOGS, name)), installedBy);
  }
  return installedBy;
}

async function readHistory(path: string): Promise<string> {
  try {
    const bytes = await readBytes(path, path.endsWith(".gz") ? PACKED_BYTES_MAX : TEXT_BYTES_MAX);
    if (bytes === null) return "";
    return (path.endsWith(".gz") ? await unpack(bytes, { maxOutputLength: TEXT_BYTES_MAX }) : bytes).toString("utf8");
  } catch {
    return "";
  }
}
