import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { EmbeddedPostgres } from "#server/database/embedded.ts";
import { startTestPostgres } from "#test/support/postgres-setup.ts";
import { Random } from "./model/random.ts";
import { runSeed } from "./model/run-seed.ts";

/** A few short seeds; `npm run simulate -- --seeds 1-100` plays more and longer ones. */
let postgres: EmbeddedPostgres;

beforeAll(async () => {
  // one of its own: the simulation crashes it
  postgres = await startTestPostgres({ synchronous_commit: "on" });
}, 120_000);
afterAll(() => postgres.stop());

async function play(seed: number, steps: number): Promise<string[]> {
  const kinds: string[] = [];
  await runSeed({ seed, devices: 6, steps, postgresUrl: postgres.url, onStep: (_step, kind) => kinds.push(kind) });
  return kinds;
}

describe("the seeded simulation", { timeout: 300_000 }, () => {
  test.each([101, 102, 103])("seed %i ends with everything right", async (seed) => {
    expect(await play(seed, 14)).toHaveLength(14);
  });

  test("takes the same decisions for the same seed", async () => {
    const first = await play(104, 5);
    expect(await play(104, 5)).toEqual(first);
  });
});

describe("random decisions", () => {
  test("are the same for the same seed, others for another, and within their bounds", () => {
    const drawn = (seed: number): number[] => {
      const random = new Random(seed);
      return Array.from({ length: 1000 }, () => random.int(-3, 7));
    };
    expect(drawn(1)).toEqual(drawn(1));
    expect(drawn(1)).not.toEqual(drawn(2));
    expect([Math.min(...drawn(3)), Math.max(...drawn(3))]).toEqual([-3, 7]);
  });

  test("some of a list are different ones of it", () => {
    const random = new Random(5);
    const list = [1, 2, 3, 4, 5];
    for (let n = 0; n < 50; n++) {
      const some = random.some(list, 3);
      expect(new Set(some).size).toBe(3);
      expect(list).toEqual(expect.arrayContaining(some));
    }
    expect(random.some(list, 9).toSorted((a, b) => a - b)).toEqual(list);
  });
});
