import { constants } from "node:fs";
import { chmod, mkdir, open, readdir, readlink, rename, rm, stat } from "node:fs/promises";
import type { Dirent } from "node:fs";
import { basename, dirname, join } from "node:path";

/** A file that is not read because of what it is: too large, or no regular file. */
export class FileRefusedError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "FileRefusedError";
  }
}

/** True for "there is no such file or directory", whichever way the path misses. */
export function isMissing(error: unknown): boolean {
  const code = errorCode(error);
  return code === "ENOENT" || code === "ENOTDIR";
}

/** True for "you may not": what belongs to others is left out, not reported as a failure. */
export function isForbidden(error: unknown): boolean {
  const code = errorCode(error);
  return code === "EACCES" || code === "EPERM";
}

/** The system's code of an error (`ENOENT`, `ECONNRESET`, …); "" when it has none. */
export function errorCode(error: unknown): string {
  if (typeof error !== "object" || error === null || !("code" in error)) return "";
  return typeof error.code === "string" ? error.code : "";
}

/**
 * Reads a regular file of at most `bytesMax` bytes. Bad UTF-8 becomes U+FFFD. null when it does not exist.
 *
 * Opened without blocking and refused when it is not a regular file: a pipe put in place of a metadata file would otherwise
 * hold the agent for ever.
 * @throws FileRefusedError when it is larger or not a regular file; the system's error when it cannot be read.
 */
export async function readText(path: string, bytesMax: number): Promise<string | null> {
  const bytes = await readBytes(path, bytesMax);
  return bytes === null ? null : bytes.toString("utf8");
}

/** {@link readText} without the decoding. */
export async function readBytes(path: string, bytesMax: number): Promise<Buffer | null> {
  let handle;
  try {
    handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
  try {
    const info = await handle.stat();
    if (!info.isFile()) throw new FileRefusedError(`${path} is not a regular file.`);
    if (info.size > bytesMax) throw tooLarge(path, bytesMax);
    // Files of /proc and /sys state a size of 0 or a page: they are read until they end, within the limit.
    const chunks: Buffer[] = [];
    let total = 0;
    for (;;) {
      const chunk = Buffer.allocUnsafe(Math.min(Math.max(info.size - total + 1, 4096), 1024 * 1024));
      const { bytesRead } = await handle.read(chunk, 0, chunk.length, null);
      if (bytesRead === 0) break;
      total += bytesRead;
      if (total > bytesMax) throw tooLarge(path, bytesMax);
      chunks.push(chunk.subarray(0, bytesRead));
    }
    return chunks.length === 1 ? (chunks[0] ?? null) : Buffer.concat(chunks);
  } finally {
    await handle.close();
  }
}

function tooLarge(path: string, bytesMax: number): FileRefusedError {
  return new FileRefusedError(`${path} is larger than ${bytesMax} bytes.`);
}

/** The first `bytesMax` bytes of a text file (its header), "" when it does not exist, may not be read or is no file. */
export async function readStart(path: string, bytesMax: number): Promise<string> {
  return (await readStartBytes(path, bytesMax)).toString("utf8");
}

/** The first bytes of a file, at most `bytesMax`; none when it does not exist, may not be read or is no file. */
export async function readStartBytes(path: string, bytesMax: number): Promise<Buffer> {
  let handle;
  try {
    handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (isMissing(error) || isForbidden(error)) return Buffer.alloc(0);
    throw error;
  }
  try {
    if (!(await handle.stat()).isFile()) return Buffer.alloc(0);
    const buffer = Buffer.allocUnsafe(bytesMax);
    const { bytesRead } = await handle.read(buffer, 0, bytesMax, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** A directory's entries, in name order; none when it does not exist or may not be read. */
export async function listDirectory(path: string): Promise<Dirent[]> {
  try {
    const entries = await readdir(path, { withFileTypes: true });
    return entries.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    if (isMissing(error) || isForbidden(error)) return [];
    throw error;
  }
}

/** The target of a symbolic link, null when the path is none. */
export async function linkTarget(path: string): Promise<string | null> {
  try {
    return await readlink(path);
  } catch {
    return null;
  }
}

/**
 * What tells one state of a file or directory from the next without reading it: inode, size and times. "absent" when it does
 * not exist. Two equal texts mean that nothing was written in between (within the file system's time resolution).
 */
export async function fileMark(path: string): Promise<string> {
  try {
    const s = await stat(path, { bigint: true });
    return `${s.ino}:${s.size}:${s.mtimeNs}:${s.ctimeNs}`;
  } catch (error) {
    return isMissing(error) ? "absent" : `error ${errorCode(error)}`;
  }
}

/** Makes a directory (and its parents) that only its owner may enter. */
export async function makePrivateDirectory(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  // mkdir leaves an existing directory as it is, and the mode of a new one is subject to the umask.
  await chmod(path, 0o700);
}

/**
 * Replaces a file as a whole: after a crash or power loss it holds either the old or the new content. Readable and writable by
 * its owner only.
 */
export async function writePrivateFile(path: string, content: string): Promise<void> {
  const directory = dirname(path);
  const temporary = join(directory, `.${basename(path)}.${process.pid}.tmp`);
  try {
    const handle = await open(temporary, "w", 0o600);
    try {
      await handle.chmod(0o600);
      await handle.writeFile(content, "utf8");
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncDirectory(directory);
}

/** A rename is durable only when the directory that holds it is. */
async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
