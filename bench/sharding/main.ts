import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { columns, figure } from "../report/columns.ts";
import { catalogueBurst, type CatalogueDesign } from "./catalogue-burst.ts";
import { atSize, fanOut, readsAllHosts } from "./fan-out.ts";
import { type Assumptions, fleetLoad, fullAt, type Primary, shardLoad, shardsFor } from "./fleet-load.ts";
import { type Latencies, type MeasuredCosts, readListLatencies, readMeasuredCosts } from "./measured-costs.ts";
import { obstaclesIn } from "./placement.ts";

/** Every assumption by its option's name: what it is by default, and what it means. */
const ASSUMPTIONS: Record<keyof Assumptions, readonly [value: number, meaning: string]> = {
  online: [100, "% of the devices that are switched on"],
  poll: [10, "seconds between two polls of a device"],
  report: [3600, "seconds between two reports of a device"],
  changed: [1, "% of reports with changed software in a usual hour"],
  changedPeak: [25, "% of reports with changed software in the worst hour"],
  events: [2, "events of a device's history a day"],
  eventBytes: [260, "bytes of an event on disk (decision 0003)"],
  retention: [365, "days that history is kept"],
  newSoftware: [10, "rows a day that nobody had before, for 1,000 devices"],
  newSoftwareUs: [72, "CPU microseconds for one of them (decision 0007)"],
  newSoftwareLog: [1267, "bytes of log for one of them (decision 0007)"],
  catalogue: [1_000_000, "rows of the catalogue"],
  lists: [1, "lists and pages a second for 100,000 devices"],
  foldMs: [0.4, "ms that the ledger row of a changed report takes to fold (decision 0008)"],
  seenSeconds: [0, "seconds that seen times stay in memory; 0: each poll is written, as now"],
};

const PRIMARY: Record<keyof Primary, readonly [value: number, meaning: string]> = {
  cores: [32, "processors of one primary"],
  logMegabytes: [200, "MB of log a second that it, its disk and its replicas can take"],
  diskGigabytes: [4000, "GB of disk"],
  memoryGigabytes: [256, "GB of memory"],
  use: [0.5, "share of each of these that is used at most"],
};

const SIZES = [100_000, 300_000, 1_000_000, 3_000_000, 10_000_000];

const HELP = `npm run bench -- past-one-primary [options]

What fleets of ${SIZES.map((size) => size.toLocaleString("en")).join(", ")} devices cost, calculated from the kept run of the bench; decision 0008.

${[...Object.entries(ASSUMPTIONS), ...Object.entries(PRIMARY)].map(([name, [value, meaning]]) => `  --${name} N`.padEnd(24) + `${meaning} (${value})`).join("\n")}
  --mergeMs N           ms of a list for each shard that it asks (0.5)
  --baseline FILE       another run, as --json wrote it
  --times FILE          lists of a large fleet, as scale --out wrote them
  --timesHosts N        its devices (100000)
`;

interface Inputs {
  costs: MeasuredCosts;
  assumed: Assumptions;
  primary: Primary;
  mergeMs: number;
}

/** `npm run bench -- past-one-primary`: no load, only a calculation; the tables of decision 0008 are from here. */
export async function pastOnePrimary(argv: string[]): Promise<void> {
  const names = [...Object.keys(ASSUMPTIONS), ...Object.keys(PRIMARY), "mergeMs", "baseline", "times", "timesHosts"];
  const text = { type: "string" } as const;
  const { values } = parseArgs({
    args: argv,
    options: { ...Object.fromEntries(names.map((name) => [name, text])), help: { type: "boolean" } },
  });
  if (values["help"] === true) {
    console.log(HELP);
    return;
  }
  const given = values as Record<string, string | undefined>;
  const costs = await readMeasuredCosts(given["baseline"]);
  const large = given["times"];
  const timed =
    large === undefined
      ? {}
      : { lists: await readListLatencies(large), listHosts: numberOf("timesHosts", given["timesHosts"], 100_000) };
  const inputs: Inputs = {
    costs: { ...costs, ...timed },
    assumed: numbersOf(ASSUMPTIONS, given),
    primary: numbersOf(PRIMARY, given),
    mergeMs: numberOf("mergeMs", given["mergeMs"], 0.5),
  };
  const tables = [
    aboutCosts(costs),
    ...[loadTable, boundTable, shardTable, fanOutTable, burstTable].map((table) => table(inputs)),
  ];
  console.log([...tables, await obstacleTable()].join("\n\n"));
}

