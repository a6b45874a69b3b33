import fc from "fast-check";
import { expect, it } from "vitest";
import { openingCutoff } from "./openings.ts";

it("the line of unopened software is the beginning of a day, `days` days before today", () => {
  expect(openingCutoff(new Date("2026-11-21T14:43:00Z"), 90).toISOString()).toBe("2026-08-23T00:00:00.000Z");
  fc.assert(
    fc.property(
      fc.date({ min: new Date("2000-01-01"), max: new Date("2100-01-01"), noInvalidDate: true }),
      fc.integer({ min: 1, max: 3650 }),
      (now, days) => {
        const cutoff = openingCutoff(now, days);
        expect(cutoff.toISOString().slice(11)).toBe("00:00:00.000Z");
        const age = now.getTime() - cutoff.getTime();
        expect(Math.floor(age / 86_400_000)).toBe(days);
      },
    ),
  );
});
