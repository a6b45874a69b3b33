import { expect, test } from "vitest";
import { placeBeside } from "./place.ts";

const view = { width: 1000, height: 600 };
const size = { width: 200, height: 100 };

test("goes below the anchor, aligned to its start or end", () => {
  const anchor = { top: 100, left: 300, width: 80, height: 30 };
  expect(placeBeside(anchor, size, view, "start")).toEqual({ top: 134, left: 300 });
  expect(placeBeside(anchor, size, view, "end")).toEqual({ top: 134, left: 180 });
  expect(placeBeside(anchor, size, view, "center")).toEqual({ top: 134, left: 240 });
});

test("goes above when there is no room below", () => {
  expect(placeBeside({ top: 550, left: 10, width: 80, height: 30 }, size, view, "start")).toEqual({ top: 446, left: 10 });
});

test("stays inside a window that is narrower than its place", () => {
  expect(placeBeside({ top: 10, left: 950, width: 40, height: 30 }, size, view, "start").left).toBe(792);
  expect(placeBeside({ top: 10, left: 5, width: 40, height: 30 }, size, { width: 190, height: 600 }, "start").left).toBe(8);
});
