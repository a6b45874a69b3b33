import { type BenchResults, perSecondOf } from "../results.ts";
import { columns, figure, mebibytes, percent } from "./columns.ts";

/** The whole report as plain text. */
export function report(results: BenchResults): string {
  return [
    about(results),
    section("Scenarios (latency of requests under way at once; CPU of each party for one)", scenarioTable(results)),
    section("Limits (the parts alone, same bodies, same machine)", limitTable(results)),
    section("Storage after the first check-ins", storageTable(results)),
    section("Memory", memoryTable(results)),
  ].join("\n\n");
}

function section(title: string, table: string): string {
  return `${title}\n${table}`;
}

function about({ machine, fleet, durability, takenAt }: BenchResults): string {
  const images = `${fleet.images} ${fleet.kind === "shared" ? "images of real devices" : "small fixtures (the shared images are absent)"}`;
  const settings = ["fsync", "synchronous_commit", "full_page_writes"].map((name) => `${name} ${durability[name]}`);
  return [
    `${takenAt}: ${fleet.hosts} hosts made of ${images}, ${fleet.connections} connections, ${fleet.seconds} s a scenario`,
    `${machine.cpu}, ${machine.cores} cores shared by generator, server and database; ${mebibytes(machine.memoryBytes)}; load before ${machine.loadBefore.toFixed(2)}`,
    `Node ${machine.node}, PostgreSQL ${machine.postgresql} (${settings.join(", ")}), ${machine.system}`,
  ].join("\n");
}

const HEAD = ["", "count", "per s", "rows/s", "p50 ms", "p95 ms", "p99 ms", "errors", "at once"];
const COSTS = ["server ms", "database ms", "generator ms", "log KiB", "body KiB"];

function scenarioTable({ measurements }: BenchResults): string {
  const rows = measurements.map((m) => [
    m.name,
    m.count.toLocaleString("en-US"),
    figure(m.perSecond),
    m.rowsPerSecond === 0 ? "" : figure(m.rowsPerSecond),
    ...[m.latency.p50, m.latency.p95, m.latency.p99].map(figure),
    String(m.errors),
    String(m.connections),
    ...[m.cpuMs.server, m.cpuMs.database, m.cpuMs.generator, m.walBytes / 1024, m.bodyBytes / 1024].map(figure),
  ]);
  return columns([[...HEAD, ...COSTS], ...rows]);
}

function limitTable(results: BenchResults): string {
  const { limits } = results;
  const { parse, database, cpuMs } = limits;
  const rates = (...names: string[]): number[] => names.map((name) => perSecondOf(results, `osquery: ${name}`));
  const first = rates("first check-ins", "first check-ins, catalogue known");
  const unchanged = rates("unchanged check-ins", "unchanged check-ins, writes alone");
  const musterUnchanged = perSecondOf(results, "muster: unchanged check-ins");
  const reached = (scenario: number[], limit: number): string => scenario.map((rate) => percent(rate, limit)).join(" / ");
  const polls = [perSecondOf(results, "osquery: polls, nothing due"), perSecondOf(results, "muster: polls")];
  const writes = (name: string, limit: number, cpu?: number): string[] => [
    name,
    figure(limit),
    cpu === undefined ? "" : figure(cpu),
    reached(first, limit),
    reached(unchanged, limit),
    "",
  ];
  const poll = (name: string, limit: number, cpu?: number): string[] => [
    name,
    figure(limit),
    cpu === undefined ? "" : figure(cpu),
    "",
    "",
    reached(polls, limit),
  ];
  const parsing = limits.parsingWrites;
  return columns([
    ["", "per s", "its CPU ms", "first check-ins / catalogue known reach", "unchanged / writes alone", "polls osquery / muster"],
    writes(
      `parse + translate + clean + digest, one thread (${figure(parse.jsonMs)} + ${figure(parse.digestMs)} ms)`,
      parse.perSecond,
      parse.cpuMs,
    ),
    writes("bare node:http that parses and digests", parsing, cpuMs.parsingWrites),
    ["… ten times that: Muster's unchanged check-ins", figure(parsing * 10), "", "", percent(musterUnchanged, parsing * 10), ""],
    writes("bare Fastify, bodies of writes", limits.fastifyWrites, cpuMs.fastifyWrites),
    writes("bare node:http, bodies of writes", limits.nodeWrites, cpuMs.nodeWrites),
    writes(
      `database: links of one host inserted (${figure(database.rowsPerSecond)} rows/s)`,
      database.hostsPerSecond,
      database.hostCpuMs,
    ),
    ["database: commits of one row", figure(database.commitsPerSecond), "", "", "", ""],
    poll("bare Fastify, bodies of polls", limits.fastifyPolls, cpuMs.fastifyPolls),
    poll("bare node:http, bodies of polls", limits.nodePolls, cpuMs.nodePolls),
    poll("database: sessions by key", database.sessionsPerSecond),
  ]);
}

const TABLES_SHOWN = 10;

function storageTable({ storage }: BenchResults): string {
  const all = storage.tables.reduce((sum, table) => sum + table.bytes, 0);
  const row = (name: string, rows: string, bytes: number, index: number): string[] => [
    name,
    rows,
    mebibytes(bytes),
    mebibytes(index),
    figure(bytes / storage.hosts),
    percent(bytes, all),
  ];
  const shown = storage.tables.slice(0, TABLES_SHOWN);
  return columns([
    ["", "rows", "size", "of it indexes", "bytes per host", "share"],
    ...shown.map((t) => row(t.table, t.rows.toLocaleString("en-US"), t.bytes, t.indexBytes)),
    row(
      "all tables",
      "",
      all,
      storage.tables.reduce((sum, table) => sum + table.indexBytes, 0),
    ),
  ]);
}

function memoryTable({ memory, measurements }: BenchResults): string {
  const last = measurements.at(-1);
  return columns([
    ["server, peak resident", mebibytes(memory.serverPeakBytes)],
    ["server, resident at the end", mebibytes(last?.serverRss ?? 0)],
    ["database, shared pages counted once", mebibytes(memory.databasePssBytes)],
  ]);
}
