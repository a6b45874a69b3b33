import { describe, expect, test } from "vitest";
import { countOf, formatBytes, formatCount, formatDuration, parseTime, relativeTime } from "./format.ts";

test("counts carry separators and agree in number", () => {
  expect(formatCount(12431)).toBe("12,431");
  expect(countOf(1, "device")).toBe("1 device");
  expect(countOf(0, "device")).toBe("0 devices");
  expect(countOf(2, "entry", "entries")).toBe("2 entries");
});

test("sizes", () => {
  expect(formatBytes(0)).toBe("");
  expect(formatBytes(16 * 1024 ** 3)).toBe("16 GB");
  expect(formatBytes(33_554_432_000)).toBe("31.3 GB");
  expect(formatBytes(500)).toBe("500 B");
});

test("durations have at most two units", () => {
  expect(formatDuration(40)).toBe("40 s");
  expect(formatDuration(720)).toBe("12 min");
  expect(formatDuration(3600)).toBe("1 h");
  expect(formatDuration(3 * 86_400 + 4 * 3600 + 59)).toBe("3 d 4 h");
});

describe("relative time", () => {
  const now = new Date("2026-11-21T12:00:00Z");
  const ago = (seconds: number) => relativeTime(new Date(now.getTime() - seconds * 1000), now);

  test.each([
    [-30, "just now"],
    [9, "just now"],
    [45, "45 s ago"],
    [61, "1 min ago"],
    [7200, "2 h ago"],
    [86_400, "yesterday"],
    [12 * 86_400, "12 d ago"],
    [61 * 86_400, "21 Sept 2026"],
  ])("%i s ago reads %s", (seconds, words) => {
    expect(ago(seconds)).toBe(words);
  });

  test("no time, a broken one and the protocol's never are no time", () => {
    expect(parseTime(null)).toBeNull();
    expect(parseTime("")).toBeNull();
    expect(parseTime("nonsense")).toBeNull();
    expect(parseTime("2000-01-01T00:00:00Z")).toBeNull();
    expect(parseTime("2026-11-21T12:00:00Z")?.toISOString()).toBe("2026-11-21T12:00:00.000Z");
  });
});
