import fc from "fast-check";
import { expect, test } from "vitest";
import { isReportDue, JITTER_SHARE, reportIntervalSeconds } from "./schedule.ts";

const HOUR = 3600;
const now = new Date("2026-03-01T12:00:00Z");
const secondsAgo = (seconds: number) => new Date(now.getTime() - seconds * 1000);
const input = { host_id: 7, reported_at: secondsAgo(60), refetch_requested: false, intervalSeconds: HOUR, now };

test("the interval of a host is constant and at most a tenth longer than configured", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), fc.integer({ min: 0, max: 1_000_000 }), (id, seconds) => {
      const interval = reportIntervalSeconds(id, seconds);
      expect(interval).toBe(reportIntervalSeconds(id, seconds));
      expect(interval).toBeGreaterThanOrEqual(seconds);
      expect(interval).toBeLessThanOrEqual(Math.round(seconds * (1 + JITTER_SHARE)));
    }),
  );
});

test("hosts with consecutive ids spread over the whole jitter", () => {
  const tenths = new Set<number>();
  for (let id = 1; id <= 100; id++) tenths.add(Math.floor((reportIntervalSeconds(id, HOUR) - HOUR) / 36));
  expect(tenths.size).toBeGreaterThanOrEqual(10);
});

test("a report is due when none was accepted, when asked for, and at every check-in when the interval is 0", () => {
  expect(isReportDue(input)).toBe(false);
  expect(isReportDue({ ...input, reported_at: null })).toBe(true);
  expect(isReportDue({ ...input, refetch_requested: true })).toBe(true);
  expect(isReportDue({ ...input, intervalSeconds: 0 })).toBe(true);
});

test("a report is due exactly from the host's own interval on", () => {
  const interval = reportIntervalSeconds(input.host_id, HOUR);
  expect(isReportDue({ ...input, reported_at: secondsAgo(interval - 1) })).toBe(false);
  expect(isReportDue({ ...input, reported_at: secondsAgo(interval) })).toBe(true);
});

test("a time of the last report far in the future does not silence the host", () => {
  expect(isReportDue({ ...input, reported_at: secondsAgo(-30) })).toBe(false);
  expect(isReportDue({ ...input, reported_at: secondsAgo(-10 * HOUR) })).toBe(true);
});
