import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { placeInTitle, type PlacementRules, type Split } from "./title-placement.ts";

const split = (correction_id: number, title_id: number, target_id: number, conditions: Partial<Split>): Split => ({
  correction_id,
  title_id,
  target_id,
  name_starts_with: null,
  version_starts_with: null,
  vendor: null,
  ...conditions,
});
const rules = (merged: [number, number][], splits: Split[]): PlacementRules => ({
  merged: new Map(merged),
  splits: Map.groupBy(splits, (s) => s.title_id),
});
const software = { name: "Player", version: "2.1", vendor: "Acme" };

describe("placeInTitle", () => {
  it("follows merges to their end", () => {
    expect(
      placeInTitle(
        1,
        software,
        rules(
          [
            [1, 2],
            [2, 3],
          ],
          [],
        ),
      ),
    ).toBe(3);
    expect(placeInTitle(4, software, rules([[1, 2]], []))).toBe(4);
  });

  it("takes out what meets every condition of a split, before a merge", () => {
    const two = [split(1, 1, 9, { vendor: "Acme", version_starts_with: "2" })];
    expect(placeInTitle(1, software, rules([[1, 2]], two))).toBe(9);
    expect(placeInTitle(1, { ...software, vendor: "acme" }, rules([[1, 2]], two))).toBe(2);
    expect(placeInTitle(1, { ...software, version: "12" }, rules([], two))).toBe(1);
  });

  it("ends where a split's target was merged back", () => {
    expect(placeInTitle(1, software, rules([[9, 1]], [split(1, 1, 9, { name_starts_with: "Pl" })]))).toBe(1);
  });

  it("ends for any rules, even circular ones", () => {
    const id = fc.integer({ min: 1, max: 5 });
    const anyRules = fc.tuple(
      fc.array(fc.tuple(id, id), { maxLength: 6 }),
      fc
        .array(fc.tuple(id, id), { maxLength: 6 })
        .map((all) => all.map(([from, to], i) => split(i, from, to, { name_starts_with: "P" }))),
    );
    fc.assert(
      fc.property(id, anyRules, (from, [merged, splits]) => {
        expect(placeInTitle(from, software, rules(merged, splits))).toBeGreaterThan(0);
      }),
      { numRuns: 1000 },
    );
  });
});
