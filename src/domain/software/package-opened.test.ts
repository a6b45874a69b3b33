import { expect, test } from "vitest";
import { packageOpenedAt } from "./package-opened.ts";

const INSTALLED = Date.UTC(2026, 10, 1, 12) / 1000;

test("a program that was run after it was installed was opened on that day", () => {
  expect(packageOpenedAt(Date.UTC(2026, 10, 20, 15, 4, 5) / 1000, INSTALLED)).toBe(Date.UTC(2026, 10, 20) / 1000);
});

test.each([
  ["never read since", INSTALLED],
  ["read while it was unpacked", INSTALLED + 30],
  ["access times are switched off", INSTALLED - 86_400 * 300],
  ["no time at all", 0],
])("%s: not known to have been opened", (_what, accessed) => {
  expect(packageOpenedAt(accessed, INSTALLED)).toBeNull();
});
