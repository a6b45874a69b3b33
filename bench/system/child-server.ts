import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

const REPOSITORY = resolve(import.meta.dirname, "../..");
const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 30_000;

/** A Muster server in a process of its own. */
export interface ChildServer {
  pid: number;
  port: number;
  /** Where its debugger listens; null unless asked for. */
  inspectUrl: string | null;
  /** The end of what it printed: at level warn nothing, when all is well. */
  output(): string;
  stop(): Promise<void>;
}

export interface ChildServerOptions {
  environment: Record<string, string>;
  /** Opens the debugger's port, for profiles. */
  inspect: boolean;
}

/** What the bench's devices enrol with, and what it reads lists with. */
export const ENROLL_SECRET = "bench-enroll-secret-0123456789";
export const ADMIN_TOKEN = "bench-admin-token-0123456789";

/**
 * The environment of a server under measurement.
 *
 * @param directory where its data goes
 * @param intervalSeconds between two reports of a device; 0: it asks at every poll
 */
export function serverEnvironment(directory: string, databaseUrl: string, intervalSeconds: number): Record<string, string> {
  return {
    MUSTER_DATA_DIR: join(directory, "data"),
    DATABASE_URL: databaseUrl,
    MUSTER_FEEDS: "off",
    MUSTER_LOCAL_DEVICE: "off",
    MUSTER_INVENTORY_INTERVAL: String(intervalSeconds),
    MUSTER_ENROLL_SECRET: ENROLL_SECRET,
    MUSTER_ADMIN_TOKEN: ADMIN_TOKEN,
    MUSTER_LOG_LEVEL: "warn",
  };
}

/** Starts `bin/muster.ts serve` on a free port and waits until it serves. */
export async function startServer({ environment, inspect }: ChildServerOptions): Promise<ChildServer> {
  const port = await freePort();
  const flags = inspect ? ["--inspect=127.0.0.1:0"] : [];
  const env = { ...process.env, ...environment, MUSTER_PORT: String(port), MUSTER_HOST: "127.0.0.1", NODE_ENV: "production" };
  const child = spawn(process.execPath, [...flags, "bin/muster.ts", "serve"], {
    cwd: REPOSITORY,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output = { text: "" };
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => (output.text = (output.text + chunk.toString()).slice(-20_000)));
  try {
    await untilReady(child, port, output);
  } catch (error) {
    child.kill("SIGKILL");
    throw error;
  }
  const inspectUrl = /ws:\/\/127\.0\.0\.1:\d+\/\S+/.exec(output.text)?.[0] ?? null;
  return { pid: child.pid ?? 0, port, inspectUrl, output: () => output.text, stop: () => stop(child) };
}

export async function freePort(): Promise<number> {
  const probe = createServer();
  probe.listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, "close");
  return port;
}

async function untilReady(child: ChildProcess, port: number, output: { text: string }): Promise<void> {
  const end = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < end) {
    if (child.exitCode !== null) throw new Error(`the server ended with code ${child.exitCode}:\n${output.text}`);
    const reply = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => null);
    if (reply?.ok === true) return;
    await delay(100);
  }
  throw new Error(`the server was not ready after ${START_TIMEOUT_MS / 1000} s:\n${output.text}`);
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
  child.kill("SIGTERM");
  await once(child, "exit");
  clearTimeout(timer);
}
