import { setTimeout as delay } from "node:timers/promises";
import { isRetryable } from "../../database/retry.ts";
import type { Database } from "../../database/tables.ts";
import { settleCounts } from "../settle-counts.ts";
import type { Check, Found } from "./check.ts";
import { CHECKS } from "./checks.ts";
import { boundMemoryInTx } from "./count-check-store.ts";

/** What became of one check. */
export interface Diagnosis {
  check: Check;
  /** Found at first. */
  found: Found;
  /** Still wrong after the repair; the same as `found` without one. */
  left: number;
  seconds: number;
}

export interface DoctorOptions {
  db: Database;
  now: () => Date;
  repair: boolean;
  /** Told before each check: they take long on a large database. */
  onCheck?: (check: Check, index: number, total: number) => void;
  onDiagnosis?: (diagnosis: Diagnosis) => void;
}

/** Each round mends up to FOUND_MAX ids; more rounds than this mean that mending does not help. */
const ROUNDS_MAX = 10_000;
const ATTEMPTS_MAX = 5;
const RETRY_MS = 200;

/**
 * Proves that the inventory agrees with itself, check by check, while servers run; with `repair`, puts right what is not. Each check reads one
 * moment of the database; memory is the database's own, bounded by `work_mem`.
 */
export async function runDoctor(options: DoctorOptions): Promise<Diagnosis[]> {
  await settleCounts(options.db);
  const diagnoses: Diagnosis[] = [];
  for (const [index, check] of CHECKS.entries()) {
    options.onCheck?.(check, index, CHECKS.length);
    const startedAt = performance.now();
    // oxlint-disable-next-line no-await-in-loop -- one's repair may leave something for the next
    const found = await look(options, check);
    // oxlint-disable-next-line no-await-in-loop
    const left = options.repair && check.repair !== null ? await mend(options, check, found) : found.count;
    const diagnosis = { check, found, left, seconds: (performance.now() - startedAt) / 1000 };
    diagnoses.push(diagnosis);
    options.onDiagnosis?.(diagnosis);
  }
  return diagnoses;
}

/** Reads one moment. */
async function look({ db, now }: DoctorOptions, check: Check): Promise<Found> {
  return db
    .transaction()
    .setIsolationLevel("repeatable read")
    .setAccessMode("read only")
    .execute(async (tx) => {
      await boundMemoryInTx(tx);
      return await check.find(tx, now());
    });
}

/** Mends round by round until nothing is left, or a round did not help. Returns how many are left. */
async function mend(options: DoctorOptions, check: Check, first: Found): Promise<number> {
  let found = first;
  for (let round = 0; found.count > 0 && round < ROUNDS_MAX; round += 1) {
    // oxlint-disable-next-line no-await-in-loop
    await patiently(async () => check.repair?.(options.db, found.ids, options.now()));
    // oxlint-disable-next-line no-await-in-loop
    const next = await look(options, check);
    if (next.count >= found.count) return next.count;
    found = next;
  }
  return found.count;
}

/** Tries again when only others' locks were in the way. */
async function patiently(work: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      // oxlint-disable-next-line no-await-in-loop
      return await work();
    } catch (error) {
      if (!isRetryable(error) || attempt >= ATTEMPTS_MAX) throw error;
      // oxlint-disable-next-line no-await-in-loop
      await delay(RETRY_MS * attempt);
    }
  }
}
