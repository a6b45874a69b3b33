import type { Database } from "../../database/tables.ts";
import type { Look } from "./look.ts";

/** Rows of one kind that a check found wrong. */
export interface Found {
  /** How many there are. */
  count: number;
  /** Up to {@link FOUND_MAX} of them, by what `repair` takes; the next look brings the rest. */
  ids: readonly number[];
  /** A few of them, in words. */
  samples: readonly string[];
  /** What could not be looked at in this moment, and why; nothing is said of it. */
  left_out: readonly string[];
}

/** Ids that one look carries: bounds memory, whatever is broken. A repair takes them in batches of its own. */
export const FOUND_MAX = 100_000;
export const SAMPLES_MAX = 5;

/** One thing that must be true of the database. */
export interface Check {
  /** Its name in output and documentation. */
  name: string;
  /** What is proven when nothing is found. */
  proves: string;
  /** What is wrong, after the number: `3 versions with a wrong number of hosts`. */
  finding: readonly [one: string, many: string];
  /** What `--repair` does about it; or, where it does nothing, what to do. */
  remedy: string;
  find: (look: Look) => Promise<Found>;
  /** Puts a batch of these right while servers run. Null: nothing can be done safely by a program. */
  repair: ((db: Database, ids: readonly number[], now: Date) => Promise<void>) | null;
  /** One repair puts everything right, whatever ids it is given. */
  repairs_all?: true;
}

/** Findings as they come up, bounded. */
export class Findings {
  readonly #ids = new Set<number>();
  readonly #samples: string[] = [];
  readonly #leftOut: string[] = [];
  #count = 0;

  /** @param words called only for the few that are shown */
  add(id: number, words: () => string): void {
    this.#count += 1;
    if (this.#ids.size < FOUND_MAX) this.#ids.add(id);
    if (this.#samples.length < SAMPLES_MAX) this.#samples.push(words());
  }

  /** Adds what another statement of the same check found. */
  addAll({ count, ids, samples, left_out }: Found): void {
    this.#count += count;
    for (const id of ids) if (this.#ids.size < FOUND_MAX) this.#ids.add(id);
    this.#samples.push(...samples.slice(0, SAMPLES_MAX - this.#samples.length));
    this.#leftOut.push(...left_out);
  }

  leaveOut(words: string): void {
    this.#leftOut.push(words);
  }

  result(): Found {
    return { count: this.#count, ids: [...this.#ids], samples: this.#samples, left_out: this.#leftOut };
  }
}
