import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import type { ExpectedHost, GeneratorCommand, GeneratorReply, LoadReport } from "./messages.ts";

const ENTRY = new URL("generator.ts", import.meta.url);

type LoadCommand = Exclude<GeneratorCommand, { kind: "start" | "expect" | "expectLinks" }>;

/** The generator process, from the outside. */
export interface GeneratorClient {
  pid: number;
  start(command: Omit<Extract<GeneratorCommand, { kind: "start" }>, "kind">): Promise<void>;
  load(command: LoadCommand): Promise<LoadReport>;
  expect(hosts: number): Promise<ExpectedHost[]>;
  expectLinks(): Promise<number>;
  stop(): void;
}

/** Starts the generator in a process of its own, so that its work shows as its own. */
export function startGenerator(): GeneratorClient {
  const child = fork(ENTRY, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  return {
    pid: child.pid ?? 0,
    async start(command) {
      await ask(child, { ...command, kind: "start" });
    },
    async load(command) {
      const reply = await ask(child, command);
      if (!("report" in reply)) throw new Error(`no report of ${command.kind}`);
      return reply.report;
    },
    async expect(hosts) {
      const reply = await ask(child, { kind: "expect", hosts });
      if (!("expected" in reply)) throw new Error("no expectation");
      return reply.expected;
    },
    async expectLinks() {
      const reply = await ask(child, { kind: "expectLinks" });
      if (!("links" in reply)) throw new Error("no number of links");
      return reply.links;
    },
    stop: () => void child.kill(),
  };
}

async function ask(child: ChildProcess, command: GeneratorCommand): Promise<GeneratorReply & { ok: true }> {
  const ended = new AbortController();
  const exit = once(child, "exit", { signal: ended.signal }).then(([code]) => {
    throw new Error(`the generator ended (code ${String(code)})`);
  });
  child.send(command);
  try {
    const [reply] = (await Promise.race([once(child, "message", { signal: ended.signal }), exit])) as [GeneratorReply];
    if (!reply.ok) throw new Error(`the generator failed: ${reply.error}`);
    return reply;
  } finally {
    exit.catch(() => undefined);
    ended.abort();
  }
}
