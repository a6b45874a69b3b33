import { fork } from "node:child_process";
import { once } from "node:events";
import type { GeneratorClient } from "../fleet/generator-client.ts";
import type { LoadReport } from "../fleet/messages.ts";
import type { BenchOptions } from "../options.ts";
import { type DatabaseLimit, measureDatabase } from "./database.ts";
import type { ParseLimit } from "./parse.ts";

/** What the parts could do alone, on the same machine in the same run: no check-in can be faster than its slowest part. */
export interface Limits {
  /** Parse, translate, clean, digest: one thread, no socket, no database. */
  parse: { perSecond: number; rowsPerSecond: number; jsonMs: number; digestMs: number; bodyBytes: number; cpuMs: number };
  /** Bare HTTP servers that answer `{}` to the bodies of writes, and to those of polls. */
  fastifyWrites: number;
  nodeWrites: number;
  /** A bare HTTP server that parses each write and digests its rows. */
  parsingWrites: number;
  fastifyPolls: number;
  nodePolls: number;
  database: DatabaseLimit;
}

/** Measures the limits; the Muster server must not run beside. */
export async function measureLimits(
  generator: GeneratorClient,
  databaseUrl: string,
  { seconds, connections }: BenchOptions,
  say: (line: string) => void,
): Promise<Limits> {
  const share = Math.max(1, seconds / 3);
  const bare = (kind: "fastify" | "node" | "parse", size: "write" | "poll"): Promise<number> =>
    bareServer(kind, (port) =>
      generator.load({
        kind: "post",
        port,
        path: "/x",
        size,
        connections: size === "poll" ? connections * 2 : connections,
        seconds: share,
      }),
    );
  const parse = await parseLimit(share);
  say(`limit: parse to digest alone: ${parse.perSecond.toFixed(1)} reports/s`);
  const limits = {
    parse,
    fastifyWrites: await bare("fastify", "write"),
    nodeWrites: await bare("node", "write"),
    parsingWrites: await bare("parse", "write"),
    fastifyPolls: await bare("fastify", "poll"),
    nodePolls: await bare("node", "poll"),
  };
  say(`limit: bare Fastify: ${limits.fastifyWrites.toFixed(0)} writes/s, ${limits.fastifyPolls.toFixed(0)} polls/s`);
  say(
    `limit: bare server that parses and digests: ${limits.parsingWrites.toFixed(0)} writes/s; bare node:http: ${limits.nodePolls.toFixed(0)} polls/s`,
  );
  const database = await measureDatabase(databaseUrl, share);
  say(
    `limit: database alone: ${database.hostsPerSecond.toFixed(0)} hosts/s, ${database.sessionsPerSecond.toFixed(0)} sessions/s`,
  );
  return { ...limits, database };
}

async function bareServer(kind: string, load: (port: number) => Promise<LoadReport>): Promise<number> {
  const child = fork(new URL("bare-server.ts", import.meta.url), [kind]);
  try {
    const [{ port }] = (await once(child, "message")) as [{ port: number }];
    const report = await load(port);
    if (report.errors > 0) throw new Error(`bare ${kind} server: ${report.errorSamples.join("; ")}`);
    return report.count / report.seconds;
  } finally {
    child.kill();
  }
}

const PARSE_HOSTS = 138;

async function parseLimit(seconds: number): Promise<Limits["parse"]> {
  const child = fork(new URL("parse.ts", import.meta.url), [String(PARSE_HOSTS), String(seconds)]);
  const [limit] = (await once(child, "message")) as [ParseLimit];
  const { reports } = limit;
  return {
    perSecond: reports / limit.seconds,
    rowsPerSecond: limit.rows / limit.seconds,
    jsonMs: (limit.jsonSeconds * 1000) / reports,
    digestMs: (limit.digestSeconds * 1000) / reports,
    bodyBytes: limit.bytes / reports,
    cpuMs: (limit.cpu * 1000) / reports,
  };
}
