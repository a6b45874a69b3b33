import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { Measurement } from "../measure.ts";
import type { BenchResults } from "../results.ts";
import { PLACES } from "./placement.ts";

/** What one of a kind costs the parties of a bench: CPU in milliseconds, write-ahead log in bytes. */
export interface Cost {
  serverMs: number;
  databaseMs: number;
  logBytes: number;
}

/** Milliseconds that a share of a list's answers stay below. */
export interface Latencies {
  name: string;
  p50: number;
  p95: number;
}

/** What `bench/baseline.json` says, in the units that a fleet is calculated from. */
export interface MeasuredCosts {
  takenAt: string;
  /** A poll without the write of its seen time. */
  poll: Pick<Cost, "serverMs">;
  /** Writing one host's seen time, in a statement that writes those of a second. */
  seenTime: Omit<Cost, "serverMs">;
  unchangedReport: Cost;
  changedReport: Cost;
  firstReport: Cost;
  /** The mean of all lists. */
  list: Cost;
  lists: Latencies[];
  /** Hosts in the database that the lists were measured on. */
  listHosts: number;
  /** Bytes a host on disk: its links, and all else that lies with it. History is not in it: the bench makes nearly none. */
  linkBytes: number;
  otherHostBytes: number;
  /** Links a host. */
  links: number;
  /** Bytes of the catalogue and its counts for each software of it. */
  catalogueBytes: number;
}

/**
 * Scenarios by name; where there are several, the first that the run has: a run from before a scenario existed has only the dearer one.
 */
const SCENARIOS = {
  poll: ["osquery: polls, nothing due"],
  unchangedReport: ["osquery: unchanged check-ins"],
  changedReport: ["osquery: check-ins, 1 % changed"],
  firstReport: ["osquery: first check-ins, catalogue known", "osquery: first check-ins"],
} as const;

/** The bench's server writes seen times once in so many seconds, one row a host (devices/seen-buffer.ts). */
const SEEN_FLUSH_SECONDS = 1;

/** @throws {Error} when the kept run lacks a scenario */
export function measuredCosts(results: BenchResults): MeasuredCosts {
  const polls = scenario(results, SCENARIOS.poll);
  const unchanged = scenario(results, SCENARIOS.unchangedReport);
  const changed = scenario(results, SCENARIOS.changedReport);
  const lists = results.measurements.filter((m) => m.name.startsWith("list: "));
  const { hosts, rows, tables } = results.storage;
  const bytesOf = (names: (table: string) => boolean): number =>
    tables.filter(({ table }) => names(table)).reduce((sum, { bytes }) => sum + bytes, 0);
  const software = tables.find(({ table }) => table === "software")?.rows ?? 1;
  // in the bench few hosts poll often: what the database does for a poll is a part of one row's write
  const rowsPerPoll = Math.min(1, results.fleet.hosts / (polls.perSecond * SEEN_FLUSH_SECONDS));
  return {
    takenAt: results.takenAt,
    poll: { serverMs: polls.cpuMs.server },
    seenTime: { databaseMs: polls.cpuMs.database / rowsPerPoll, logBytes: polls.walBytes / rowsPerPoll },
    unchangedReport: costOf(unchanged),
    changedReport: perChange(changed, unchanged),
    firstReport: costOf(scenario(results, SCENARIOS.firstReport)),
    list: mean(lists.map(costOf)),
    lists: lists.map(({ name, latency: { p50, p95 } }) => ({ name: name.slice("list: ".length), p50, p95 })),
    listHosts: results.fleet.hosts,
    linkBytes: bytesOf((table) => table === "host_software") / hosts,
    otherHostBytes: bytesOf((table) => PLACES[table] === "host" && !GROWING.has(table)) / hosts,
    links: rows / hosts,
    catalogueBytes: bytesOf((table) => CATALOGUE.has(table)) / Math.max(1, software),
  };
}

/** Not by host but by what happened: counted elsewhere, or folded away within seconds. */
const GROWING = new Set(["host_software", "host_software_history", "software_count_changes", "label_host_changes"]);
const CATALOGUE = new Set([
  "software",
  "software_titles",
  "software_facts",
  "software_names",
  "software_counts",
  "software_title_counts",
]);

/** The scenario's reports are nearly all changed; what is not cost as much as an unchanged one. */
function perChange(changed: Measurement, unchanged: Measurement): Cost {
  const share = changed.count === 0 ? 1 : Math.min(1, changed.changedReports / changed.count);
  const without = (all: number, other: number): number => (share === 0 ? all : (all - (1 - share) * other) / share);
  const [a, b] = [costOf(changed), costOf(unchanged)];
  return {
    serverMs: without(a.serverMs, b.serverMs),
    databaseMs: without(a.databaseMs, b.databaseMs),
    logBytes: without(a.logBytes, b.logBytes),
  };
}

function scenario({ measurements }: BenchResults, names: readonly string[]): Measurement {
  const found = names.map((name) => measurements.find((m) => m.name === name)).find((m) => m !== undefined);
  if (found === undefined)
    throw new Error(`bench/baseline.json has no scenario "${names[0]}"; keep a run with npm run bench -- --save`);
  return found;
}

function costOf({ cpuMs, walBytes }: Measurement): Cost {
  return { serverMs: cpuMs.server, databaseMs: cpuMs.database, logBytes: walBytes };
}

function mean(costs: Cost[]): Cost {
  const of = (value: (cost: Cost) => number): number =>
    costs.reduce((sum, cost) => sum + value(cost), 0) / Math.max(1, costs.length);
  return { serverMs: of((c) => c.serverMs), databaseMs: of((c) => c.databaseMs), logBytes: of((c) => c.logBytes) };
}

const BASELINE = resolve(import.meta.dirname, "../baseline.json");

/** The run that is kept in the repository, or another one written by `npm run bench -- --json`. */
export async function readMeasuredCosts(file = BASELINE): Promise<MeasuredCosts> {
  return measuredCosts(JSON.parse(await readFile(file, "utf8")) as BenchResults);
}

/** The lists of a large fleet as `npm run bench -- scale --out` wrote them, in place of those of the bench's small one. */
export async function readListLatencies(file: string): Promise<Latencies[]> {
  const { lists } = JSON.parse(await readFile(file, "utf8")) as { lists: Latencies[] };
  return lists.map(({ name, p50, p95 }) => ({ name, p50, p95 }));
}
