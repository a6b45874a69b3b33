import { fork } from "node:child_process";
import { chmod, mkdir, readdir, readFile, rename, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Client } from "pg";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createLog } from "#server/observe/log.ts";
import { PATIENT } from "#test/support/patience.ts";
import { scratchDirectory } from "#test/support/scratch.ts";
import type { Scratch } from "#test/support/scratch.ts";
import { startEmbeddedPostgres } from "./embedded.ts";
import type { EmbeddedPostgres } from "./embedded.ts";

const HOLDER = fileURLToPath(new URL("../../../test/support/hold-postgres.ts", import.meta.url));
const log = createLog("silent");
let scratch: Scratch;
let parent: string;
let directory: string;
let running: EmbeddedPostgres[];

beforeEach(async () => {
  scratch = await scratchDirectory("muster-with space-");
  parent = scratch.directory;
  // like a home directory: as root, PostgreSQL's own account cannot pass it
  await chmod(parent, 0o700);
  directory = join(parent, "data", "postgresql");
  running = [];
});
afterEach(async () => {
  await Promise.all(running.map((server) => server.stop()));
  await scratch.remove();
});

async function start(settings: Record<string, string> = {}): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ directory, log, settings: { shared_buffers: "16MB", ...settings } });
  running.push(server);
  return server;
}

async function stop(server: EmbeddedPostgres): Promise<void> {
  running = running.filter((other) => other !== server);
  await server.stop();
}

async function ask(url: string, sql: string): Promise<unknown> {
  const client = new Client({ connectionString: url });
  client.on("error", () => undefined);
  await client.connect();
  try {
    const { rows } = await client.query<{ answer: unknown }>(sql);
    return rows[0]?.answer;
  } finally {
    await client.end();
  }
}

/** Another process with the database, to be killed without warning. */
async function holdInAnotherProcess(): Promise<{ url: string; kill(): Promise<void> }> {
  const child = fork(HOLDER, [directory], { stdio: ["ignore", "ignore", "inherit", "ipc"] });
  const url = await new Promise<string>((resolve, reject) => {
    child.once("message", (message) => resolve(message as string));
    child.once("exit", () => reject(new Error("the holder ended before it was ready")));
  });
  return {
    url,
    kill: async () => {
      const gone = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGKILL");
      await gone;
    },
  };
}

async function postmasterPid(): Promise<number> {
  return Number((await readFile(join(directory, "postmaster.pid"), "utf8")).split("\n")[0]);
}

/** Does it run? A process that ended and that nobody has waited for ("Z") does not. */
async function isAlive(pid: number): Promise<boolean> {
  const state = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => ") Z");
  return !state.includes(") Z");
}

