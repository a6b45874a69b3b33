import { seeded } from "../fleet/random.ts";

/** How new software gets into the copies of the catalogue. */
export type CatalogueDesign =
  /**
   * Each check-in writes what it misses to every copy, in a transaction of two phases. Citus lets an insert with ON CONFLICT have a reference
   * table for itself until it ends, also one that finds nothing to insert (its issues 2302 and 4784).
   */
  | "reference table, each for itself"
  /** What is missing is put down on the coordinator; whoever has the turn writes all that stands there to every copy. */
  | "reference table, gathered"
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
  /** Batches that had to wait for another one's commit. */
  waiting: number;
  /** Milliseconds that check-ins waited for phase 1. */
  p50: number;
  p99: number;
  max: number;
}

/**
 * Many devices bring the same new software at one moment, on all shards: Fleet's convoy (its issue 48719), with copies of the catalogue on
 * several nodes. Check-ins in the order of time; each looks up, inserts what it does not find, and meets those who did so before it.
 */
export function catalogueBurst(burst: Burst): BurstResult {
  const draw = randomNumbers(burst.seed);
  const arrivals = Array.from({ length: burst.devices }, () => draw() * burst.withinMs).toSorted((a, b) => a - b);
  const knownSince = Array.from({ length: burst.processes }, () => Infinity);
  const node = new Writer(burst, draw);
  const waits: number[] = [];
  for (const at of arrivals) {
    const process = Math.floor(draw() * burst.processes);
    const known = knownSince[process] ?? Infinity;
    const done = known <= at ? at : node.checkIn(at);
    knownSince[process] = Math.min(known, done);
    waits.push(done - at);
  }
  const sorted = waits.toSorted((a, b) => a - b);
  const atShare = (share: number): number => sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0;
  return { inserts: node.inserts, waiting: node.waiting, p50: atShare(0.5), p99: atShare(0.99), max: sorted.at(-1) ?? 0 };
}

/** An insert that finds everything there already still looks into the indexes. */
const NOTHING_NEW_SHARE = 0.2;

/** The node that takes the inserts. */
class Writer {
  inserts = 0;
  waiting = 0;
  readonly #burst: Burst;
  readonly #draw: () => number;
  readonly #busyUntil: number[];
  #committedAt = Infinity;
  #tableFreeAt = 0;

  constructor(burst: Burst, draw: () => number) {
    this.#burst = burst;
    this.#draw = draw;
    this.#busyUntil = Array.from({ length: burst.cores }, () => 0);
  }

  /** @returns when the check-in that came at this moment has the ids that it needs */
  checkIn(at: number): number {
    const { roundTripMs, design } = this.#burst;
    const lookedUp = at + roundTripMs;
    // a row that is committed by then is found
    if (this.#committedAt <= lookedUp) return lookedUp;
    this.inserts++;
    const arrived = lookedUp + roundTripMs / 2;
    return design === "reference table, each for itself" ? this.#takeTurn(arrived) : this.#meet(arrived);
  }

  /** The table is one's own until the commit on all copies, whether anything is new or not. */
  #takeTurn(arrived: number): number {
    const { insertMs, roundTripMs } = this.#burst;
    if (this.#tableFreeAt > arrived) this.waiting++;
    const isFirst = this.#committedAt === Infinity;
    const written = takeCore(this.#busyUntil, Math.max(arrived, this.#tableFreeAt), insertMs * (isFirst ? 1 : NOTHING_NEW_SHARE));
    this.#tableFreeAt = written + this.#commit();
    if (isFirst) this.#committedAt = this.#tableFreeAt;
    return this.#tableFreeAt + roundTripMs * (isFirst ? 0.5 : 1.5);
  }

  /** Others wait for the first one's commit, by the unique index or for the turn; then it is no news, and its id is looked up. */
  #meet(arrived: number): number {
    const { insertMs, roundTripMs } = this.#burst;
    const written = takeCore(this.#busyUntil, arrived, insertMs);
    if (this.#committedAt === Infinity) {
      this.#committedAt = written + this.#commit();
      return this.#committedAt + roundTripMs / 2;
    }
    if (this.#committedAt > written) this.waiting++;
    return Math.max(written, this.#committedAt) + roundTripMs * 1.5;
  }

  /** Until it is durable on its node, or prepared and then committed on the slowest of all. */
  #commit(): number {
    const { design, shards, roundTripMs, commitMs, commitVariesMs } = this.#burst;
    const one = (): number => commitMs - Math.log(1 - this.#draw()) * commitVariesMs;
    if (design === "one writer, copies follow") return one();
    const slowest = (): number => Math.max(...Array.from({ length: shards }, one)) + roundTripMs;
    return slowest() + slowest();
  }
}

/** When a piece of work is done that takes the processor that is free first. */
function takeCore(busyUntil: number[], at: number, ms: number): number {
  const free = busyUntil.indexOf(Math.min(...busyUntil));
  const done = Math.max(at, busyUntil[free] ?? 0) + ms;
  busyUntil[free] = done;
  return done;
}

function randomNumbers(seed: number): () => number {
  let i = 0;
  return () => seeded(seed, i++) / 2 ** 32;
}
