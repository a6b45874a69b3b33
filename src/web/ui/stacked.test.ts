import { expect, test } from "vitest";
import { stackedEdges, roomiestPlace } from "./stacked.ts";

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

test("a layer's name stands where the layer is tall for as many days as the name is wide; the latest of equals", () => {
  expect(roomiestPlace([1, 4, 4, 4, 1], 2, 3)).toBe(2);
  expect(roomiestPlace([5, 5, 5, 0, 5, 5, 5], 1, 3)).toBe(5);
  // a first day of thousands is a spike that no name fits into
  expect(roomiestPlace([1, 1, 1, 1, 900], 5, 3)).toBeNull();
  expect(roomiestPlace([3, 3, 3, 3, 900], 2, 3)).toBe(3);
  expect(roomiestPlace([0, 5], 1, 1)).toBe(1);
  expect(roomiestPlace([0, 0], 0, 1)).toBeNull();
  expect(roomiestPlace([], 0, 1)).toBeNull();
});
