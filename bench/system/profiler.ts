import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { summariseProfile, type CpuProfile } from "../report/profile-summary.ts";
import type { BenchDatabase } from "./database.ts";

/** Profiles a server from the outside, through its debugger's port, and the database through pg_stat_statements. */
export interface Profiler {
  profiled<T>(name: string, work: () => Promise<T>): Promise<T>;
  close(): void;
}

const SAMPLING_MICROSECONDS = 500;
const STATEMENTS = `
  SELECT calls, round(total_exec_time) AS exec_ms, round(total_plan_time) AS plan_ms, rows, wal_bytes,
    left(regexp_replace(query, '\\s+', ' ', 'g'), 160) AS query
  FROM pg_stat_statements ORDER BY total_exec_time + total_plan_time DESC LIMIT 25`;

export async function connectProfiler(inspectUrl: string, database: BenchDatabase, directory: string): Promise<Profiler> {
  const inspector = await openInspector(inspectUrl);
  await inspector.send("Profiler.enable");
  await inspector.send("Profiler.setSamplingInterval", { interval: SAMPLING_MICROSECONDS });
  return {
    async profiled(name, work) {
      await database.query("SELECT pg_stat_statements_reset()");
      await inspector.send("Profiler.start");
      const value = await work();
      const { profile } = (await inspector.send("Profiler.stop")) as { profile: CpuProfile };
      const statements = await database.query<Record<string, string>>(STATEMENTS);
      const file = join(directory, name.replaceAll(/[^a-z0-9]+/gi, "-"));
      await writeFile(`${file}.cpuprofile`, JSON.stringify(profile));
      const lines = statements.map(
        (s) =>
          `${s["calls"]} calls, ${s["exec_ms"]} ms (+ ${s["plan_ms"]} ms planning), ${s["rows"]} rows, ${s["wal_bytes"]} B of log: ${s["query"]}`,
      );
      await writeFile(`${file}.txt`, `${summariseProfile(profile)}\n\nStatements\n${lines.join("\n")}\n`);
      return value;
    },
    close: () => inspector.close(),
  };
}

async function openInspector(url: string): Promise<{ send(method: string, params?: object): Promise<unknown>; close(): void }> {
  const socket = new WebSocket(url);
  const opened = Promise.withResolvers<void>();
  socket.addEventListener("open", () => opened.resolve());
  socket.addEventListener("error", () => opened.reject(new Error(`cannot reach the debugger at ${url}`)));
  await opened.promise;
  const waiting = new Map<number, (result: unknown) => void>();
  let id = 0;
  socket.addEventListener("message", ({ data }) => {
    const reply = JSON.parse(String(data)) as { id?: number; result?: unknown };
    if (reply.id !== undefined) waiting.get(reply.id)?.(reply.result);
  });
  return {
    send(method, params = {}) {
      const { promise, resolve } = Promise.withResolvers<unknown>();
      waiting.set(++id, resolve);
      socket.send(JSON.stringify({ id, method, params }));
      return promise;
    },
    close: () => socket.close(),
  };
}