describe("startEmbeddedPostgres", () => {
  test("makes a database, keeps it over a restart, leaves no process, pid file or staging directory", async () => {
    const first = await start();
    await ask(first.url, "CREATE TABLE kept AS SELECT 42 AS n");
    const pid = await postmasterPid();
    await stop(first);
    expect(await isAlive(pid)).toBe(false);
    expect(await readdir(join(parent, "data"))).toEqual(["postgresql"]);
    expect(await readdir(directory)).not.toContain("postmaster.pid");
    const second = await start();
    expect(await ask(second.url, "SELECT n AS answer FROM kept")).toBe(42);
    expect(await ask(second.url, "SELECT lower('ÄÖ') AS answer")).toBe("äö");
  });

  test("is reachable with the password only, by no network port, and readable by its account only", async () => {
    const server = await start();
    await expect(ask(server.url.replace(/:[^:@/]+@/, ":wrong@"), "SELECT 1")).rejects.toThrow("password authentication failed");
    expect(await ask(server.url, "SELECT current_setting('listen_addresses') AS answer")).toBe("");
    expect((await stat(directory)).mode & 0o777).toBe(0o700);
    expect((await stat(join(directory, "muster.password"))).mode & 0o777).toBe(0o600);
  });

  test("refuses a directory that a living Muster uses", async () => {
    await start();
    await expect(startEmbeddedPostgres({ directory, log })).rejects.toThrow(`Another Muster uses the database in ${directory}`);
  });

  test("after kill -9 of its Muster: ends the orphaned server and starts, nothing lost", async () => {
    const holder = await holdInAnotherProcess();
    await ask(holder.url, "CREATE TABLE kept AS SELECT 7 AS n");
    const orphan = await postmasterPid();
    await holder.kill();
    expect(await isAlive(orphan)).toBe(true);
    const server = await start();
    expect(await isAlive(orphan)).toBe(false);
    expect(await ask(server.url, "SELECT n AS answer FROM kept")).toBe(7);
  });

  test("after kill -9 of both, and with the pid given to another program: starts", async () => {
    const holder = await holdInAnotherProcess();
    await ask(holder.url, "CREATE TABLE kept AS SELECT 8 AS n");
    const pid = await postmasterPid();
    await holder.kill();
    process.kill(pid, "SIGKILL");
    await vi.waitUntil(async () => !(await isAlive(pid)), PATIENT);
    const path = join(directory, "postmaster.pid");
    const lines = (await readFile(path, "utf8")).split("\n");
    // this test's own process stands for the program that got the number
    await writeFile(path, [String(process.pid), ...lines.slice(1)].join("\n"));
    const server = await start();
    expect(await ask(server.url, "SELECT n AS answer FROM kept")).toBe(8);
  });

  test("when PostgreSQL itself is killed, it is started again", async () => {
    const server = await start();
    process.kill(await postmasterPid(), "SIGKILL");
    await vi.waitFor(async () => expect(await ask(server.url, "SELECT 1 AS answer")).toBe(1), { ...PATIENT, interval: 200 });
  });

  test("a half-made directory of an interrupted start does not matter; an old one is removed", async () => {
    const abandoned = `${directory}.new-abandoned`;
    const recent = `${directory}.new-recent`;
    await mkdir(join(abandoned, "cluster"), { recursive: true });
    await mkdir(recent, { recursive: true });
    await writeFile(join(abandoned, "cluster", "PG_VERSION"), "18\n");
    await utimes(abandoned, new Date(0), new Date(0));
    const server = await start();
    expect(await ask(server.url, "SELECT 1 AS answer")).toBe(1);
    expect((await readdir(join(parent, "data"))).toSorted()).toEqual(["postgresql", "postgresql.new-recent"]);
  });

  test("two starts at once on an empty directory: one runs, the other says why not", async () => {
    const results = await Promise.allSettled([start(), start()]);
    const failures = results.filter((result) => result.status === "rejected").map((result) => String(result.reason));
    expect(results.filter((result) => result.status === "fulfilled")).toHaveLength(1);
    expect(failures).toHaveLength(1);
    expect(failures[0]).toMatch(/Another Muster uses|does not start|does not answer/);
  });

  test("a damaged database is refused in one sentence and left as it is", async () => {
    await stop(await start());
    await rename(join(directory, "global", "pg_control"), join(parent, "pg_control"));
    await expect(startEmbeddedPostgres({ directory, log })).rejects.toThrow(/^PostgreSQL does not start in .*pg_control.*$/);
    await rename(join(parent, "pg_control"), join(directory, "global", "pg_control"));
    await rename(join(directory, "PG_VERSION"), join(parent, "PG_VERSION"));
    await expect(startEmbeddedPostgres({ directory, log })).rejects.toThrow("is not a complete database");
    await rename(join(parent, "PG_VERSION"), join(directory, "PG_VERSION"));
    expect(await ask((await start()).url, "SELECT 1 AS answer")).toBe(1);
  });

  test("a database of another PostgreSQL version is refused by name", async () => {
    await stop(await start());
    await writeFile(join(directory, "PG_VERSION"), "12\n");
    await expect(startEmbeddedPostgres({ directory, log })).rejects.toThrow("was made by PostgreSQL 12, this Muster brings 18");
  });

  test("a very long path works too", async () => {
    directory = join(parent, "a".repeat(60), "b".repeat(60), "postgresql");
    await mkdir(join(directory, ".."), { recursive: true });
    const server = await start();
    expect(await ask(server.url, "SELECT 1 AS answer")).toBe(1);
  });
});
