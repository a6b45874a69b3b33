import { describe, expect, test } from "vitest";
import { CORPUS_HERE, CORPUS_MISSING } from "#test/support/feed-mirror.ts";
import { shippedCatalogue } from "#test/support/product-catalogue.ts";
import { fallen, readBaseline } from "./baseline.ts";
import { measured, type Figures } from "./figures.ts";
import { isFoundAt, readReleases } from "./fixed-versions.ts";
import { readCases } from "./quality-case.ts";
import { distributionParts, runQuality } from "./run-quality.ts";

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

/** Pairs that are tried of each release, and how long all of them may take. */
const PAIRS = 300;
const TRYING_MS = 5_000;

describe.skipIf(!CORPUS_HERE)(`the fixes of every release of a distribution: ${CORPUS_MISSING}`, () => {
  test("concern what is just below them, not what is equal, nor a rebuild of it", { timeout: 600_000 }, async () => {
    const releases = await readReleases((await distributionParts()).filter(({ feed }) => feed !== "osv"));
    expect(releases.length).toBeGreaterThan(10);
    const catalogue = shippedCatalogue();
    const until = performance.now() + TRYING_MS;
    const wrong: string[] = [];
    let tried = 0;
    for (let round = 0; round < PAIRS && performance.now() < until; round++) {
      for (const release of releases) {
        // evenly over what there is, the same in every run
        const fix = release.fixes[Math.floor((round * release.fixes.length) / PAIRS)];
        if (fix === undefined) continue;
        tried += 1;
        for (const [place, expected] of [
          ["below", true],
          ["equal", false],
          ["rebuilt", false],
        ] as const) {
          const found = isFoundAt(place, fix, release, catalogue);
          if (found !== null && found !== expected)
            wrong.push(
              `${release.ecosystem} ${fix[0]} ${place} ${fix[1].fixed} ${fix[1].vulnerability}: ${found ? "found" : "not found"}`,
            );
        }
      }
    }
    expect(tried).toBeGreaterThan(releases.length * 10);
    expect(wrong).toEqual([]);
  });
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
