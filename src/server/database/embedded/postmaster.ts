import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { open, readdir, readFile, readlink, realpath, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { DatabaseError } from "../database-error.ts";
import type { Account, Binaries } from "./binaries.ts";
import { childEnvironment, reachable } from "./cluster.ts";

const LOG_FILE = "muster-postgresql.log";
const LOG_BYTES_MAX = 10 * 1024 * 1024;
/** Recovery after a crash replays what was written since the last checkpoint: up to minutes on a slow disk. */
const START_TIMEOUT_MS = 300_000;
const STOP_TIMEOUT_MS = 60_000;
const POLL_MS = 20;
const SURVIVOR_ATTEMPTS = 20;
const SURVIVOR_PAUSE_MS = 500;

/** What a running PostgreSQL wrote about itself into `postmaster.pid`. */
export interface PostmasterFile {
  pid: number;
  startedAt: Date;
  socketDirectory: string;
  status: string;
}

/** Reads `postmaster.pid`; null when there is none (no server, or one that stopped cleanly). */
export async function readPostmasterFile(directory: string): Promise<PostmasterFile | null> {
  const text = await readFile(join(directory, "postmaster.pid"), "utf8").catch(() => null);
  const lines = text?.split("\n");
  const pid = Number(lines?.[0]);
  if (lines === undefined || !Number.isSafeInteger(pid) || pid <= 1) return null;
  const startedAt = new Date(Number(lines[2] ?? 0) * 1000);
  return { pid, startedAt, socketDirectory: lines[4] ?? "", status: (lines[7] ?? "").trim() };
}

/** Is this process a PostgreSQL server of this directory? After a power loss the number may belong to any program. */
export async function isPostmasterOf(pid: number, directory: string): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
  }
  if (process.platform !== "linux") return true; // no way to know without another program: let PostgreSQL judge
  const [cwd, state, own] = await Promise.all([
    readlink(`/proc/${pid}/cwd`).catch(() => ""),
    readFile(`/proc/${pid}/stat`, "utf8").catch(() => ""),
    realpath(directory),
  ]);
  // "Z": it has ended and nobody has asked how
  const isPostgres = /^\d+ \(postgres\) [^Z]/.test(state);
  return isPostgres && (cwd === "" || cwd === own);
}

/**
 * Makes what a killed PostgreSQL left harmless, should its number now belong to another program. `postmaster.pid` stays, because
 * PostgreSQL also reads from it which shared memory to check for survivors; only the number is replaced by ours, which PostgreSQL
 * ignores as its parent's. The socket's lock holds nothing but the number, so it goes.
 */
export async function disarmLeftovers(directory: string): Promise<void> {
  const path = join(directory, "postmaster.pid");
  const lines = (await readFile(path, "utf8")).split("\n");
  await writeFile(path, [String(process.pid), ...lines.slice(1)].join("\n"));
  const names = (await readdir(directory)).filter((name) => /^\.s\.PGSQL\.\d+\.lock$/.test(name));
  await Promise.all(names.map((name) => rm(join(directory, name))));
}

/** Like {@link startOnce}, but waits for the children of a killed PostgreSQL, which end on their own within moments. */
export async function startPostmaster(
  directory: string,
  binaries: Binaries,
  settings: Record<string, string>,
): Promise<ChildProcess> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await startOnce(directory, binaries, settings);
    } catch (error) {
      const survivors = error instanceof Error && error.message.includes("pre-existing shared memory block");
      if (!survivors || attempt >= SURVIVOR_ATTEMPTS) throw error;
      await delay(SURVIVOR_PAUSE_MS);
    }
  }
}

/**
 * Starts PostgreSQL in a process group of its own (Ctrl-C in a terminal reaches Muster only, which stops it last) and waits
 * until it accepts connections.
 *
 * @param settings PostgreSQL settings by name
 * @throws {DatabaseError} with PostgreSQL's own words when it does not start
 */
async function startOnce(directory: string, binaries: Binaries, settings: Record<string, string>): Promise<ChildProcess> {
  const log = await openLog(directory, binaries.account);
  const logStart = (await log.stat()).size;
  const options = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const child = spawn(join(binaries.directory, "postgres"), ["-D", reachable(directory), ...options], {
    cwd: directory,
    env: childEnvironment(),
    detached: true,
    stdio: ["ignore", log.fd, log.fd],
    ...binaries.account,
  });
  const { promise: ended, resolve } = Promise.withResolvers<string>();
  child.once("error", (error) => resolve(error.message));
  child.once("exit", (code, signal) => resolve(`it ended with ${signal ?? `code ${code}`}`));
  const failure = await Promise.race([ended, becomesReady(directory, child)]);
  await log.close();
  if (failure === null) return child;
  child.kill("SIGQUIT");
  const words = (await logTail(directory, logStart)) ?? failure;
  throw new DatabaseError(`PostgreSQL does not start in ${directory} (its words: ${words}); see ${LOG_FILE} in that directory.`);
}

async function becomesReady(directory: string, child: ChildProcess): Promise<string | null> {
  for (let waited = 0; waited < START_TIMEOUT_MS; waited += POLL_MS) {
    await delay(POLL_MS);
    if (child.exitCode !== null || child.signalCode !== null) return "it ended";
    const file = await readPostmasterFile(directory);
    if (file?.pid === child.pid && file?.status === "ready") return null;
  }
  return `it was not ready after ${START_TIMEOUT_MS / 1000} s`;
}

/** Ends a PostgreSQL: first as "fast shutdown" (connections are cut, everything is written), after a minute by force. */
export async function stopPostmaster(pid: number, directory: string): Promise<void> {
  send(pid, "SIGINT");
  for (let waited = 0; waited < STOP_TIMEOUT_MS; waited += POLL_MS) {
    if (!(await isPostmasterOf(pid, directory))) return;
    await delay(POLL_MS);
  }
  send(pid, "SIGQUIT");
  await delay(1000);
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

async function openLog(directory: string, account: Account) {
  const path = join(directory, LOG_FILE);
  const size = (await stat(path).catch(() => null))?.size ?? 0;
  if (size > LOG_BYTES_MAX) await rename(path, `${path}.1`);
  const file = await open(path, "a+", 0o600);
  if (account !== null) await file.chown(account.uid, account.gid);
  return file;
}

/** The last line of importance that PostgreSQL wrote since it was started. */
async function logTail(directory: string, start: number): Promise<string | null> {
  const content = await readFile(join(directory, LOG_FILE)).catch(() => null);
  const lines = content?.subarray(start).toString().split("\n") ?? [];
  const important = lines.filter((line) => /FATAL:|PANIC:|could not|invalid/.test(line));
  return (
    important
      .at(-1)
      ?.replace(/^.*?(FATAL|PANIC|LOG|DETAIL):\s*/, "")
      .trim() ?? null
  );
}
