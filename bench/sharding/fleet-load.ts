import type { Cost, MeasuredCosts } from "./measured-costs.ts";

/** What a fleet is assumed to do; every one is an option of `npm run bench -- past-one-primary`. */
export interface Assumptions {
  /** Of the devices, those that are switched on, in percent. */
  online: number;
  /** Seconds between two polls of a device. */
  poll: number;
  /** Seconds between two reports of a device. */
  report: number;
  /** Of 100 reports, those with changed software in a usual hour, and in the hour after a patch day began. */
  changed: number;
  changedPeak: number;
  /** Rows that a year keeps of a device's history: events a day, each so many bytes (decision 0003), for so many days. */
  events: number;
  eventBytes: number;
  retention: number;
  /** Software that nobody had before, rows a day for each 1,000 devices. */
  newSoftware: number;
  /** CPU microseconds and bytes of log for one such row, on each copy of the catalogue (decision 0007). */
  newSoftwareUs: number;
  newSoftwareLog: number;
  /** Rows of the catalogue; each copy has all of them. */
  catalogue: number;
  /** Lists and pages asked for, a second for each 100,000 devices. */
  lists: number;
  /** Milliseconds that folding the ledger row of one changed report takes, while it holds the one lock of counts. */
  foldMs: number;
  /** Seconds for which a seen time is kept in memory before it is written; 0: each poll writes one row, as now. */
  seenSeconds: number;
}

/** What one primary may be used for, of each of its resources. */
export interface Primary {
  cores: number;
  logMegabytes: number;
  diskGigabytes: number;
  memoryGigabytes: number;
  /** Of 1, how far any of them is used; the rest is for clean-up, backups, copies, and a peak within the second. */
  use: number;
}

export interface FleetLoad {
  hosts: number;
  pollsPerSecond: number;
  reportsPerSecond: number;
  changedPerSecond: number;
  /** Rows written to the tables of hosts. */
  seenTimesPerSecond: number;
  newSoftwarePerSecond: number;
  serverCores: number;
  databaseCores: number;
  logMegabytesPerSecond: number;
  /** Of a host: tables with indexes, history as long as it is kept. The catalogue comes once for each copy. */
  diskGigabytes: number;
  catalogueGigabytes: number;
  /** What every poll and report touches: without links and history. */
  hotGigabytes: number;
  /** Of one second, how long the lock of counts is held. */
  foldShare: number;
}

const MEGA = 1e6;
const GIGA = 1e9;
const DAY = 86_400;

/**
 * What a fleet asks of servers and databases, by the measured costs.
 *
 * @param changedPercent of 100 reports, those with changed software
 */
export function fleetLoad(costs: MeasuredCosts, assumed: Assumptions, hosts: number, changedPercent: number): FleetLoad {
  const online = (hosts * assumed.online) / 100;
  const polls = online / assumed.poll;
  const reports = online / assumed.report;
  const changed = (reports * changedPercent) / 100;
  const seenTimes = Math.min(polls, online / Math.max(assumed.seenSeconds, 1));
  const fresh = ((hosts / 1000) * assumed.newSoftware) / DAY;
  const lists = (hosts / 100_000) * assumed.lists;
  const sum = (value: (cost: Cost) => number): number =>
    (reports - changed) * value(costs.unchangedReport) + changed * value(costs.changedReport) + lists * value(costs.list);
  const serverMs = polls * costs.poll.serverMs + sum((cost) => cost.serverMs);
  const databaseMs =
    seenTimes * costs.seenTime.databaseMs + sum((cost) => cost.databaseMs) + (fresh * assumed.newSoftwareUs) / 1000;
  const logBytes = seenTimes * costs.seenTime.logBytes + sum((cost) => cost.logBytes) + fresh * assumed.newSoftwareLog;
  const historyBytes = assumed.events * assumed.eventBytes * assumed.retention;
  return {
    hosts,
    pollsPerSecond: polls,
    reportsPerSecond: reports,
    changedPerSecond: changed,
    seenTimesPerSecond: seenTimes,
    newSoftwarePerSecond: fresh,
    serverCores: serverMs / 1000,
    databaseCores: databaseMs / 1000,
    logMegabytesPerSecond: logBytes / MEGA,
    diskGigabytes: (hosts * (costs.linkBytes + costs.otherHostBytes + historyBytes)) / GIGA,
    catalogueGigabytes: (assumed.catalogue * costs.catalogueBytes) / GIGA,
    hotGigabytes: (hosts * costs.otherHostBytes) / GIGA,
    foldShare: (changed * assumed.foldMs) / 1000,
  };
}

