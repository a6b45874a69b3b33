import { expect, test } from "vitest";
import { parseAsOf, parseFrom, parseTo } from "./moment.ts";

test("a day is read as its beginning or its end, a time as it is", () => {
  expect(parseFrom("2026-01-31")).toBe("2026-01-31T00:00:00.000Z");
  expect(parseTo("2026-01-31")).toBe("2026-01-31T23:59:59.999Z");
  expect(parseTo("2026-01-31T12:00:00+02:00")).toBe("2026-01-31T10:00:00.000Z");
  expect(parseAsOf("2026-01-31T12:00:00Z")).toBe("2026-01-31T12:00:00.000Z");
});

test("today, asked about as a day of the past, is now", () => {
  const today = new Date().toISOString().slice(0, 10);
  expect(Math.abs(Date.parse(parseAsOf(today)) - Date.now())).toBeLessThan(60_000);
});

test.each(["yesterday", "2026-02-30", "2026-1-1", "2026-01-31 12:00", ""])("%j is no time", (text) => {
  expect(() => parseFrom(text)).toThrow("It must be a day (2026-01-31, UTC) or a time (2026-01-31T12:00:00Z).");
});
