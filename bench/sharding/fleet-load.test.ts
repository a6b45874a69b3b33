import fc from "fast-check";
import { expect, test } from "vitest";
import type { Measurement } from "../measure.ts";
import type { BenchResults } from "../results.ts";
import { catalogueBurst } from "./catalogue-burst.ts";
import { atSize, fanOut, quantile } from "./fan-out.ts";
import { type Assumptions, fleetLoad, fullAt, type Primary, shardLoad, shardsFor, usedOf } from "./fleet-load.ts";
import { measuredCosts, readMeasuredCosts } from "./measured-costs.ts";

const ASSUMED: Assumptions = {
  online: 80,
  poll: 10,
  report: 3600,
  changed: 1,
  changedPeak: 25,
  events: 2,
  eventBytes: 260,
  retention: 365,
  lists: 1,
  foldMs: 0.4,
  seenSeconds: 0,
  newSoftware: 10,
  newSoftwareUs: 72,
  newSoftwareLog: 1267,
  catalogue: 1_000_000,
};
const PRIMARY: Primary = { cores: 32, logMegabytes: 200, diskGigabytes: 4000, memoryGigabytes: 256, use: 0.5 };

function measured(name: string, values: Partial<Measurement>): Measurement {
  return {
    name,
    unit: "x",
    count: 100,
    seconds: 1,
    perSecond: 100,
    rowsPerSecond: 0,
    changedReports: 0,
    errors: 0,
    errorSamples: [],
    latency: { p50: 10, p95: 20, p99: 30, max: 40 },
    connections: 8,
    cpuMs: { server: 1, database: 1, generator: 0 },
    walBytes: 1000,
    bodyBytes: 0,
    serverRss: 0,
    databasePss: null,
    ...values,
  };
}

function run(measurements: Measurement[]): BenchResults {
  const table = (name: string, rows: number, bytes: number) => ({ table: name, rows, bytes, indexBytes: 0 });
  const tables = [
    table("host_software", 500_000, 50_000_000),
    table("hosts", 1000, 4_000_000),
    table("software", 2000, 2_000_000),
  ];
  return {
    takenAt: "2026-01-01T00:00:00.000Z",
    fleet: { hosts: 1000, seconds: 15, connections: 8, images: 69, kind: "shared" },
    storage: { hosts: 1000, rows: 500_000, tables: [...tables, table("software_count_changes", 9, 9_000_000)] },
    measurements,
  } as unknown as BenchResults;
}

const RUN = run([
  measured("osquery: polls, nothing due", {
    perSecond: 8000,
    cpuMs: { server: 0.12, database: 0.005, generator: 0 },
    walBytes: 20,
  }),
  measured("osquery: unchanged check-ins", {}),
  measured("osquery: check-ins, 1 % changed", {
    changedReports: 50,
    cpuMs: { server: 7, database: 4, generator: 0 },
    walBytes: 3000,
  }),
  measured("osquery: first check-ins", { cpuMs: { server: 20, database: 30, generator: 0 } }),
  measured("list: hosts", {}),
]);
const COSTS = measuredCosts(RUN);

test("costs are read by the names of scenarios, and what several polls share is one row's", () => {
  expect(COSTS.poll.serverMs).toBe(0.12);
  // 8,000 polls a second of 1,000 hosts: one row for eight polls
  expect(COSTS.seenTime.databaseMs).toBeCloseTo(0.04, 10);
  expect(COSTS.seenTime.logBytes).toBeCloseTo(160, 10);
  // half of them were unchanged
  expect(COSTS.changedReport).toEqual({ serverMs: 13, databaseMs: 7, logBytes: 5000 });
  expect(COSTS).toMatchObject({ links: 500, linkBytes: 50_000, otherHostBytes: 4000, catalogueBytes: 1000 });
  expect(COSTS.lists).toEqual([{ name: "hosts", p50: 10, p95: 20 }]);
});

test("a run without a scenario is refused; first check-ins into a known catalogue count where they were measured", async () => {
  const [, ...without] = RUN.measurements;
  expect(() => measuredCosts({ ...RUN, measurements: without })).toThrow('has no scenario "osquery: polls, nothing due"');
  const known = measured("osquery: first check-ins, catalogue known", { cpuMs: { server: 12, database: 16, generator: 0 } });
  expect(measuredCosts({ ...RUN, measurements: [...RUN.measurements, known] }).firstReport.databaseMs).toBe(16);
  expect((await readMeasuredCosts()).unchangedReport.serverMs).toBeGreaterThan(0);
});

test("a fleet's load by hand", () => {
  const load = fleetLoad(COSTS, ASSUMED, 1_000_000, 25);
  expect(load).toMatchObject({ pollsPerSecond: 80_000, seenTimesPerSecond: 80_000 });
  expect(load.reportsPerSecond).toBeCloseTo(222.22, 1);
  expect(load.changedPerSecond).toBeCloseTo(55.56, 1);
  // polls, unchanged reports, changed ones, and ten lists
  expect(load.serverCores).toBeCloseTo((80_000 * 0.12 + 166.67 * 1 + 55.56 * 13 + 10) / 1000, 2);
  expect(load.databaseCores).toBeCloseTo((80_000 * 0.04 + 166.67 + 55.56 * 7 + 10 + (10_000 / 86_400) * 0.072) / 1000, 2);
  expect(load.diskGigabytes).toBeCloseTo((50_000 + 4000 + 2 * 260 * 365) / 1000, 5);
  expect(load.hotGigabytes).toBe(4);
  expect(fleetLoad(COSTS, { ...ASSUMED, seenSeconds: 40 }, 1_000_000, 25).seenTimesPerSecond).toBe(20_000);
});

