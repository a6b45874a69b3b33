import { readdir, readlink, realpath, stat } from "node:fs/promises";
import { isMissing, readText } from "./files.ts";

/** A lock some process holds on a file. */
export interface HeldLock {
  pid: number;
  /** Device of the file system, `major:minor` in decimal. */
  device: string;
  inode: string;
}

const LOCKS_BYTES_MAX = 4 * 1024 * 1024;

/**
 * True when some process holds a lock on one of the files, by the kernel's list of locks (proc_locks(5)): Node offers no call
 * for record locks. A list that cannot be read says "not locked"; callers wait for quiet as well.
 */
export async function isLocked(paths: readonly string[]): Promise<boolean> {
  const text = await readText("/proc/locks", LOCKS_BYTES_MAX).catch(() => null);
  const held = parseLocks(text ?? "");
  for (const path of paths) if (await isHeld(path, held)) return true;
  return false;
}

async function isHeld(path: string, held: HeldLock[]): Promise<boolean> {
  try {
    const { ino, dev } = await stat(path, { bigint: true });
    for (const lock of held) {
      if (lock.inode !== String(ino)) continue;
      // Inodes are numbers within one file system. Some (btrfs, overlays) state another device here than in the list.
      if (lock.device === deviceOf(dev) || (await hasOpen(lock.pid, path))) return true;
    }
    return false;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

async function hasOpen(pid: number, path: string): Promise<boolean> {
  const folder = `/proc/${pid}/fd`;
  const real = await realpath(path);
  const names = await readdir(folder).catch(() => []);
  const targets = await Promise.all(names.map((name) => readlink(`${folder}/${name}`).catch(() => "")));
  return targets.includes(real);
}

/** `major:minor` of a device number as glibc and the kernel's large numbers have it (makedev(3)). */
function deviceOf(dev: bigint): string {
  // oxlint-disable-next-line eslint/no-bitwise -- the number is made of bit fields
  const [major, minor] = [((dev >> 8n) & 0xfffn) | ((dev >> 32n) & ~0xfffn), (dev & 0xffn) | ((dev >> 12n) & 0xffffff00n)];
  return `${major}:${minor}`;
}

/** Lines read `1: POSIX  ADVISORY  WRITE 3548 08:01:1234567 0 EOF`, the device in hexadecimal; those who wait have `->`. */
export function parseLocks(text: string): HeldLock[] {
  return [...text.matchAll(/^\d+: (?!->).*? (-?\d+) ([0-9a-f]+):([0-9a-f]+):(\d+) /gm)].map((match) => ({
    pid: Number(match[1]),
    device: `${Number.parseInt(match[2] ?? "", 16)}:${Number.parseInt(match[3] ?? "", 16)}`,
    inode: match[4] ?? "",
  }));
}
