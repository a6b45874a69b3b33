import { testDatabase } from "#test/support/postgres.ts";
import { checkCounts, checkHistory, checkHoldings, checkLabels, checkOrphans, rememberMoment } from "./checks.ts";
import { Random } from "./random.ts";
import { nextStep } from "./steps.ts";
import { World } from "./world.ts";

export interface SeedOptions {
  seed: number;
  devices: number;
  steps: number;
  /** Maintenance address of a PostgreSQL that the simulation may crash. */
  postgresUrl: string;
  /** Asserts after every step, to find the one that did it; takes the same decisions. */
  thorough?: boolean;
  /** Told each step before it is taken. */
  onStep?: (step: number, kind: string) => void;
}

export interface SeedResult {
  seed: number;
  steps: number;
  milliseconds: number;
  /** How often what was done. */
  done: Record<string, number>;
}

/** A seed that failed, with all that it takes to see it again. */
export class SeedFailure extends Error {
  override readonly name = "SeedFailure";

  constructor(seed: number, step: number, kind: string, cause: unknown) {
    const words = cause instanceof Error ? cause.message : String(cause);
    super(`seed ${seed} failed at step ${step} (${kind}): ${words}`, { cause });
  }
}

/** Plays one seed on a database of its own, and asserts all that must hold, at some steps and at the end. @throws {SeedFailure} */
export async function runSeed(options: SeedOptions): Promise<SeedResult> {
  const startedAt = performance.now();
  const database = await testDatabase(options.postgresUrl);
  const random = new Random(options.seed);
  const world = await World.make(random, database.url, options.devices);
  let at = { step: 0, kind: "first reports" };
  try {
    await Promise.all(world.devices.map((device, i) => world.deliver(device, i)));
    for (let step = 1; step <= options.steps; step++) {
      const { kind, run } = nextStep(world);
      const [isMoment, isLook] = [random.chance(0.25), random.chance(0.1)];
      at = { step, kind };
      options.onStep?.(step, kind);
      world.count(kind);
      await world.replica.refresh();
      await run();
      if (isMoment) await rememberMoment(world, step);
      if (!isLook && options.thorough !== true) continue;
      await checkHoldings(world);
      await checkCounts(world);
    }
    at = { step: options.steps, kind: "the end" };
    for (const check of [checkHoldings, checkCounts, checkLabels, checkHistory, checkOrphans, checkCounts]) await check(world);
  } catch (error) {
    throw new SeedFailure(options.seed, at.step, at.kind, error);
  } finally {
    await world.close().catch(() => undefined);
    await database.close().catch(() => undefined);
  }
  const milliseconds = Math.round(performance.now() - startedAt);
  return { seed: options.seed, steps: options.steps, milliseconds, done: Object.fromEntries(world.done) };
}
