import { expect, test } from "vitest";
import type { PageRequest } from "./pages.ts";
import { readList } from "./pages.ts";

const ROWS = Array.from({ length: 2500 }, (_, i) => i);

/** A list of 2,500 numbers, paged by cursor. */
function numbers(asked: PageRequest[]) {
  return async (page: PageRequest) => {
    asked.push(page);
    const from = page.after === undefined ? 0 : Number(page.after);
    const rows = ROWS.slice(from, from + page.per_page);
    const next = from + page.per_page < ROWS.length ? { next_cursor: String(from + page.per_page) } : {};
    const meta = { has_next_results: "next_cursor" in next, has_previous_results: from > 0, ...next };
    return { count: ROWS.length, rows, meta };
  };
}

test("all pages become one answer in the shape of one page", async () => {
  const asked: PageRequest[] = [];
  const answer = await readList("rows", null, numbers(asked));
  expect(answer).toEqual({ count: 2500, rows: ROWS, meta: { has_next_results: false, has_previous_results: false } });
  expect(asked).toEqual([{ per_page: 1000 }, { per_page: 1000, after: "1000" }, { per_page: 1000, after: "2000" }]);
});

test("a limit is met exactly, and what is left is said", async () => {
  const asked: PageRequest[] = [];
  const answer = await readList("rows", 1200, numbers(asked));
  expect(answer.rows).toEqual(ROWS.slice(0, 1200));
  expect(answer.meta).toEqual({ has_next_results: true, has_previous_results: false, next_cursor: "1200" });
  expect(asked.map(({ per_page }) => per_page)).toEqual([1000, 200]);
});

test("a list that repeats itself ends with an error, not never", async () => {
  const page = { rows: [1], meta: { has_next_results: true, has_previous_results: false, next_cursor: "same" } };
  await expect(readList("rows", null, async () => page)).rejects.toThrow("repeats a page");
});

test("an answer that is no list names the likely cause", async () => {
  const answer = async () => ({}) as { rows: number[]; meta: never };
  await expect(readList("rows", null, answer)).rejects.toThrow("is this the address of a Muster server");
});
