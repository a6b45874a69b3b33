import { expect, test } from "vitest";
import { endOfDay, today } from "./moment.ts";

test("a day ends with its last millisecond in the reader's zone, or now", () => {
  const now = new Date(2026, 10, 21, 15, 30);
  expect(endOfDay("2026-11-20", now)).toEqual(new Date(2026, 10, 20, 23, 59, 59, 999));
  expect(endOfDay("2026-02-28", now)).toEqual(new Date(2026, 1, 28, 23, 59, 59, 999));
  expect(endOfDay("2026-11-21", now)).toBe(now);
  expect(endOfDay("2027-01-01", now)).toBe(now);
});

test("today is as date inputs write it, with both digits", () => {
  expect(today(new Date(2026, 0, 5, 0, 1))).toBe("2026-01-05");
  expect(endOfDay(today(new Date(2026, 0, 5, 12)), new Date(2026, 0, 5, 12)).getHours()).toBe(12);
});
