import { constants } from "node:fs";
import { open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import type { ByteSource } from "../formats/byte-source.ts";
import { errorCode, isForbidden, isMissing } from "./files.ts";

/** An open regular file: its bytes, and which file it is, whatever path led to it. */
export interface FileWindow extends ByteSource {
  /** Equal for two paths of one file (device and inode). */
  readonly identity: string;
}

/**
 * Opens a regular file for reads at any place, without ever reading all of it, and closes it again. null when it does not exist,
 * may not be read or is no regular file: opened without blocking, so that a pipe cannot hold the agent.
 * @throws the system's error when it cannot be read, or what `run` throws
 */
export async function withFileWindow<T>(path: string, run: (file: FileWindow) => Promise<T>): Promise<T | null> {
  const handle = await openQuietly(path);
  if (handle === null) return null;
  try {
    const info = await handle.stat({ bigint: true });
    if (!info.isFile()) return null;
    return await run({
      size: Number(info.size),
      identity: `${info.dev}:${info.ino}`,
      read: (offset, length) => readAt(handle, offset, length),
    });
  } finally {
    await handle.close();
  }
}

async function openQuietly(path: string): Promise<FileHandle | null> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    // ENXIO: a socket; ELOOP: links in a circle.
    if (isMissing(error) || isForbidden(error) || ["ENXIO", "ELOOP"].includes(errorCode(error))) return null;
    throw error;
  }
}

async function readAt(handle: FileHandle, offset: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await handle.read(buffer, filled, length - filled, offset + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}
