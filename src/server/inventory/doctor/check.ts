import type { Database } from "../../database/tables.ts";

/** Rows of one kind that a check found wrong. */
export interface Found {
  /** How many there are. */
  count: number;
  /** Up to {@link FOUND_MAX} of them, by what `repair` takes; the checker comes again for the rest. */
  ids: readonly number[];
  /** A few of them, in words. */
  samples: readonly string[];
}

/** Ids that one look carries: bounds memory and the repair's transaction, whatever is broken. */
export const FOUND_MAX = 1000;
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
  find: (db: Database, now: Date) => Promise<Found>;
  /** Puts these right while servers run. Null: nothing can be done safely by a program. */
  repair: ((db: Database, ids: readonly number[], now: Date) => Promise<void>) | null;
}

/** What a check's statement gives for each row that is wrong. */
export interface WrongRow {
  id: number;
  words: string;
  /** All that are wrong, not only those given. */
  total: number;
}

export function foundOf(rows: readonly WrongRow[]): Found {
  return {
    count: rows[0]?.total ?? 0,
    ids: rows.map((row) => row.id),
    samples: rows.slice(0, SAMPLES_MAX).map((row) => row.words),
  };
}
