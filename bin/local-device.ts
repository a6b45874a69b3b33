import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Config } from "#server/config.ts";
import type { Log } from "#server/observe/log.ts";

const PROGRAM = fileURLToPath(new URL("muster.ts", import.meta.url));
const PAUSE_MS_MIN = 1000;
const PAUSE_MS_MAX = 60_000;
/** A run this long was a good one: the next pause starts small again. */
const GOOD_RUN_MS = 60_000;
const STOP_MS = 5000;

export interface LocalDeviceOptions {
  config: Pick<Config, "dataDir" | "tlsCert" | "publicUrl">;
  /** Address of the server as seen from this machine. */
  server: string;
  enrollSecret: string;
  log: Log;
}

/**
 * Makes this machine a device: runs Muster's agent as a child, inventory only, and starts it again with growing pauses should it
 * end. The child ends with this process however that ends.
 */
export function startLocalDevice(options: LocalDeviceOptions): { stop(): Promise<void> } {
  const stop = new AbortController();
  const log = options.log.child({ part: "local device" });
  const running = keepRunning(options, log, stop.signal);
  return {
    async stop() {
      stop.abort();
      await running;
    },
  };
}

async function keepRunning(options: LocalDeviceOptions, log: Log, signal: AbortSignal): Promise<void> {
  let pause = PAUSE_MS_MIN;
  while (!signal.aborted) {
    const startedAt = performance.now();
    const outcome = await runOnce(options, log, signal);
    if (signal.aborted) return;
    if (performance.now() - startedAt > GOOD_RUN_MS) pause = PAUSE_MS_MIN;
    log.warn({ outcome, again_in_seconds: pause / 1000 }, "the agent of this machine ended");
    await delay(pause, undefined, { signal }).catch(() => undefined);
    pause = Math.min(pause * 2, PAUSE_MS_MAX);
  }
}

async function runOnce(options: LocalDeviceOptions, log: Log, signal: AbortSignal): Promise<string> {
  const child = spawn(process.execPath, [PROGRAM, "agent", ...agentArguments(options)], {
    // a group of its own: Ctrl-C in the terminal reaches the server, which stops the agent first
    detached: true,
    env: agentEnvironment(options),
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  const { promise: ended, resolve } = Promise.withResolvers<string>();
  child.once("error", (error) => resolve(error.message));
  child.once("exit", (code, killedBy) => resolve(killedBy ?? `code ${code}`));
  forwardLines(child, log);
  const end = (): void => {
    child.kill("SIGTERM");
    setTimeout(() => child.kill("SIGKILL"), STOP_MS).unref();
  };
  signal.addEventListener("abort", end, { once: true });
  if (signal.aborted) end();
  const outcome = await ended;
  signal.removeEventListener("abort", end);
  return outcome;
}

function agentArguments({ config, server }: LocalDeviceOptions): string[] {
  const state = ["--state-dir", join(config.dataDir, "local-device"), "--inventory-only"];
  // a certificate is made for the public name, and is often one's own
  if (config.tlsCert !== null) return ["--server", config.publicUrl ?? server, "--ca", config.tlsCert, ...state];
  return ["--server", server, ...state];
}

/**
 * The little that an agent needs; the server's own environment holds secrets. Code that was compiled once (without its types) is kept: that saves the agent
 * a quarter of its memory.
 */
function agentEnvironment({ config, enrollSecret }: LocalDeviceOptions): NodeJS.ProcessEnv {
  const kept = ["PATH", "HOME", "LANG", "TZ"].map((name) => [name, process.env[name]]);
  return {
    ...Object.fromEntries(kept.filter(([, value]) => value !== undefined)),
    MUSTER_ENROLL_SECRET: enrollSecret,
    NODE_COMPILE_CACHE: join(config.dataDir, "cache", "compile"),
  };
}

/** The agent's lines in the server's log; its warnings stay warnings. */
function forwardLines(child: ChildProcess, log: Log): void {
  if (child.stderr === null) return;
  createInterface({ input: child.stderr }).on("line", (line) => {
    if (/ (warn|error) /.test(line)) log.warn(line);
    else log.debug(line);
  });
}
