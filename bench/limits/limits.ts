import { fork } from "node:child_process";
import { once } from "node:events";
import type { GeneratorClient } from "../fleet/generator-client.ts";
import type { LoadReport } from "../fleet/messages.ts";
import type { BenchOptions } from "../options.ts";
import { type DatabaseLimit, measureDatabase } from "./database.ts";
import type { BenchDatabase } from "../system/database.ts";
import { processCpu } from "../system/usage.ts";
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
  /** CPU milliseconds of each bare server for one request: on a busy machine they compare better than the rates. */
  cpuMs: { fastifyWrites: number; nodeWrites: number; parsingWrites: number; fastifyPolls: number; nodePolls: number };
  database: DatabaseLimit;
}

/** Measures the limits; the Muster server must not run beside. */
export async function measureLimits(
  generator: GeneratorClient,
  { url, postmasterPid }: Pick<BenchDatabase, "url" | "postmasterPid">,
  { seconds, connections }: BenchOptions,
  say: (line: string) => void,
): Promise<Limits> {
  const share = Math.max(1, seconds / 3);
  const bare = (kind: "fastify" | "node" | "parse", size: "write" | "poll"): Promise<BareRate> =>
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
  const bares = {
    fastifyWrites: await bare("fastify", "write"),
    nodeWrites: await bare("node", "write"),
    parsingWrites: await bare("parse", "write"),
    fastifyPolls: await bare("fastify", "poll"),
    nodePolls: await bare("node", "poll"),
  };
  const limits = { parse, ...figuresOf(bares, "perSecond"), cpuMs: figuresOf(bares, "cpuMs") };
  say(`limit: bare Fastify: ${limits.fastifyWrites.toFixed(0)} writes/s, ${limits.fastifyPolls.toFixed(0)} polls/s`);
  say(
    `limit: bare server that parses and digests: ${limits.parsingWrites.toFixed(0)} writes/s; bare node:http: ${limits.nodePolls.toFixed(0)} polls/s`,
  );
  const database = await measureDatabase(url, postmasterPid, share);
  say(
    `limit: database alone: ${database.hostsPerSecond.toFixed(0)} hosts/s, ${database.sessionsPerSecond.toFixed(0)} sessions/s`,
  );
  return { ...limits, database };
}

interface BareRate {
  perSecond: number;
  cpuMs: number;
}

function figuresOf<K extends string>(rates: Record<K, BareRate>, figure: keyof BareRate): Record<K, number> {
  const entries = Object.entries<BareRate>(rates).map(([name, rate]) => [name, rate[figure]]);
  return Object.fromEntries(entries) as Record<K, number>;
}

async function bareServer(kind: string, load: (port: number) => Promise<LoadReport>): Promise<BareRate> {
  const child = fork(new URL("bare-server.ts", import.meta.url), [kind]);
  try {
    const [{ port }] = (await once(child, "message")) as [{ port: number }];
    const before = processCpu(child.pid ?? 0);
    const report = await load(port);
    const used = processCpu(child.pid ?? 0) - before;
    if (report.errors > 0) throw new Error(`bare ${kind} server: ${report.errorSamples.join("; ")}`);
    return { perSecond: report.count / report.seconds, cpuMs: (used * 1000) / Math.max(1, report.count) };
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
