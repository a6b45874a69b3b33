import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { chmod, mkdir, readdir, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import type { AddressInfo, Server } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { emptyDatabase } from "#test/support/postgres.ts";
import { scratchDirectory } from "#test/support/scratch.ts";
import type { Scratch } from "#test/support/scratch.ts";

/** `muster serve` as a process of its own: what it says when it cannot start, and how it starts and stops. */
const PROGRAM = fileURLToPath(new URL("../../bin/muster.ts", import.meta.url));

let scratch: Scratch;
let folder: string;
let database: Awaited<ReturnType<typeof emptyDatabase>>;

beforeAll(async () => {
  scratch = await scratchDirectory("muster-serve-");
  folder = scratch.directory;
  database = await emptyDatabase();
});
afterAll(async () => {
  await database.drop();
  await scratch.remove();
});

interface Running {
  child: ChildProcess;
  output(): string;
  exited: Promise<number | null>;
  /** Waits for words in the output. */
  says(words: string): Promise<void>;
}

function serve(env: Record<string, string>): Running {
  const child = spawn(process.execPath, [PROGRAM, "serve"], {
    env: {
      PATH: process.env["PATH"] ?? "",
      // as `npm start` sets it: a third of the start's time
      ...(process.env["NODE_COMPILE_CACHE"] === undefined ? {} : { NODE_COMPILE_CACHE: process.env["NODE_COMPILE_CACHE"] }),
      MUSTER_PORT: "0",
      MUSTER_FEEDS: "off",
      MUSTER_LOCAL_DEVICE: "off",
      MUSTER_DATA_DIR: join(folder, "data"),
      ...env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  scratch.watch(child.pid);
  let output = "";
  const listeners = new Set<() => void>();
  const take = (text: string): void => {
    output += text;
    for (const listener of listeners) listener();
  };
  child.stdout.setEncoding("utf8").on("data", take);
  child.stderr.setEncoding("utf8").on("data", take);
  const exited = new Promise<number | null>((resolve) => child.once("close", (code) => resolve(code)));
  return {
    child,
    output: () => output,
    exited,
    says: async (words) => {
      await new Promise<void>((resolve, reject) => {
        const look = (): void => {
          if (output.includes(words)) resolve();
        };
        listeners.add(look);
        void exited.then(() => reject(new Error(`ended without saying "${words}":\n${output}`)));
        look();
      });
    },
  };
}

function addressIn(output: string): string {
  return /http:\/\/127\.0\.0\.1:\d+/.exec(output)?.[0] ?? "no address";
}

async function takePort(): Promise<{ server: Server; port: number }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, port: (server.address() as AddressInfo).port };
}

describe("muster serve says in one sentence what is wrong", () => {
  async function refusal(env: Record<string, string>): Promise<string> {
    const running = serve(env);
    expect(await running.exited).toBe(1);
    expect(running.output().trim().split("\n")).toHaveLength(1);
    return running.output();
  }

  test("a variable with a wrong value", async () => {
    expect(await refusal({ MUSTER_PORT: "eighty" })).toBe(
      'muster: MUSTER_PORT must be a port number from 0 to 65535 (0 picks a free one); "eighty" is not.\n',
    );
  });

  test("a port that is taken", async () => {
    const { server, port } = await takePort();
    const sentence = await refusal({ MUSTER_PORT: String(port), DATABASE_URL: database.url });
    server.close();
    expect(sentence).toBe(
      `muster: Port ${port} on 127.0.0.1 is taken; stop the program that uses it, or choose another one with MUSTER_PORT.\n`,
    );
  });

  test("an address that is not this machine's", async () => {
    expect(await refusal({ MUSTER_HOST: "192.0.2.1", DATABASE_URL: database.url })).toContain(
      "set MUSTER_HOST to an address of this machine",
    );
  });

  test("a database that cannot be reached", async () => {
    const { server, port } = await takePort();
    server.close();
    const sentence = await refusal({ DATABASE_URL: `postgres://muster:hunter2@127.0.0.1:${port}/muster` });
    expect(sentence).toMatch(
      /^muster: The database cannot be reached \(.*ECONNREFUSED.*\); check DATABASE_URL and that it runs\.\n$/,
    );
    expect(sentence).not.toContain("hunter2");
  });

  test("a database whose password is wrong", async () => {
    const wrong = database.url.replace(/:[^:@/]+@/, ":hunter2@");
    expect(await refusal({ DATABASE_URL: wrong })).toContain("password authentication failed");
  });

  test("a replica that cannot be read", async () => {
    const other = await emptyDatabase();
    const sentence = await refusal({ DATABASE_URL: database.url, DATABASE_REPLICA_URL: other.url, MUSTER_LOG_LEVEL: "warn" });
    await other.drop();
    expect(sentence).toContain("The replica cannot be read");
    expect(sentence).toContain("check DATABASE_REPLICA_URL, or unset it");
  });

  test("a data directory that is a file", async () => {
    await writeFile(join(folder, "file"), "");
    expect(await refusal({ MUSTER_DATA_DIR: join(folder, "file") })).toContain("is not writable; make it writable");
  });

  test("a data directory that is not writable", async () => {
    const locked = join(folder, "locked");
    await mkdir(locked, { mode: 0o500 });
    // root may write everywhere but into the kernel's own directories
    const dataDir = process.getuid?.() === 0 ? "/proc/muster" : locked;
    expect(await refusal({ MUSTER_DATA_DIR: dataDir })).toContain("is not writable; make it writable");
    await chmod(locked, 0o700);
  });

  test("certificate files that are none", async () => {
    await writeFile(join(folder, "no.pem"), "no certificate");
    const tls = { MUSTER_TLS_CERT: join(folder, "no.pem"), MUSTER_TLS_KEY: join(folder, "no.pem") };
    expect(await refusal({ ...tls, DATABASE_URL: database.url })).toContain(
      "MUSTER_TLS_CERT and MUSTER_TLS_KEY must be PEM files",
    );
  });
});

describe("muster serve", () => {
  test("starts on its own database, prints how to go on, and stops at Ctrl-C without a trace", async () => {
    const dataDir = join(folder, "own");
    const first = serve({ MUSTER_DATA_DIR: dataDir });
    await first.says("Add a device:");
    const address = addressIn(first.output());
    expect(first.output()).toContain(`Finish set-up:  ${address}/setup?code=`);
    expect(first.output()).toMatch(/npx muster agent --server \S+ --enroll-secret \S{16,}/);
    expect(await (await fetch(`${address}/readyz`)).json()).toEqual({ status: "ok" });
    // npm and the terminal both deliver one Ctrl-C
    first.child.kill("SIGINT");
    first.child.kill("SIGINT");
    expect(await first.exited).toBe(0);
    expect(first.output()).toContain("Stopped.");
    expect(first.output()).not.toMatch(/"level":"(warn|error)"/);
    expect(await readdir(join(dataDir, "postgresql"))).not.toContain("postmaster.pid");
  });

  test("each role by itself: web serves and runs no jobs, worker runs jobs and answers health checks only", async () => {
    const shared = { DATABASE_URL: database.url };
    const web = serve({ ...shared, MUSTER_ROLES: "web" });
    const worker = serve({ ...shared, MUSTER_ROLES: "worker" });
    await Promise.all([web.says("Add a device:"), worker.says("runs background jobs")]);
    const webAddress = addressIn(web.output());
    const workerAddress = addressIn(worker.output());
    expect((await fetch(`${webAddress}/api/v1/fleet/me`)).status).toBe(401);
    expect((await fetch(`${workerAddress}/api/v1/fleet/me`)).status).toBe(404);
    expect((await fetch(`${workerAddress}/readyz`)).status).toBe(200);
    expect(await (await fetch(`${workerAddress}/metrics`)).text()).toContain("muster_jobs_waiting");
    expect(await (await fetch(`${webAddress}/metrics`)).text()).not.toContain("muster_jobs_waiting");
    web.child.kill("SIGTERM");
    worker.child.kill("SIGTERM");
    expect(await Promise.all([web.exited, worker.exited])).toEqual([0, 0]);
  });
});