function numbersOf<K extends string>(
  defaults: Record<K, readonly [number, string]>,
  given: Record<string, string | undefined>,
): Record<K, number> {
  const entries = Object.entries<readonly [number, string]>(defaults);
  return Object.fromEntries(entries.map(([name, [value]]) => [name, numberOf(name, given[name], value)])) as Record<K, number>;
}

const DIVISORS: ReadonlySet<string> = new Set(["poll", "report", ...Object.keys(PRIMARY)]);

function numberOf(name: string, text: string | undefined, fallback: number): number {
  const value = text === undefined ? fallback : Number(text);
  if (Number.isFinite(value) && (value > 0 || (value === 0 && !DIVISORS.has(name)))) return value;
  throw new Error(`--${name} must be a number ${DIVISORS.has(name) ? "above 0" : "from 0 on"}; ${text} is not.`);
}

function aboutCosts(costs: MeasuredCosts): string {
  const row = (name: string, cost: { serverMs?: number; databaseMs?: number; logBytes?: number }): string[] => [
    name,
    ...[cost.serverMs, cost.databaseMs, cost.logBytes].map((value) => (value === undefined ? "" : precise(value))),
  ];
  const rows = [
    ["", "server ms", "database ms", "log bytes"],
    row("a poll", costs.poll),
    row("a seen time", costs.seenTime),
    row("an unchanged report", costs.unchangedReport),
    row("a changed report", costs.changedReport),
    row("a first report", costs.firstReport),
    row("a list (mean)", costs.list),
  ];
  const disk = `${figure(costs.links)} links a host of ${figure(costs.linkBytes / costs.links)} bytes, ${figure(costs.otherHostBytes)} bytes of its other rows; ${figure(costs.catalogueBytes)} bytes for each software of the catalogue`;
  return `Measured ${costs.takenAt}\n${columns(rows)}\n${disk}`;
}

function precise(value: number): string {
  return value > 0 && value < 0.1 ? value.toPrecision(2) : figure(value);
}

function loadTable({ costs, assumed }: Inputs): string {
  const loads = SIZES.flatMap((hosts) => [
    { hour: "usual", ...fleetLoad(costs, assumed, hosts, assumed.changed) },
    { hour: "worst", ...fleetLoad(costs, assumed, hosts, assumed.changedPeak) },
  ]);
  const rows = loads.map((load) => [
    `${load.hosts.toLocaleString("en")}, ${load.hour} hour`,
    ...[load.pollsPerSecond, load.reportsPerSecond, load.changedPerSecond, load.seenTimesPerSecond].map(figure),
    ...[load.serverCores, load.databaseCores, load.logMegabytesPerSecond, load.foldShare].map(figure),
    ...[load.diskGigabytes + load.catalogueGigabytes, load.hotGigabytes + load.catalogueGigabytes].map(figure),
  ]);
  const head = [
    "devices",
    "polls/s",
    "reports/s",
    "changed/s",
    "seen/s",
    "server cores",
    "db cores",
    "log MB/s",
    "fold",
    "disk GB",
    "hot GB",
  ];
  return `One primary (fold: how much of each second the one lock of counts is held)\n${columns([head, ...rows])}`;
}

function boundTable({ costs, assumed, primary }: Inputs): string {
  const variants: [string, Assumptions][] = [
    ["as it is", assumed],
    ["seen times kept for 30 s", { ...assumed, seenSeconds: 30 }],
  ];
  const rows = variants.map(([name, variant]) => [
    name,
    ...fullAt(costs, variant, primary).map(({ resource, hosts }) => `${resource} ${figure(hosts / 1e6)} M`),
  ]);
  const about = `${primary.cores} cores, ${primary.logMegabytes} MB/s of log, ${primary.diskGigabytes} GB of disk, ${primary.memoryGigabytes} GB of memory, each used to ${primary.use * 100} %`;
  return `Devices at which one primary is full in the worst hour (${about})\n${columns(rows)}`;
}

