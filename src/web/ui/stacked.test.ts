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

test("a layer's name stands where it is widest, the latest of such places; one that is nowhere has none", () => {
  expect(widestPlace([1, 4, 4, 2])).toBe(2);
  expect(widestPlace([0, 0])).toBeNull();
  expect(widestPlace([])).toBeNull();
});
