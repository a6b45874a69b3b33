import { stat } from "node:fs/promises";
import { isMissing, readText } from "./files.ts";

/**
 * True when some process holds a lock on one of the files, by the kernel's list of locks (proc_locks(5)). Node offers no call
 * for record locks. A list that cannot be read says "not locked": callers wait for quiet as well.
 */
export async function isLocked(paths: readonly string[]): Promise<boolean> {
  const locks = await readText("/proc/locks", 4 * 1024 * 1024).catch(() => null);
  if (locks === null || locks === "") return false;
  const locked = lockedInodes(locks);
  for (const path of paths) {
    try {
      if (locked.has(String((await stat(path, { bigint: true })).ino))) return true;
    } catch (error) {
      if (!isMissing(error)) return false;
    }
  }
  return false;
}

/** Inodes of the files that are locked. Lines read `1: POSIX  ADVISORY  WRITE 3548 08:01:1234567 0 EOF`; waiters have `->`. */
export function lockedInodes(text: string): Set<string> {
  return new Set([...text.matchAll(/^\d+: (?!->).*? [0-9a-f]+:[0-9a-f]+:(\d+) /gm)].map((match) => match[1] ?? ""));
}
