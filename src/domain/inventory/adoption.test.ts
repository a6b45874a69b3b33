import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { adoptionOf, daysBetween, type CountSince } from "./adoption.ts";

const DAYS = daysBetween(new Date("2026-02-27T10:00:00Z"), new Date("2026-03-02T09:00:00Z"));

describe("adoption", () => {
  it("has every day once, over the end of a month", () => {
    expect(DAYS).toEqual(["2026-02-27", "2026-02-28", "2026-03-01", "2026-03-02"]);
  });

  it("holds a count until the next one, adds rows of one version, and puts the rest together", () => {
    const names = [
      { id: 1, version: "1.0" },
      { id: 2, version: "2.0" },
      { id: 3, version: "2.0" },
      { id: 4, version: "0.9" },
    ];
    const counts = [
      { software_id: 1, day: "2026-01-01", hosts_count: 9 },
      { software_id: 4, day: "2026-01-01", hosts_count: 1 },
      { software_id: 2, day: "2026-02-28", hosts_count: 4 },
      { software_id: 1, day: "2026-03-01", hosts_count: 2 },
      { software_id: 3, day: "2026-03-01", hosts_count: 3 },
      { software_id: 4, day: "2026-03-02", hosts_count: 0 },
    ];
    expect(adoptionOf(names, counts, DAYS, 2)).toEqual({
      days: DAYS,
      versions: [
        { version: "1.0", hosts_counts: [9, 9, 2, 2] },
        { version: "2.0", hosts_counts: [0, 4, 7, 7] },
      ],
      other: { versions_count: 1, hosts_counts: [1, 1, 1, 0] },
    });
  });

  it("loses no host, whatever number of versions stands for itself", () => {
    const count = fc.record({
      software_id: fc.integer({ min: 1, max: 6 }),
      day: fc.constantFrom("2026-01-01", ...DAYS),
      hosts_count: fc.nat(9),
    });
    const order = (list: CountSince[]) => list.toSorted((a, b) => (a.day < b.day ? -1 : a.day > b.day ? 1 : 0));
    const names = Array.from({ length: 6 }, (_, i) => ({ id: i + 1, version: `${i % 4}` }));
    fc.assert(
      fc.property(fc.array(count, { maxLength: 20 }), fc.nat(5), (list, top) => {
        const counts = order(list);
        const { versions, other } = adoptionOf(names, counts, DAYS, top);
        expect(versions.length).toBeLessThanOrEqual(top);
        for (const [i, day] of DAYS.entries()) {
          const shown = versions.reduce((sum, v) => sum + v.hosts_counts[i]!, 0) + other.hosts_counts[i]!;
          const real = names.map(({ id }) => counts.findLast((c) => c.software_id === id && c.day <= day)?.hosts_count ?? 0);
          expect(shown).toBe(real.reduce((sum, n) => sum + n, 0));
        }
      }),
    );
  });
});
