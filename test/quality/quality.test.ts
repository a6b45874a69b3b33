import { describe, expect, test } from "vitest";
import { CORPUS_HERE, CORPUS_MISSING } from "#test/support/feed-mirror.ts";
import { fallen, readBaseline } from "./baseline.ts";
import { measured, type Figures } from "./figures.ts";
import { readCases } from "./quality-case.ts";
import { runQuality } from "./run-quality.ts";

const CASES_MIN = 600;

describe("the labelled cases", () => {
  test("are many, of many kinds, each with the source of its label", () => {
    const cases = readCases();
    expect(cases.length).toBeGreaterThanOrEqual(CASES_MIN);
    expect(cases.filter(({ label }) => label.length < 10)).toEqual([]);
    expect(new Set(cases.map(({ group }) => group)).size).toBeGreaterThan(10);
  });

  // the parsers read the whole corpus once; later runs read what they made of it (.cache/quality)
  test.skipIf(!CORPUS_HERE)(
    `are matched no worse than before, in any group: ${CORPUS_MISSING}`,
    async () => {
      const figures = measured(await runQuality(readCases(), () => undefined));
      expect(fallen(figures, await readBaseline())).toEqual([]);
      expect(figures.all.right).toBeGreaterThan(0);
    },
    600_000,
  );
});

describe("the gate", () => {
  const score = { cases: 10, right: 99, missed: 1, wrong: 0, forbidden: 50 };
  const figuresOf = (one: typeof score): Figures => ({ groups: { npm: one }, feeds: {}, all: one });
  const baseline = { npm: { cases: 10, recall: 0.99, wrong_rate: 0 } };

  test("lets the same and better figures through", () => {
    expect(fallen(figuresOf(score), baseline)).toEqual([]);
    expect(fallen(figuresOf({ ...score, cases: 12, right: 100, missed: 0 }), baseline)).toEqual([]);
  });

  test("names what fell: recall, wrong findings, cases, a whole group", () => {
    expect(fallen(figuresOf({ ...score, right: 98, missed: 2 }), baseline)).toEqual(["npm: recall fell from 0.99 to 0.9800"]);
    expect(fallen(figuresOf({ ...score, wrong: 1 }), baseline)).toEqual(["npm: wrong findings rose from 0 to 0.0200"]);
    expect(fallen(figuresOf({ ...score, cases: 9 }), baseline)).toEqual(["npm: 1 cases fewer"]);
    expect(fallen({ groups: {}, feeds: {}, all: score }, baseline)).toEqual(["npm: has no cases any more"]);
  });
});
