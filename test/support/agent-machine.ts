import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { linuxDevice } from "#agent/device.linux.ts";
import { runAgent } from "#agent/main.ts";
import type { AgentOptions } from "#agent/options.ts";
import { systemClock } from "#agent/system/clock.ts";
import type { Clock } from "#agent/system/clock.ts";
import type { AgentLog } from "#agent/system/log.ts";
import { FakeAgentServer } from "./agent-server.ts";

/** Agents live this many times as fast as real time: a second of theirs is 50 ms. */
export const SPEED = 20;
const fastClock: Clock = {
  now: () => systemClock.now() * SPEED,
  sleep: (ms, signal) => systemClock.sleep(ms / SPEED, signal),
};

export interface RunningAgent {
  stop: AbortController;
  done: Promise<void>;
}

/** A Debian machine made of files, with agents on it and the server they report to. */
export class AgentMachine {
  readonly server = new FakeAgentServer();
  /** What the agents logged: level, message and details. */
  readonly lines: string[] = [];
  /** The directory that stands for `/`. */
  readonly root: string;
  readonly stateDir: string;
  readonly #directory = mkdtempSync(join(tmpdir(), "muster-agent-"));
  readonly #running: RunningAgent[] = [];

  private constructor() {
    this.root = join(this.#directory, "root");
    this.stateDir = join(this.#directory, "state");
  }

  static async make(): Promise<AgentMachine> {
    const machine = new AgentMachine();
    machine.put("/etc/os-release", 'NAME="Debian GNU/Linux"\nVERSION="12 (bookworm)"\nID=debian\nVERSION_CODENAME=bookworm\n');
    machine.put("/etc/machine-id", "0123456789abcdef0123456789abcdef\n");
    machine.putDebs(["bash", "5.2"], ["hello", "2.10-3"]);
    machine.put("/usr/lib/python3/dist-packages/six-1.16.0.dist-info/METADATA", "Name: six\nVersion: 1.16.0\n");
    machine.put("/usr/lib/node_modules/npm/package.json", '{"name":"npm","version":"11.0.0"}');
    await machine.server.start();
    return machine;
  }

  put(path: string, text: string): void {
    mkdirSync(dirname(join(this.root, path)), { recursive: true });
    writeFileSync(join(this.root, path), text);
  }

  putDebs(...debs: [string, string][]): void {
    const stanzas = debs.map(
      ([name, version]) => `Package: ${name}\nStatus: install ok installed\nArchitecture: all\nVersion: ${version}\n`,
    );
    this.put("/var/lib/dpkg/status", stanzas.join("\n"));
  }

  start(options: Partial<AgentOptions> = {}): RunningAgent {
    const { root, server, stateDir } = this;
    const stop = new AbortController();
    const world = { device: linuxDevice(root), root, clock: fastClock, random: () => 0.5 };
    const log = this.#log();
    const all = { server: server.url, enrollSecret: server.secret, stateDir, inventoryOnly: true, log, ...options };
    const done = runAgent(all, stop.signal, world);
    // Tests that expect a failure await it; in the others close() does.
    done.catch(() => {});
    const agent = { stop, done };
    this.#running.push(agent);
    return agent;
  }

  async end(agent: RunningAgent): Promise<void> {
    agent.stop.abort();
    await agent.done;
  }

  /** Ends everything. @throws Error when an agent sent what does not fit the protocol */
  async close(): Promise<void> {
    for (const agent of this.#running) agent.stop.abort();
    await Promise.allSettled(this.#running.map((agent) => agent.done));
    await this.server.stop();
    rmSync(this.#directory, { recursive: true, force: true });
    const { problems } = this.server;
    if (problems.length > 0) throw new Error(`Requests did not fit the protocol: ${problems.join("; ")}`);
  }

  #log(): AgentLog {
    const line = (level: string) => (details: object, message: string) => {
      this.lines.push(`${level} ${message} ${JSON.stringify(details)}`);
    };
    return { debug: line("debug"), info: line("info"), warn: line("warn"), error: line("error") };
  }
}
