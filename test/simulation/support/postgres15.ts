import { execFile, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { chown, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { Client } from "pg";
import { freePort } from "#test/support/free-port.ts";
import { SYSTEM15_BINARIES } from "#test/support/postgres-setup.ts";
import { scratchDirectory } from "#test/support/scratch.ts";
import { until } from "./until.ts";

export const HAS_POSTGRES15 = existsSync(join(SYSTEM15_BINARIES, "pg_basebackup"));
export const POSTGRES15_MISSING = "needs the Debian package postgresql-15";

/** PostgreSQL refuses to run as root: then it runs as nobody. */
const ACCOUNT = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
const run = promisify(execFile);

/** One cluster of Debian's PostgreSQL 15, listening on loopback only. */
export interface Cluster {
  url: string;
  port: number;
  /** The postmaster; a new one after a restart. */
  pid(): number;
  start(): Promise<void>;
  /** `immediate`: as after a power loss. */
  stop(mode?: "fast" | "immediate"): Promise<void>;
  query<R>(text: string): Promise<R[]>;
}

export interface ReplicaCluster extends Cluster {
  /** Stops applying what the primary sends; it still answers, with what it knew. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Applies what is at least this old only. Takes effect on what comes from now on. */
  delay(milliseconds: number): Promise<void>;
  /** Waits until it has applied all that the primary has written by now. */
  caughtUp(): Promise<void>;
}

export interface Replication {
  primary: Cluster;
  replica: ReplicaCluster;
  close(): Promise<void>;
}

/** A primary and a streaming replica of it, both real. */
export async function startReplication(): Promise<Replication> {
  const scratch = await scratchDirectory("muster-pg15-");
  const primaryFolder = await makeFolder(join(scratch.directory, "primary"));
  await command("initdb", ["-D", primaryFolder, "-U", "muster", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "-N"]);
  const primary = await cluster(primaryFolder);
  await primary.start();
  await query(primary.url.replace(/\/muster$/, "/postgres"), "CREATE DATABASE muster");
  const replicaFolder = await makeFolder(join(scratch.directory, "replica"));
  const from = ["-h", "127.0.0.1", "-p", String(primary.port), "-U", "muster"];
  await command("pg_basebackup", [...from, "-D", replicaFolder, "-R", "-X", "stream", "-c", "fast"]);
  const replica = replicaOf(primary, await cluster(replicaFolder), replicaFolder);
  await replica.start();
  return {
    primary,
    replica,
    async close() {
      await replica.stop("immediate");
      await primary.stop("immediate");
      await scratch.remove();
    },
  };
}

/** A cluster of its own, without a replica. `settings` as initdb takes them. */
export async function startCluster(initdb: string[] = []): Promise<Cluster & { close(): Promise<void> }> {
  const scratch = await scratchDirectory("muster-pg15-");
  const data = await makeFolder(join(scratch.directory, "data"));
  await command("initdb", ["-D", data, "-U", "muster", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "-N", ...initdb]);
  const own = await cluster(data);
  await own.start();
  await query(own.url.replace(/\/muster$/, "/postgres"), "CREATE DATABASE muster");
  return {
    ...own,
    async close() {
      await own.stop("immediate");
      await scratch.remove();
    },
  };
}

async function makeFolder(path: string): Promise<string> {
  await mkdir(path, { mode: 0o700 });
  if (ACCOUNT.uid !== undefined) await chown(path, ACCOUNT.uid, ACCOUNT.gid);
  return path;
}

async function command(program: string, words: string[]): Promise<void> {
  await run(join(SYSTEM15_BINARIES, program), words, { ...ACCOUNT, cwd: "/", env: { LC_ALL: "C", TZ: "UTC" } });
}

async function cluster(folder: string): Promise<Cluster> {
  const port = await freePort();
  const url = `postgres://muster@127.0.0.1:${port}/muster`;
  let child: ChildProcess | null = null;
  const settings = { listen_addresses: "127.0.0.1", port, unix_socket_directories: "", fsync: "off", max_connections: 60 };
  return {
    url,
    port,
    pid: () => child?.pid ?? 0,
    async start() {
      const words = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
      const options = { ...ACCOUNT, cwd: "/", env: { LC_ALL: "C", TZ: "UTC" }, stdio: "ignore" as const };
      child = spawn(join(SYSTEM15_BINARIES, "postgres"), ["-D", folder, ...words], options);
      await until("PostgreSQL 15 accepts connections", () => isReady(folder, child?.pid));
    },
    async stop(mode = "fast") {
      const running = child;
      child = null;
      if (running === null || running.exitCode !== null) return;
      const ended = new Promise((resolve) => running.once("exit", resolve));
      running.kill("SIGCONT");
      running.kill(mode === "fast" ? "SIGINT" : "SIGQUIT");
      await ended;
    },
    query: (text) => query(url, text),
  };
}

async function isReady(folder: string, pid: number | undefined): Promise<boolean> {
  const lines = (await readFile(join(folder, "postmaster.pid"), "utf8").catch(() => "")).split("\n");
  return Number(lines[0]) === pid && lines[7]?.trim() === "ready";
}

function replicaOf(primary: Cluster, own: Cluster, folder: string): ReplicaCluster {
  return {
    ...own,
    pause: async () => {
      await own.query("SELECT pg_wal_replay_pause()");
      const state = async () => (await own.query<{ s: string }>("SELECT pg_get_wal_replay_pause_state() AS s"))[0]?.s;
      await until("the replica pauses", async () => (await state()) === "paused");
    },
    resume: async () => void (await own.query("SELECT pg_wal_replay_resume()")),
    delay: async (milliseconds) => {
      const conf = join(folder, "postgresql.auto.conf");
      const before = (await readFile(conf, "utf8")).replaceAll(/^recovery_min_apply_delay.*\n/gm, "");
      await writeFile(conf, `${before}recovery_min_apply_delay = '${milliseconds}ms'\n`);
      await own.query("SELECT pg_reload_conf()");
    },
    caughtUp: async () => {
      const [at] = await primary.query<{ lsn: string }>("SELECT pg_current_wal_lsn() AS lsn");
      const reached = `SELECT pg_last_wal_replay_lsn() >= '${at?.lsn}'::pg_lsn AS yes`;
      await until("the replica has caught up", async () => (await own.query<{ yes: boolean }>(reached))[0]?.yes === true);
    },
  };
}

async function query<R>(url: string, text: string): Promise<R[]> {
  const client = new Client({ connectionString: url, application_name: "test" });
  client.on("error", () => undefined);
  await client.connect();
  try {
    return (await client.query(text)).rows as R[];
  } finally {
    await client.end();
  }
}
