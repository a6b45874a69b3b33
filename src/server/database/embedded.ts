import type { ChildProcess } from "node:child_process";
import { chown, mkdtemp, rm } from "node:fs/promises";
import { freemem, tmpdir, totalmem } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Client } from "pg";
import type { Log } from "#server/observe/log.ts";
import { DatabaseError } from "./database-error.ts";
import { findBinaries } from "./embedded/binaries.ts";
import type { Binaries } from "./embedded/binaries.ts";
import { DATABASE_USER, prepareCluster } from "./embedded/cluster.ts";
import { disarmLeftovers, isPostmasterOf, readPostmasterFile, startPostmaster, stopPostmaster } from "./embedded/postmaster.ts";

export interface EmbeddedOptions {
  /** The database directory; made when missing. */
  directory: string;
  log: Log;
  /** Directory with another PostgreSQL's programs instead of the package's. */
  binaries?: string;
  /** PostgreSQL settings that outrank Muster's. */
  settings?: Record<string, string>;
}

export interface EmbeddedPostgres {
  /** Address of the database `muster`. */
  url: string;
  /** Stops PostgreSQL cleanly; connections that are still open are cut. */
  stop(): Promise<void>;
}

export const DATABASE_NAME = "muster";
/** Only names the socket's file: PostgreSQL listens on no network port. */
const SOCKET_PORT = 5432;
/** The longest socket path that every system takes, less the file's name. */
const SOCKET_DIRECTORY_MAX = 80;
/** Held by the Muster process that uses the database; its end, however sudden, frees it. */
const OWNER_LOCK = 7_105_876;
/** A server that just started is not an orphan yet: its Muster is about to take the lock. */
const OWNER_DELAY_MS = 10_000;
const ORPHAN_WAIT_MS = 120_000;
const RESTART_DELAY_MS = 1000;

interface Place {
  directory: string;
  binaries: Binaries;
  password: string;
}

