import { expect, test } from "vitest";
import { Pace } from "./pace.ts";

/** Steps that last as long as they are told to. */
async function after(pace: Pace, ...lasts: number[]): Promise<number> {
  for (const last of lasts) {
    const times = [0, last];
    // oxlint-disable-next-line no-await-in-loop -- one step after the other
    await pace.step(
      async () => 1,
      () => times.shift() ?? 0,
    );
  }
  return pace.size;
}

test("a step takes on less after one that lasted too long, in proportion, and never less than the least", async () => {
  expect(await after(new Pace({ most: 1000, least: 50 }))).toBe(1000);
  expect(await after(new Pace({ most: 1000, least: 50 }), 800)).toBe(500);
  expect(await after(new Pace({ most: 1000, least: 50 }), 800, 800)).toBe(250);
  expect(await after(new Pace({ most: 1000, least: 50 }), 60_000)).toBe(50);
});

test("quick steps bring it back to the most; those in between leave it", async () => {
  expect(await after(new Pace({ most: 1000, least: 50 }), 1600, 300)).toBe(250);
  expect(await after(new Pace({ most: 1000, least: 50 }), 1600, 100, 100, 100)).toBe(1000);
});

test("a step that had nothing to do teaches nothing; the first may take on less than the most", async () => {
  const pace = new Pace({ most: 1000, least: 50, first: 200 });
  const times = [0, 0, 800];
  const clock = () => times.shift() ?? 0;
  expect(await pace.step(async () => 0, clock)).toBe(0);
  expect(pace.size).toBe(200);
  expect(await pace.step(async (size) => size, clock)).toBe(200);
  expect(pace.size).toBe(100);
});

test("a step that fails teaches as well", async () => {
  const pace = new Pace({ most: 100, least: 10 });
  const times = [0, 800];
  const failing = pace.step(
    async () => {
      throw new Error("a conflict");
    },
    () => times.shift() ?? 0,
  );
  await expect(failing).rejects.toThrow("a conflict");
  expect(pace.size).toBe(50);
});