export type Resource = "cores" | "log" | "disk" | "memory" | "fold";

/** How much of each resource of one primary a load takes; 1: as much as it may. */
export function usedOf(load: FleetLoad, primary: Primary): Record<Resource, number> {
  const of = (value: number, limit: number): number => value / (limit * primary.use);
  return {
    cores: of(load.databaseCores, primary.cores),
    log: of(load.logMegabytesPerSecond, primary.logMegabytes),
    disk: of(load.diskGigabytes + load.catalogueGigabytes, primary.diskGigabytes),
    memory: of(load.hotGigabytes + load.catalogueGigabytes, primary.memoryGigabytes),
    // a lock is one core, however many there are
    fold: of(load.foldShare, 1),
  };
}

export interface Filled {
  resource: Resource;
  /** Devices at which it is full. */
  hosts: number;
}

/** The resources of one primary, by the size of the fleet that fills them; the first one is what bounds it. */
export function fullAt(costs: MeasuredCosts, assumed: Assumptions, primary: Primary): Filled[] {
  const none = usedOf(fleetLoad(costs, assumed, 0, assumed.changedPeak), primary);
  const some = usedOf(fleetLoad(costs, assumed, SAMPLE, assumed.changedPeak), primary);
  // everything is proportional to the fleet, but for the catalogue, which is there anyway
  return (Object.keys(none) as Resource[])
    .map((resource) => ({ resource, hosts: (SAMPLE * (1 - none[resource])) / (some[resource] - none[resource]) }))
    .toSorted((a, b) => a.hosts - b.hosts);
}

const SAMPLE = 1_000_000;

/** Shards of equal size that carry a fleet, each with a copy of the catalogue: the fewest of which none is over its limits. */
export function shardsFor(costs: MeasuredCosts, assumed: Assumptions, primary: Primary, hosts: number): number {
  const [first] = fullAt(costs, assumed, primary);
  if (first === undefined || first.hosts <= 0) throw new RangeError("one copy of the catalogue fills a primary already");
  const byLoad = Math.max(1, Math.ceil(hosts / first.hosts));
  return shardsWithCopies(costs, assumed, primary, hosts, byLoad);
}

/** Each shard writes all new software: what the whole fleet brings, not its own share. */
function shardsWithCopies(costs: MeasuredCosts, assumed: Assumptions, primary: Primary, hosts: number, least: number): number {
  for (let shards = least; shards <= least * COPIES_FACTOR_MAX; shards++) {
    const own = usedOf(shardLoad(costs, assumed, hosts, shards), primary);
    if (Math.max(...Object.values(own)) <= 1) return shards;
  }
  throw new RangeError(`no number of shards carries ${hosts} devices: each would be full with the catalogue's copy`);
}

const COPIES_FACTOR_MAX = 8;

/** The load of one shard in a peak hour: its part of the devices, and all of the catalogue. */
export function shardLoad(costs: MeasuredCosts, assumed: Assumptions, hosts: number, shards: number): FleetLoad {
  const part = fleetLoad(costs, { ...assumed, newSoftware: assumed.newSoftware * shards }, hosts / shards, assumed.changedPeak);
  return part;
}
