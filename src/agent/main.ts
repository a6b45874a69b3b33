import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { FollowedSettings } from "./collection/follow-settings.ts";
import { ProcessCollector } from "./collection/process-collector.ts";
import { thisDevice } from "./device.ts";
import type { Device } from "./device.ts";
import { Inventory } from "./inventory.ts";
import { runLoop } from "./loop.ts";
import { AGENT_HELP, agentOptions, OptionError } from "./options.ts";
import type { AgentOptions } from "./options.ts";
import { createServerCalls } from "./protocol.ts";
import { AgentError, Session } from "./session.ts";
import { LockedError, takeLock } from "./state/lock.ts";
import { systemClock } from "./system/clock.ts";
import type { Clock } from "./system/clock.ts";
import { makePrivateDirectory } from "./system/files.ts";
import { lineLog } from "./system/log.ts";
import type { AgentLog } from "./system/log.ts";
import { memoryReleaser, preferSmallProcess } from "./system/memory.ts";
import { createTransport } from "./transport.ts";
import { VERSION } from "#domain/core/version.ts";
import { Wake } from "./wake.ts";
import { ChangeWatcher } from "./watch.ts";

/** The parts of the world that tests replace. */
export interface AgentWorld {
  device: Device;
  /** The directory that stands for `/`. */
  root: string;
  clock: Clock;
  random: () => number;
}

/**
 * Runs the agent until the signal aborts: enrols this device if need be, reports its software, and keeps the report up to date
 * ({@link runLoop}). Server outages are waited out; it ends only when it was told to or cannot go on.
 * @throws AgentError, LockedError with a sentence that names the remedy
 */
export async function runAgent(
  options: AgentOptions & { log: AgentLog },
  signal: AbortSignal,
  world: AgentWorld = realWorld(),
): Promise<void> {
  const { server, stateDir, log } = options;
  await prepareStateDir(stateDir);
  const { device, clock } = world;
  const lock = await takeLock({ stateDir, clock, pid: process.pid, processIdentity: (pid) => device.processIdentity(pid) });
  const transport = createTransport({
    server,
    ca: await readAuthorities(options.caFile),
    userAgent: `muster-agent/${VERSION}`,
  });
  const wake = new Wake<string>(clock);
  const { sources } = device;
  const watcher = new ChangeWatcher({ root: world.root, sources, clock, log, onChange: (source) => wake.wake(source) });
  const collector = new ProcessCollector(device.registry);
  try {
    const inventory = new Inventory({ sources, root: world.root, platform: await device.platform(), collector, clock });
    const calls = createServerCalls(transport);
    const settings = new FollowedSettings({
      stateDir,
      log,
      apply: (given) => inventory.configure(given),
      fetch: (nodeKey, stop) => calls.collection(nodeKey, stop),
    });
    await settings.open();
    const session = new Session({ ...options, agentVersion: VERSION, device, inventory, settings, calls });
    await session.open();
    warnOfPlainText(server, log);
    log.info({ server, state_dir: stateDir, version: VERSION, inventory_only: options.inventoryOnly }, "The agent runs.");
    const intervalSeconds = options.intervalSeconds ?? null;
    const machinery = {
      wake,
      clock,
      random: world.random,
      log,
      releaseMemory: memoryReleaser(),
      isLockHeld: () => lock.isHeld(),
    };
    await runLoop({ session, inventory, watcher, calls, intervalSeconds, ...machinery }, signal);
    log.info({}, "The agent ends.");
  } finally {
    watcher.close();
    collector.close();
    transport.close();
    await lock.release();
  }
}

/**
 * The command `muster agent`: reads the command line, runs the agent until SIGINT or SIGTERM, and says in one sentence what is
 * wrong if something is.
 * @returns the exit code: 0 ended as told, 1 could not go on, 2 wrong options
 */
export async function runAgentCommand(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const stop = new AbortController();
  const onSignal = () => stop.abort();
  try {
    const invocation = await agentOptions(argv, env);
    if (invocation.help) {
      process.stdout.write(AGENT_HELP);
      return 0;
    }
    preferSmallProcess();
    process.once("SIGINT", onSignal);
    process.once("SIGTERM", onSignal);
    const log = lineLog((line) => process.stderr.write(line), invocation.verbose ? "debug" : "info");
    await runAgent({ ...invocation.options, log }, stop.signal);
    return 0;
  } catch (error) {
    if (error instanceof OptionError) {
      process.stderr.write(`${error.message}\n`);
      return 2;
    }
    const known = error instanceof AgentError || error instanceof LockedError;
    process.stderr.write(`${known || !(error instanceof Error) ? String(error).replace(/^\w+: /, "") : error.stack}\n`);
    return 1;
  } finally {
    process.off("SIGINT", onSignal);
    process.off("SIGTERM", onSignal);
  }
}

function realWorld(): AgentWorld {
  return { device: thisDevice(), root: "", clock: systemClock, random: () => randomBytes(4).readUInt32BE() / 2 ** 32 };
}

async function prepareStateDir(stateDir: string): Promise<void> {
  try {
    await makePrivateDirectory(stateDir);
  } catch (error) {
    throw new AgentError(
      `The state directory ${stateDir} cannot be used (${String(error)}): run the agent as root or give another one with --state-dir.`,
    );
  }
}

async function readAuthorities(caFile: string | undefined): Promise<string | null> {
  if (caFile === undefined) return null;
  let text: string;
  try {
    text = await readFile(caFile, "utf8");
  } catch (error) {
    throw new AgentError(`--ca ${caFile} cannot be read: ${error instanceof Error ? error.message : String(error)}.`);
  }
  if (!text.includes("-----BEGIN CERTIFICATE-----")) throw new AgentError(`--ca ${caFile} holds no certificate in PEM form.`);
  return text;
}

function warnOfPlainText(server: string, log: AgentLog): void {
  const { protocol, hostname } = new URL(server);
  if (protocol === "https:" || hostname === "localhost" || hostname === "[::1]" || hostname.startsWith("127.")) return;
  log.warn({ server }, "The server's address is not encrypted: others on the way can read and change what is sent. Use https.");
}