function shardTable({ costs, assumed, primary }: Inputs): string {
  const rows = [0, 30].flatMap((seenSeconds) =>
    SIZES.map((hosts) => {
      const variant = { ...assumed, seenSeconds: Math.max(seenSeconds, assumed.seenSeconds) };
      const shards = shardsFor(costs, variant, primary, hosts);
      const one = shardLoad(costs, variant, hosts, shards);
      return [
        `${hosts.toLocaleString("en")}${seenSeconds === 0 ? "" : `, seen times kept for ${seenSeconds} s`}`,
        String(shards),
        ...[one.databaseCores, one.logMegabytesPerSecond, one.diskGigabytes + one.catalogueGigabytes].map(figure),
        figure(one.catalogueGigabytes * shards),
      ];
    }),
  );
  return `Shards that carry a fleet, and what one of them has in the worst hour\n${columns([["devices", "shards", "db cores", "log MB/s", "disk GB", "GB of copies, all"], ...rows])}`;
}

function fanOutTable({ costs, mergeMs }: Inputs): string {
  const crossing = costs.lists.filter(({ name }) => CROSSING.test(name));
  const p95 = (list: Latencies, hosts: number, shards: number): string =>
    figure(fanOut(atSize(list, costs.listHosts, hosts / shards), shards, 0.95, mergeMs));
  const row = (list: Latencies): string[] => [
    `${list.name}${readsAllHosts(list) ? " *" : ""}`,
    ...LIST_SIZES.flatMap(([hosts, counts]) => counts.map((shards) => p95(list, hosts, shards))),
  ];
  const head = LIST_SIZES.flatMap(([hosts, counts]) => counts.map((shards) => `${figure(hosts / 1e6)} M/${shards}`));
  return `p95 in ms of a list, by millions of devices and shards that are asked at once (*: reads all hosts; measured with ${costs.listHosts.toLocaleString("en")})\n${columns([["", ...head], ...crossing.map(row)])}`;
}

const LIST_SIZES: readonly (readonly [hosts: number, shards: readonly number[]])[] = [
  [100_000, [1]],
  [1_000_000, [1, 4, 16]],
  [10_000_000, [4, 16, 64]],
];

/** Lists of hosts. Titles, versions and labels are counted in one place, and one host's pages come from its shard. */
const CROSSING = /^(hosts|holders|operating systems|summary of hosts)/;

function burstTable({ assumed }: Inputs): string {
  const designs: CatalogueDesign[] = [
    "reference table, each for itself",
    "reference table, gathered",
    "one writer, copies follow",
  ];
  const rows = designs.flatMap((design) =>
    [1, 4, 16, 32].map((shards) => {
      const result = catalogueBurst({
        ...BURST,
        design,
        shards,
        processes: shards * 8,
        insertMs: (BATCH_ROWS * assumed.newSoftwareUs) / 1000,
      });
      return [
        design,
        String(shards),
        String(result.inserts),
        String(result.waiting),
        ...[result.p50, result.p99, result.max].map(figure),
      ];
    }),
  );
  const about = `${BURST.devices.toLocaleString("en")} devices bring the same ${BATCH_ROWS} new rows within ${BURST.withinMs} ms (simulated, seed ${BURST.seed})`;
  return `${about}\n${columns([["", "shards", "batches", "waiting", "p50 ms", "p99 ms", "max ms"], ...rows])}`;
}

/** As many rows as one batch has (insert-catalogue.ts). */
const BATCH_ROWS = 100;
const BURST = { devices: 5000, withinMs: 1000, cores: 16, roundTripMs: 0.5, commitMs: 1, commitVariesMs: 2, seed: 1 } as const;

const SCHEMA = resolve(import.meta.dirname, "../../src/server/database/schema.sql");

async function obstacleTable(): Promise<string> {
  const rows = obstaclesIn(await readFile(SCHEMA, "utf8")).map(
    ({ table, what, name }) => `${table.padEnd(26)}${what.padEnd(28)}${name}`,
  );
  return `What the schema has that a table split by host, or copied, cannot have\n${rows.join("\n")}`;
}