/**
 * Starts the PostgreSQL that comes with Muster, in its own directory, reachable for this account only (a Unix socket with a
 * generated password).
 *
 * Whatever ended the last run (kill, crash, power loss) is put right: a half-made directory, a stale pid file, a server that
 * outlived its Muster (stopped cleanly first). Should PostgreSQL die while Muster runs, it is started again.
 *
 * @throws {DatabaseError} when it cannot run, or another Muster uses this directory
 */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  if (process.platform === "win32") {
    throw new DatabaseError("The embedded PostgreSQL does not run on Windows; set DATABASE_URL to a PostgreSQL of your own.");
  }
  const directory = resolve(options.directory);
  const binaries = await findBinaries(directory, options.binaries);
  const place = { directory, binaries, password: await prepareCluster(directory, binaries) };
  await endPredecessor(place, options.log);
  const socketDirectory = await makeSocketDirectory(place);
  const settings = { ...serverSettings(socketDirectory === directory ? "." : socketDirectory), ...options.settings };
  const server = await superviseServer(place, settings, options.log);
  try {
    const lock = await takeOwnership(addressOf(place, socketDirectory, "postgres"), directory);
    await createDatabase(addressOf(place, socketDirectory, "postgres"));
    return {
      url: addressOf(place, socketDirectory, DATABASE_NAME),
      async stop() {
        await lock.release();
        await server.stop();
        if (socketDirectory !== directory) await rm(socketDirectory, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** Settings for a machine that has other things to do; whoever wants to tune has `DATABASE_URL`. */
function serverSettings(socketDirectory: string): Record<string, string> {
  const megabytes = totalmem() / 1024 / 1024;
  const buffers = Math.round(Math.min(1024, Math.max(64, megabytes / 8)));
  return {
    listen_addresses: "",
    port: String(SOCKET_PORT),
    unix_socket_directories: socketDirectory,
    unix_socket_permissions: "0700",
    shared_buffers: `${buffers}MB`,
    effective_cache_size: `${Math.round(Math.max(256, megabytes / 3))}MB`,
    work_mem: "16MB",
    maintenance_work_mem: freemem() > 2 ** 31 ? "256MB" : "64MB",
    max_connections: "100",
    random_page_cost: "1.1",
    jit: "off",
    max_wal_size: "2GB",
    checkpoint_timeout: "15min",
    log_min_messages: "warning",
    log_timezone: "UTC",
  };
}

/** The socket lives in the database directory unless that path is longer than a socket's may be. */
async function makeSocketDirectory(place: Place): Promise<string> {
  if (Buffer.byteLength(place.directory) <= SOCKET_DIRECTORY_MAX) return place.directory;
  const directory = await mkdtemp(join(tmpdir(), "muster-postgresql-"));
  if (place.binaries.account !== null) await chown(directory, place.binaries.account.uid, place.binaries.account.gid);
  return directory;
}

function addressOf(place: Place, socketDirectory: string, database: string): string {
  const host = encodeURIComponent(socketDirectory);
  return `postgres://${DATABASE_USER}:${place.password}@/${database}?host=${host}&port=${SOCKET_PORT}`;
}

/** Deals with whatever the last run left behind, so that a server of our own can start. */
async function endPredecessor(place: Place, log: Log): Promise<void> {
  for (let waited = 0; waited < ORPHAN_WAIT_MS; waited += 200) {
    const file = await readPostmasterFile(place.directory);
    if (file === null) return;
    if (!(await isPostmasterOf(file.pid, place.directory))) return await disarmLeftovers(place.directory);
    const owned = await isOwned(place, file.socketDirectory);
    if (owned === true) throw inUse(place.directory);
    const age = Date.now() - file.startedAt.getTime();
    if (owned === false && age > OWNER_DELAY_MS) {
      log.warn({ pid: file.pid }, "stopping a database that outlived its Muster");
      return await stopPostmaster(file.pid, place.directory);
    }
    // starting up, shutting down, or just started by a Muster that has not taken it yet: a moment later it can say
    await delay(200);
  }
  throw new DatabaseError(`Another PostgreSQL runs in ${place.directory} and does not answer; stop it first.`);
}

/** Does a living Muster use the running server? null: the server does not answer (yet). */
async function isOwned(place: Place, socketDirectory: string): Promise<boolean | null> {
  const host = isAbsolute(socketDirectory) ? socketDirectory : place.directory;
  const client = new Client({ connectionString: addressOf(place, host, "postgres"), connectionTimeoutMillis: 5000 });
  client.on("error", () => undefined); // it may be shutting down; the query's own failure says the same
  try {
    await client.connect();
    const { rows } = await client.query<{ free: boolean }>("SELECT pg_try_advisory_lock($1) AS free", [OWNER_LOCK]);
    return rows[0]?.free !== true;
  } catch {
    return null;
  } finally {
    await client.end().catch(() => undefined);
  }
}

function inUse(directory: string): DatabaseError {
  return new DatabaseError(`Another Muster uses the database in ${directory}; stop it, or choose another MUSTER_DATA_DIR.`);
}

async function createDatabase(maintenanceUrl: string): Promise<void> {
  const client = new Client({ connectionString: maintenanceUrl });
  await client.connect();
  try {
    const { rowCount } = await client.query("SELECT 1 FROM pg_database WHERE datname = $1", [DATABASE_NAME]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE_NAME}`);
  } finally {
    await client.end();
  }
}

/** Takes the lock that tells a used database from an orphaned one, and takes it again whenever the connection is lost. */
async function takeOwnership(maintenanceUrl: string, directory: string): Promise<{ release(): Promise<void> }> {
  let released = false;
  let client = await lockingClient();
  async function lockingClient(): Promise<Client> {
    const fresh = new Client({ connectionString: maintenanceUrl, keepAlive: true, application_name: "muster-owner" });
    fresh.on("error", () => undefined); // `end` follows
    await fresh.connect();
    const { rows } = await fresh.query<{ free: boolean }>("SELECT pg_try_advisory_lock($1) AS free", [OWNER_LOCK]);
    if (rows[0]?.free !== true) {
      await fresh.end();
      throw inUse(directory);
    }
    fresh.once("end", () => void relock());
    return fresh;
  }
  async function relock(): Promise<void> {
    while (!released) {
      const next = await lockingClient().catch(() => null);
      if (next !== null) {
        client = next;
        return;
      }
      await delay(RESTART_DELAY_MS, undefined, { ref: false });
    }
  }
  return {
    async release() {
      released = true;
      await client.end().catch(() => undefined);
    },
  };
}

/** Runs PostgreSQL until stopped: a server that dies on its own (out of memory, killed) is started again. */
async function superviseServer(place: Place, settings: Record<string, string>, log: Log): Promise<{ stop(): Promise<void> }> {
  let stopping = false;
  let child = await start();
  // the last resort when Muster itself dies of an error: the database must not outlive it
  const onExit = (): void => void child.kill("SIGINT");
  process.once("exit", onExit);
  async function start(): Promise<ChildProcess> {
    const started = await startPostmaster(place.directory, place.binaries, settings);
    started.once("exit", (code, signal) => {
      if (!stopping) void restart(signal ?? `code ${code}`);
    });
    return started;
  }
  async function restart(reason: string): Promise<void> {
    log.error({ reason }, "the database ended on its own; starting it again");
    while (!stopping) {
      const next = await start().catch((error: unknown) => log.error({ err: error }, "the database does not start"));
      if (next !== undefined) {
        child = next;
        if (stopping && next.pid !== undefined) await stopPostmaster(next.pid, place.directory);
        return;
      }
      await delay(RESTART_DELAY_MS);
    }
  }
  return {
    async stop() {
      stopping = true;
      process.off("exit", onExit);
      if (child.pid !== undefined) await stopPostmaster(child.pid, place.directory);
    },
  };
}
