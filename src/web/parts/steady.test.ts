import { expect, test } from "vitest";
import { steadyOrder } from "./steady.ts";

const row = (id: number, word: string) => ({ id, word });
const idOf = (r: { id: number }) => r.id;

test("rows keep their places and take new values", () => {
  const before = [row(1, "a"), row(2, "b"), row(3, "c")];
  const after = [row(3, "c2"), row(1, "a2"), row(2, "b2")];
  expect(steadyOrder(before, after, idOf).map((r) => r.word)).toEqual(["a2", "b2", "c2"]);
});

test("the new order holds when rows came or went", () => {
  const after = [row(4, "d"), row(1, "a")];
  expect(steadyOrder([row(1, "a"), row(2, "b")], after, idOf)).toBe(after);
  expect(steadyOrder([row(1, "a")], after, idOf)).toBe(after);
});
