import { expect, test } from "vitest";
import { stackedEdges, widestPlace } from "./stacked.ts";

test("each layer stands on those before it", () => {
  const layers = [
    { label: "1", values: [5, 3] },
    { label: "2", values: [0, 4] },
    { label: "3", values: [1, 1] },
  ];
  expect(stackedEdges(layers)).toEqual([
    [5, 3],
    [5, 7],
    [6, 8],
  ]);
  expect(stackedEdges([])).toEqual([]);
});

test("a layer's name stands in the middle of where it is wide, around its latest peak; one that is nowhere has none", () => {
  expect(widestPlace([1, 4, 4, 3, 1])).toBe(2);
  expect(widestPlace([9, 0, 9])).toBe(2);
  expect(widestPlace([0, 5])).toBe(1);
  expect(widestPlace([0, 0])).toBeNull();
  expect(widestPlace([])).toBeNull();
});
