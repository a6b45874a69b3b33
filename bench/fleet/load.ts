import { Connection } from "./connection.ts";

/** One unit of load on a connection: sends its requests and notes how long each took. Throws when an answer is not the right one. */
export type Step = (connection: Connection) => Promise<void>;

export interface LoadOptions {
  port: number;
  connections: number;
  /** The load ends after so many seconds… */
  seconds: number;
  /** …or so many steps, whichever comes first. */
  countMax: number;
  /** Makes the next step; null: there is no more. Building bodies here keeps it out of the latencies. */
  next(): Step | null;
}

export interface LoadResult {
  count: number;
  /** From the first request to the last answer. */
  seconds: number;
  errors: number;
  /** The first few, in words. */
  errorSamples: string[];
}

const ERROR_SAMPLES_MAX = 5;

/**
 * A closed loop: every connection sends its next request as soon as the last was answered. Throughput is then what the server can
 * do; latencies are those at that load, with as many requests under way as there are connections.
 */
export async function closedLoop(options: LoadOptions): Promise<LoadResult> {
  const result: LoadResult = { count: 0, seconds: 0, errors: 0, errorSamples: [] };
  const opened = await Promise.all(Array.from({ length: options.connections }, () => Connection.open(options.port)));
  const started = performance.now();
  const end = started + options.seconds * 1000;
  let taken = 0;
  async function run(first: Connection): Promise<void> {
    let connection = first;
    while (performance.now() < end && taken < options.countMax && result.errors < 100) {
      const step = options.next();
      if (step === null) break;
      taken++;
      try {
        await step(connection);
        result.count++;
      } catch (error) {
        result.errors++;
        if (result.errorSamples.length < ERROR_SAMPLES_MAX) result.errorSamples.push(String(error));
        connection.close();
        connection = await Connection.open(options.port);
      }
    }
    connection.close();
  }
  await Promise.all(opened.map(run));
  result.seconds = (performance.now() - started) / 1000;
  return result;
}

export interface Percentiles {
  p50: number;
  p95: number;
  p99: number;
  max: number;
}

/** Gathers durations in milliseconds. */
export class Latencies {
  #values: number[] = [];

  async time<T>(work: () => Promise<T>): Promise<T> {
    const started = performance.now();
    const value = await work();
    this.#values.push(performance.now() - started);
    return value;
  }

  /** By nearest rank; zeros when there is none. */
  percentiles(): Percentiles {
    const sorted = Float64Array.from(this.#values).toSorted();
    const at = (share: number): number => sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0;
    return { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) };
  }
}
