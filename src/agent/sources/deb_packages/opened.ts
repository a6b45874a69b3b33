import { lstat } from "node:fs/promises";
import { join } from "node:path";
import { packageOpenedAt } from "#domain/software/package-opened.ts";
import { listDirectory, readText } from "../../system/files.ts";
import { checkTime } from "../source.ts";
import type { CollectContext } from "../source.ts";

const LISTS = "/var/lib/dpkg/info";
const LIST_BYTES_MAX = 16 * 1024 * 1024;
/** Programs that packages put where people run them; the server's queries for osquery have the same places. */
const PROGRAM = /^\/(?:usr\/)?s?bin\/.+$|^\/usr\/games\/.+$/gm;
/** A package with more programs than this is a collection; its first ones speak for it. */
const PROGRAMS_MAX = 500;

/**
 * When a program of each package was last run ({@link packageOpenedAt}), by package name; packages without a program, or with none
 * that is known to have been run, are absent.
 */
export async function debsOpenedAt({ root, signal }: CollectContext): Promise<Map<string, number>> {
  const opened = new Map<string, number>();
  for (const item of await listDirectory(join(root, LISTS))) {
    const name = /^([a-z0-9][a-z0-9+.-]*)(?::[a-z0-9-]+)?\.list$/.exec(item.name)?.[1];
    if (name === undefined) continue;
    checkTime(signal);
    const list = (await readText(join(root, LISTS, item.name), LIST_BYTES_MAX).catch(() => null)) ?? "";
    const programs = (list.match(PROGRAM) ?? []).slice(0, PROGRAMS_MAX);
    const times = await Promise.all(programs.map((path) => openedAt(join(root, path))));
    const latest = Math.max(0, opened.get(name) ?? 0, ...times.map((time) => time ?? 0));
    if (latest > 0) opened.set(name, latest);
  }
  return opened;
}

async function openedAt(path: string): Promise<number | null> {
  const info = await lstat(path).catch(() => null);
  if (info === null || !info.isFile()) return null;
  return packageOpenedAt(Math.floor(info.atimeMs / 1000), Math.floor(info.ctimeMs / 1000));
}
