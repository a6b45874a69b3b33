import { setTimeout as delay } from "node:timers/promises";
import { isRetryable } from "../../database/retry.ts";
import type { Database } from "../../database/tables.ts";
import { settleCounts } from "../settle-counts.ts";
import type { Check, Found } from "./check.ts";
import { CHECKS } from "./checks.ts";
import { Look, type Progress } from "./look.ts";

/** What became of one check. */
export interface Diagnosis {
  check: Check;
  /** Found at first; or later, where another repair brought it to light. */
  found: Found;
  /** Still wrong after the repair; the same as `found` without one. */
  left: number;
  /** How long the first look took. What several checks read together counts for the first of them. */
  seconds: number;
}

export interface Examination {
  diagnoses: Diagnosis[];
  /** What was read at first. */
  hosts: number;
  links: number;
}

export interface DoctorOptions {
  db: Database;
  now: () => Date;
  repair: boolean;
  /** Told before each check, and as it advances: they take long on a large database. */
  onProgress?: (check: Check, index: number, total: number, progress: Progress | null) => void;
  /** Told before a check's findings are repaired. */
  onRepair?: (check: Check, done: number, of: number) => void;
  /** Told once for each check: as soon as nothing more will be done about it. */
  onDiagnosis?: (diagnosis: Diagnosis) => void;
}

/**
 * Ids that one repair takes: so long nobody else writes counts. The hundred titles that most of 100,000 hosts hold (3.2 million links) are
 * counted anew in 8.5 s of CPU, others in far less.
 */
const REPAIR_AT_ONCE = 100;
/** Looks after repairs; each brings up to FOUND_MAX further ids of each check. More than this mean that repairing does not help. */
const LOOKS_MAX = 20;
const ATTEMPTS_MAX = 5;
const RETRY_MS = 200;

/**
 * Proves that the inventory agrees with itself, while servers run; with `repair`, puts right what is not. All checks read one moment of
 * the database, which they keep open as long as they take; after repairs, another one.
 */
export async function runDoctor(options: DoctorOptions): Promise<Examination> {
  const examination = await examine(options, (diagnosis) => {
    if (!willRepair(options, diagnosis)) options.onDiagnosis?.(diagnosis);
  });
  const wrong = examination.diagnoses.filter((diagnosis) => willRepair(options, diagnosis));
  if (wrong.length === 0) return examination;
  const mended = await mend(options, examination.diagnoses);
  // told already: what was in order, unless a repair brought something to light
  for (const diagnosis of mended) {
    if (wrong.some((one) => one.check === diagnosis.check) || (diagnosis.found.count > 0 && diagnosis.check.repair !== null)) {
      options.onDiagnosis?.(diagnosis);
    }
  }
  return { ...examination, diagnoses: mended };
}

function willRepair({ repair }: DoctorOptions, { check, left }: Diagnosis): boolean {
  return repair && check.repair !== null && left > 0;
}

/** Runs all checks in one moment. */
async function examine(options: DoctorOptions, onDiagnosis?: (diagnosis: Diagnosis) => void): Promise<Examination> {
  await settleCounts(options.db);
  let tell: ((progress: Progress | null) => void) | undefined;
  const look = await Look.open(options.db, options.now(), (progress) => tell?.(progress));
  try {
    const diagnoses: Diagnosis[] = [];
    for (const [index, check] of CHECKS.entries()) {
      tell = (progress) => options.onProgress?.(check, index, CHECKS.length, progress);
      tell(null);
      const startedAt = performance.now();
      // oxlint-disable-next-line no-await-in-loop -- one moment is one connection
      const found = await check.find(look);
      const diagnosis = { check, found, left: found.count, seconds: (performance.now() - startedAt) / 1000 };
      diagnoses.push(diagnosis);
      onDiagnosis?.(diagnosis);
    }
    const { hosts, links } = await look.walked();
    return { diagnoses, hosts, links };
  } finally {
    await look.close();
  }
}

/** Repairs and looks again until nothing is left, or repairing did not help. */
async function mend(options: DoctorOptions, first: readonly Diagnosis[]): Promise<Diagnosis[]> {
  let diagnoses = [...first];
  let latest = diagnoses;
  for (let looks = 0; looks < LOOKS_MAX; looks += 1) {
    const wrong = latest.filter((diagnosis) => willRepair(options, diagnosis));
    // oxlint-disable-next-line no-await-in-loop -- one's repair may leave something for the next
    for (const diagnosis of wrong) await repairFound(options, diagnosis);
    // oxlint-disable-next-line no-await-in-loop
    const next = (await examine(options)).diagnoses;
    diagnoses = diagnoses.map((before, i) => after(before, next[i]));
    const stuck = wrong.every((before) => (next.find((one) => one.check === before.check)?.left ?? 0) >= before.left);
    latest = next;
    if (stuck || !latest.some((diagnosis) => willRepair(options, diagnosis))) break;
  }
  return diagnoses;
}

function after(before: Diagnosis, next: Diagnosis | undefined): Diagnosis {
  if (next === undefined) return before;
  return { ...before, found: before.found.count === 0 ? next.found : before.found, left: next.left };
}

async function repairFound(options: DoctorOptions, { check, found }: Diagnosis): Promise<void> {
  const atOnce = check.repairs_all === true ? found.ids.length : REPAIR_AT_ONCE;
  for (let done = 0; done < found.ids.length; done += atOnce) {
    options.onRepair?.(check, done, found.ids.length);
    const ids = found.ids.slice(done, done + atOnce);
    // oxlint-disable-next-line no-await-in-loop -- one bounded transaction after the other
    await patiently(async () => check.repair?.(options.db, ids, options.now()));
  }
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
