import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { backoffMs } from "./backoff.ts";
import { systemClock } from "./system/clock.ts";
import { Wake } from "./wake.ts";

describe("backoffMs", () => {
  test("grows with the failures up to five minutes, over the whole range at random", () => {
    const most = [1, 2, 3, 9, 10, 1000].map((failures) => backoffMs(failures, 0.999_999, null));
    expect(most).toEqual([1000, 2000, 4000, 256_000, 300_000, 300_000]);
    expect(backoffMs(5, 0, null)).toBe(500);
    expect(backoffMs(5, 0.5, null)).toBe(8000);
  });

  test("never comes before Retry-After says, and never waits more than an hour and five minutes", () => {
    fc.assert(
      fc.property(fc.nat(2000), fc.double({ min: 0, max: 0.999, noNaN: true }), fc.nat(1e9), (failures, random, after) => {
        const wait = backoffMs(failures + 1, random, after);
        expect(wait).toBeGreaterThanOrEqual(Math.min(after, 3600) * 1000);
        expect(wait).toBeLessThanOrEqual(3_900_000);
      }),
    );
  });
});

describe("Wake", () => {
  const never = new AbortController().signal;

  test("keeps reasons that come early and gives equal ones once", async () => {
    const wake = new Wake<string>(systemClock);
    wake.wake("a");
    wake.wake("a");
    wake.wake("b");
    expect([...(await wake.wait(60_000, never))]).toEqual(["a", "b"]);
    expect([...wake.take()]).toEqual([]);
  });

  test("ends early for a reason, and without one when the time is over or the signal aborts", async () => {
    const wake = new Wake<string>(systemClock);
    const waiting = wake.wait(60_000, never);
    wake.wake("now");
    expect([...(await waiting)]).toEqual(["now"]);
    expect([...(await wake.wait(10, never))]).toEqual([]);
    expect([...(await wake.wait(60_000, AbortSignal.abort()))]).toEqual([]);
  });
});
