import { seeded } from "../fleet/random.ts";

/** How new software gets into the copies of the catalogue. */
export type CatalogueDesign =
  /** The row is written to every copy in one transaction of two phases; others who bring it wait until that ends. */
  | "reference table"
  /** It is written to the coordinator alone and follows to the copies by replication; a link needs only its id. */
  | "one writer, copies follow";

export interface Burst {
  design: CatalogueDesign;
  shards: number;
  /** Server processes: each remembers the software that it has met once. */
  processes: number;
  /** Devices that bring the same new software, and the milliseconds within which they come. */
  devices: number;
  withinMs: number;
  /** Processors of the node that takes the inserts, and what a batch costs there. */
  cores: number;
  insertMs: number;
  /** A round trip to that node. */
  roundTripMs: number;
  /** Making a commit durable on one node: at least so much, and on top what varies, on average. */
  commitMs: number;
  commitVariesMs: number;
  seed: number;
}

export interface BurstResult {
  /** Batches sent: those after the first are for nothing. */
  inserts: number;
  /** Batches that waited for another one's commit at the same moment. */
  waitingMax: number;
  /** Milliseconds that check-ins waited for phase 1. */
  p50: number;
  p99: number;
  max: number;
}

/**
 * Many devices bring the same new software at one moment, on all shards: Fleet's convoy (its issue 48719), with copies of the catalogue on
 * several nodes. Events in the order of time; every check-in looks up, inserts what it does not find, and meets the unique index.
 */
export function catalogueBurst(burst: Burst): BurstResult {
  const draw = randomNumbers(burst.seed);
  const arrivals = Array.from({ length: burst.devices }, () => draw() * burst.withinMs).toSorted((a, b) => a - b);
  const knownSince = Array.from({ length: burst.processes }, () => Infinity);
  const busyUntil = Array.from({ length: burst.cores }, () => 0);
  const waits: number[] = [];
  const waiting: number[] = [];
  let committedAt = Infinity;
  let inserts = 0;
  for (const at of arrivals) {
    const process = Math.floor(draw() * burst.processes);
    if ((knownSince[process] ?? Infinity) <= at) {
      waits.push(0);
      continue;
    }
    const lookedUp = at + burst.roundTripMs;
    let done = lookedUp;
    // a row that is committed by then is found
    if (committedAt > lookedUp) {
      inserts++;
      const executed = takeCore(busyUntil, lookedUp + burst.roundTripMs / 2, burst.insertMs);
      if (committedAt === Infinity) {
        committedAt = executed + commit(burst, draw);
        done = committedAt + burst.roundTripMs / 2;
      } else {
        // the unique index lets it wait for the first one's transaction; then it is no news, and its id is looked up
        if (committedAt > executed) waiting.push(executed);
        done = Math.max(executed, committedAt) + burst.roundTripMs * 1.5;
      }
    }
    waits.push(done - at);
    knownSince[process] = Math.min(knownSince[process] ?? Infinity, done);
  }
  const sorted = waits.toSorted((a, b) => a - b);
  const atShare = (share: number): number => sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0;
  // all of them wait for the same moment, so the most at once are those that began before it
  return { inserts, waitingMax: waiting.length, p50: atShare(0.5), p99: atShare(0.99), max: sorted.at(-1) ?? 0 };
}

/** When a piece of work is done that takes the processor that is free first. */
function takeCore(busyUntil: number[], at: number, ms: number): number {
  const free = busyUntil.indexOf(Math.min(...busyUntil));
  const done = Math.max(at, busyUntil[free] ?? 0) + ms;
  busyUntil[free] = done;
  return done;
}

/** How long the first one holds the row: until it is durable on its node, or prepared and then committed on the slowest of all. */
function commit({ design, shards, roundTripMs, commitMs, commitVariesMs }: Burst, draw: () => number): number {
  const one = (): number => commitMs - Math.log(1 - draw()) * commitVariesMs;
  if (design === "one writer, copies follow") return one();
  const slowest = (): number => Math.max(...Array.from({ length: shards }, one)) + roundTripMs;
  return slowest() + slowest();
}

function randomNumbers(seed: number): () => number {
  let i = 0;
  return () => seeded(seed, i++) / 2 ** 32;
}
