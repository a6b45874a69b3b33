import { link, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { errorCode, readText, writePrivateFile } from "../system/files.ts";
import type { Clock } from "../system/clock.ts";

/** Another agent of this device is running; the message says which process. */
export class LockedError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "LockedError";
  }
}

/** Identifies one process for ever: process ids are used again, start times within one boot are not. */
export interface ProcessIdentity {
  pid: number;
  /** Clock ticks since boot at which the process started (proc_pid_stat(5), field 22). */
  start_time: string;
  boot_id: string;
}

export interface LockDeps {
  stateDir: string;
  clock: Clock;
  /** The identity of a running process, null when there is none with this id. */
  processIdentity(pid: number): Promise<ProcessIdentity | null>;
  pid: number;
}

export interface Lock {
  /** False when another process took the lock over, which only happens after a race at start. */
  isHeld(): Promise<boolean>;
  release(): Promise<void>;
}

const BYTES_MAX = 4096;
/** Two agents that find the same stale lock in one moment both take it; after this wait the later one's content stands. */
const SETTLE_MS = 200;

/**
 * Takes the lock of the state directory, so that one process a device reports. The lock of a process that is gone (by crash or
 * power loss) is taken over.
 * @throws LockedError while its process runs.
 */
export async function takeLock(deps: LockDeps): Promise<Lock> {
  const path = join(deps.stateDir, "lock");
  const own = await deps.processIdentity(deps.pid);
  if (own === null) throw new Error(`The agent's own process ${deps.pid} is not in the process table.`);
  const text = `${JSON.stringify(own)}\n`;
  const temporary = `${path}.${deps.pid}`;
  await writePrivateFile(temporary, text);
  try {
    if (!(await linkNew(temporary, path))) {
      await refuseIfRunning(deps, path);
      await rename(temporary, path);
      await deps.clock.sleep(SETTLE_MS);
    }
  } finally {
    await rm(temporary, { force: true });
  }
  const lock: Lock = {
    isHeld: async () => (await readText(path, BYTES_MAX).catch(() => null)) === text,
    async release() {
      if (await lock.isHeld()) await rm(path, { force: true });
    },
  };
  if (!(await lock.isHeld())) throw new LockedError("Another agent started at the same moment and took the lock.");
  return lock;
}

async function linkNew(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (errorCode(error) === "EEXIST") return false;
    throw error;
  }
}

async function refuseIfRunning(deps: LockDeps, path: string): Promise<void> {
  const holder = parseIdentity(await readText(path, BYTES_MAX).catch(() => null));
  if (holder === null) return;
  const running = await deps.processIdentity(holder.pid);
  if (running === null || running.start_time !== holder.start_time || running.boot_id !== holder.boot_id) return;
  throw new LockedError(
    `Another agent (process ${holder.pid}) uses the state directory ${deps.stateDir}; stop it or give --state-dir another one.`,
  );
}

function parseIdentity(text: string | null): ProcessIdentity | null {
  try {
    const value: unknown = JSON.parse(text ?? "");
    if (typeof value !== "object" || value === null) return null;
    const { pid, start_time, boot_id } = value as Partial<Record<keyof ProcessIdentity, unknown>>;
    if (!Number.isInteger(pid) || typeof start_time !== "string" || typeof boot_id !== "string") return null;
    return { pid: pid as number, start_time, boot_id };
  } catch {
    // A torn lock file belongs to nobody: it was written by a process that is gone.
    return null;
  }
}
