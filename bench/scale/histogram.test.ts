import fc from "fast-check";
import { expect, test } from "vitest";
import { Histogram } from "./histogram.ts";

test("percentiles are those of the values, to a step", () => {
  const values = fc.array(fc.double({ min: 0.02, max: 50_000, noNaN: true }), { minLength: 1, maxLength: 300 });
  fc.assert(
    fc.property(values, (durations) => {
      const histogram = new Histogram();
      for (const ms of durations) histogram.add(ms);
      const sorted = durations.toSorted((a, b) => a - b);
      const { p50, p99, max, count } = histogram.figures(1);
      expect(count).toBe(durations.length);
      expect(max).toBe(sorted.at(-1));
      for (const [share, found] of [
        [0.5, p50],
        [0.99, p99],
      ] as const) {
        const exact = sorted[Math.ceil(sorted.length * share) - 1] ?? 0;
        expect(found).toBeGreaterThanOrEqual(exact * 0.999);
        expect(found).toBeLessThanOrEqual(exact * 1.013);
      }
    }),
  );
});

test("nothing counted is zero", () => {
  expect(new Histogram().figures(1)).toEqual({ count: 0, perSecond: 0, p50: 0, p95: 0, p99: 0, max: 0 });
});
