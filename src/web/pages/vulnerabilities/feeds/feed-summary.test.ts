import { expect, test } from "vitest";
import type { VulnerabilityFeedPart } from "#protocol/rest/vulnerability-feeds.ts";
import { leftOutWords, partsByState, summaryOf } from "./feed-summary.ts";

function part(change: Partial<VulnerabilityFeedPart>): VulnerabilityFeedPart {
  return {
    part: "all",
    wanted: true,
    state: "ok",
    origin: "publisher",
    generation: 1,
    records_count: 10,
    bytes: 100,
    data_as_of: null,
    attempted_at: "2026-01-02T00:00:00Z",
    succeeded_at: "2026-01-02T00:00:00Z",
    changed_at: null,
    next_attempt_at: "2026-01-03T00:00:00Z",
    failures: 0,
    error: null,
    bad_records_count: 0,
    bad_record: null,
    left_out: [],
    progress: null,
    ...change,
  };
}
const NEVER = { state: "waiting", succeeded_at: null, next_attempt_at: null, records_count: 0, bytes: 0 } as const;

test("a feed is as well as its worst part, and as old as its oldest good load", () => {
  const summary = summaryOf({
    parts: [
      part({ part: "a" }),
      part({ part: "b", state: "failed", succeeded_at: "2026-01-01T00:00:00Z", next_attempt_at: "2026-01-02T12:00:00Z" }),
      part({ part: "c", ...NEVER }),
    ],
  });
  expect(summary).toEqual({
    state: "failed",
    records: 20,
    bytes: 200,
    loaded: 2,
    wanted: 3,
    failed: 1,
    loading: 0,
    succeededAt: "2026-01-01T00:00:00Z",
    nextAttemptAt: "2026-01-02T12:00:00Z",
  });
});

test("parts that nothing needs any more do not make a feed old", () => {
  const old = part({ part: "old", wanted: false, succeeded_at: "2020-01-01T00:00:00Z" });
  expect(summaryOf({ parts: [old, part({})] }).succeededAt).toBe("2026-01-02T00:00:00Z");
});

test("what loads, what waits and what nothing needs are told apart", () => {
  expect(summaryOf({ parts: [part({}), part({ state: "loading" })] }).state).toBe("loading");
  expect(summaryOf({ parts: [part({}), part(NEVER)] }).state).toBe("ok");
  expect(summaryOf({ parts: [part(NEVER)] }).state).toBe("waiting");
  expect(summaryOf({ parts: [part({ ...NEVER, state: "missing" })] }).state).toBe("missing");
  expect(summaryOf({ parts: [part(NEVER), part({ ...NEVER, state: "missing" })] }).state).toBe("waiting");
  expect(summaryOf({ parts: [] }).state).toBe("unneeded");
});

test("parts are grouped by state in their own order", () => {
  const groups = partsByState([part({ part: "1" }), part({ part: "2", state: "failed" }), part({ part: "3" })]);
  expect(groups.ok.map((p) => p.part)).toEqual(["1", "3"]);
  expect(groups.failed.map((p) => p.part)).toEqual(["2"]);
});

test("what is left out is told as records and statements", () => {
  const record = { kind: "record", why: "no id", count: 1 } as const;
  const range = { kind: "range", why: "no version", count: 1200 } as const;
  expect(leftOutWords({ left_out: [record, range, { ...range, why: "another" }] })).toBe(
    "1 record and 2,400 statements left out",
  );
  expect(leftOutWords({ left_out: [record] })).toBe("1 record left out");
});