test("where a resource is said to be full, it is; before, it is not; and the shards that are said carry the fleet", () => {
  fc.assert(
    fc.property(
      fc.record({
        poll: fc.integer({ min: 1, max: 300 }),
        changedPeak: fc.integer({ min: 0, max: 100 }),
        seenSeconds: fc.integer({ min: 0, max: 60 }),
      }),
      fc.integer({ min: 1000, max: 20_000_000 }),
      (some, hosts) => {
        const assumed = { ...ASSUMED, ...some };
        const [first] = fullAt(COSTS, assumed, PRIMARY);
        const used = (at: number) =>
          Math.max(...Object.values(usedOf(fleetLoad(COSTS, assumed, at, assumed.changedPeak), PRIMARY)));
        expect(used(first?.hosts ?? 0)).toBeCloseTo(1, 6);
        const shards = shardsFor(COSTS, assumed, PRIMARY, hosts);
        expect(Math.max(...Object.values(usedOf(shardLoad(COSTS, assumed, hosts, shards), PRIMARY)))).toBeLessThanOrEqual(1);
        expect(shards === 1 || hosts >= (first?.hosts ?? 0)).toBe(true);
      },
    ),
  );
});

test("a catalogue that fills a primary by itself cannot be copied to shards", () => {
  expect(() => shardsFor(COSTS, { ...ASSUMED, catalogue: 1e9 }, PRIMARY, 1000)).toThrow("fills a primary");
});

test("quantiles meet the measured ones and grow; the slowest of more shards is slower", () => {
  const list = { name: "hosts", p50: 10, p95: 30 };
  expect(quantile(list, 0.5)).toBeCloseTo(10, 10);
  expect(quantile(list, 0.95)).toBeCloseTo(30, 10);
  expect(fanOut(list, 1, 0.95, 0)).toBeCloseTo(30, 10);
  // two of two below it: each 97.5 of 100 times, one doubling further out
  expect(fanOut(list, 2, 0.95, 0)).toBeCloseTo(30 + 20 / Math.log2(10) - 0.16, 1);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 63 }), fc.double({ min: 0.5, max: 0.99, noNaN: true }), (shards, share) => {
      expect(fanOut(list, shards + 1, share, 1)).toBeGreaterThan(fanOut(list, shards, share, 1));
    }),
  );
});

test("a list that reads all hosts grows with them; one that walks an index does not", () => {
  const online = { name: "hosts online", p50: 100, p95: 200 };
  expect(atSize(online, 100_000, 1_000_000)).toEqual({ name: "hosts online", p50: 1000, p95: 2000 });
  const byName = { name: "hosts by hostname asc", p50: 10, p95: 20 };
  expect(atSize(byName, 100_000, 1_000_000)).toEqual(byName);
});

const BURST = {
  shards: 16,
  processes: 64,
  devices: 2000,
  withinMs: 500,
  cores: 8,
  insertMs: 7,
  roundTripMs: 0.5,
  commitMs: 1,
  commitVariesMs: 2,
  seed: 7,
};

test("a burst of one software: the same in every run; a table that each takes for itself is a convoy, one that is written for all is not", () => {
  const forItself = catalogueBurst({ ...BURST, design: "reference table, each for itself" });
  const gathered = catalogueBurst({ ...BURST, design: "reference table, gathered" });
  const single = catalogueBurst({ ...BURST, design: "one writer, copies follow" });
  expect(catalogueBurst({ ...BURST, design: "reference table, gathered" })).toEqual(gathered);
  expect(forItself.max).toBeGreaterThan(gathered.max * 5);
  expect(gathered.max).toBeGreaterThan(single.max);
  for (const result of [forItself, gathered, single]) {
    // the first waits for nobody, and processes remember: far fewer batches than devices
    expect(result.waiting).toBeLessThan(result.inserts);
    expect(result.inserts).toBeLessThan(BURST.devices / 4);
  }
});

test("one device brings one batch, and waits for a look-up, its insert and the commits", () => {
  const one = { ...BURST, devices: 1, commitVariesMs: 0 };
  const single = catalogueBurst({ ...one, design: "one writer, copies follow" });
  expect(single).toMatchObject({ inserts: 1, waiting: 0 });
  expect(single.max).toBeCloseTo(0.5 + 0.25 + 7 + 1 + 0.25, 10);
  // prepared and committed, a round trip each
  expect(catalogueBurst({ ...one, design: "reference table, each for itself" }).max).toBeCloseTo(
    0.5 + 0.25 + 7 + 2 * 1.5 + 0.25,
    10,
  );
});
