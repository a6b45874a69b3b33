import { stat } from "node:fs/promises";
import { join } from "node:path";
import { checkTime } from "../source.ts";
import type { CollectContext } from "../source.ts";
import { userNames } from "../../system/users.ts";
import { followDnfHistory, HISTORIES } from "./read-history.ts";

/** Years of a busy server are some tens of megabytes. */
const HISTORY_BYTES_MAX = 512 * 1024 * 1024;

/**
 * Who asked dnf for each package, by package name, as far as its history goes back. Unknown is no failure: the history is no part of
 * the package database, and one that cannot be read says nothing.
 */
export async function dnfInstalledBy({ root, signal }: CollectContext): Promise<Map<string, string>> {
  const installedBy = new Map<string, string>();
  for (const { path, kind } of HISTORIES) {
    checkTime(signal);
    // oxlint-disable-next-line no-await-in-loop -- the older first: what the later one says replaces it
    const info = await stat(join(root, path)).catch(() => null);
    if (info === null || !info.isFile() || info.size > HISTORY_BYTES_MAX) continue;
    // oxlint-disable-next-line no-await-in-loop
    const names = await userNames(root);
    // oxlint-disable-next-line no-await-in-loop
    await followDnfHistory(join(root, path), kind, (uid) => names.get(uid), installedBy).catch(() => undefined);
  }
  return installedBy;
}
