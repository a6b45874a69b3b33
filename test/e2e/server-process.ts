import { spawn } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort } from "#test/support/free-port.ts";
import { scratchDirectory } from "#test/support/scratch.ts";

const REPOSITORY = fileURLToPath(new URL("../..", import.meta.url));

/** Muster as its users start it: a process of its own, on the embedded database, in an empty data directory. */
export interface ServerProcess {
  url: string;
  dataDir: string;
  /** All that it printed so far, both streams. */
  output(): string;
  /** The link that the server printed for finishing set-up. */
  setupLink(): string;
  /** Ctrl-C, and wait; gives the exit code. */
  interrupt(): Promise<number | null>;
  /** kill -9, and wait. */
  kill(): Promise<void>;
  /** Interrupts it and removes its data. */
  close(): Promise<void>;
}

export interface ServerOptions {
  /** Added to the environment. */
  env?: Record<string, string>;
}

const START_MS_MAX = 90_000;

/** Starts `muster serve` on a free port and waits until it is ready to serve. */
export async function startServerProcess(options: ServerOptions = {}): Promise<ServerProcess> {
  const scratch = await scratchDirectory("muster-e2e-");
  const dataDir = scratch.directory;
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const env = { ...cleanEnvironment(), MUSTER_PORT: String(port), MUSTER_DATA_DIR: dataDir, ...options.env };
  const child = spawn(process.execPath, [join(REPOSITORY, "bin/muster.ts"), "serve"], { env, stdio: ["ignore", "pipe", "pipe"] });
  scratch.watch(child.pid);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text: string) => (output += text));
  const exited = new Promise<number | null>((resolve) => child.once("exit", (code) => resolve(code)));
  await untilReady(
    url,
    () => child.exitCode !== null,
    () => output,
  );
  const stop = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    return await exited;
  };
  return {
    url,
    dataDir,
    output: () => output,
    setupLink: () => /https?:\/\/\S+\/setup\?code=\S+/.exec(output)?.[0] ?? fail(`no set-up link in:\n${output}`),
    interrupt: () => stop("SIGINT"),
    kill: async () => void (await stop("SIGKILL")),
    close: async () => {
      await stop("SIGINT");
      await scratch.remove();
    },
  };
}

/** The environment without settings of the person who runs the tests. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith("MUSTER_") && !name.startsWith("DATABASE_")),
  );
}

async function untilReady(url: string, ended: () => boolean, output: () => string): Promise<void> {
  const deadline = Date.now() + START_MS_MAX;
  for (;;) {
    if (ended() || Date.now() > deadline) fail(`the server did not start:\n${output()}`);
    const answer = await fetch(`${url}/readyz`).catch(() => null);
    if (answer?.ok === true) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function fail(message: string): never {
  throw new Error(message);
}
