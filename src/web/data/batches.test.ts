import { expect, test } from "vitest";
import { gatherAll, inBatches } from "./batches.ts";

test("every item is worked on once, in batches", async () => {
  const seen: number[][] = [];
  await inBatches([1, 2, 3, 4, 5], 2, (batch) => Promise.resolve(seen.push([...batch])));
  expect(seen).toEqual([[1, 2], [3, 4], [5]]);
});

test("all pages are gathered, by cursor and by number", async () => {
  const asked: unknown[] = [];
  const rows = await gatherAll<number>((place) => {
    asked.push(place);
    const n = asked.length;
    return Promise.resolve({ rows: [n], meta: { has_next_results: n < 3, next_cursor: n === 1 ? "c1" : undefined } });
  });
  expect(rows).toEqual([1, 2, 3]);
  expect(asked).toEqual([{ page: 0 }, { after: "c1" }, { page: 2 }]);
});
