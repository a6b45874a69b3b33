import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { syncOnce } from "#test/support/feed-engine.ts";
import { corpus, CORPUS_HERE, type FeedMirror, feedMirror } from "#test/support/feed-mirror.ts";
import { MSRC_FEED } from "./feed.ts";

const API = "https://api.msrc.microsoft.com/cvrf/v3.0";
let mirror: FeedMirror;

beforeAll(async () => {
  mirror = await feedMirror();
});
afterAll(async () => {
  await mirror.close();
});

function list(...months: [id: string, released: string][]): void {
  mirror.serve(
    `${API}/updates`,
    JSON.stringify({ value: months.map(([ID, CurrentReleaseDate]) => ({ ID, CurrentReleaseDate })) }),
  );
}

describe.skipIf(!CORPUS_HERE)("sync with Microsoft's API needs the shared vulnerability corpus; set MUSTER_SHARED_DIR", () => {
  test("a document is read when it is released, and again when it was revised", async () => {
    list(["2024-Mar", "2024-04-09T07:00:00Z"]);
    mirror.serve(`${API}/cvrf/2024-Mar`, await corpus("feed-samples/msrc/cvrf/cvrf/2024-Mar"));
    const first = await syncOnce(MSRC_FEED, "2024-Mar", mirror);
    expect(first.mode).toBe("full");
    expect(first.items.length).toBeGreaterThan(0);
    expect((await syncOnce(MSRC_FEED, "2024-Mar", mirror, { memory: first.memory })).mode).toBe("unchanged");
    list(["2024-Mar", "2024-05-14T07:00:00Z"]);
    const revised = await syncOnce(MSRC_FEED, "2024-Mar", mirror, { memory: first.memory });
    expect([revised.mode, revised.items.length, revised.memory.feed]).toEqual([
      "full",
      first.items.length,
      "2024-05-14T07:00:00Z",
    ]);
  });

  test("a month without a document yet is no failure; a list of another shape is", async () => {
    list(["2024-Mar", "2024-04-09T07:00:00Z"]);
    expect((await syncOnce(MSRC_FEED, "2026-Dec", mirror)).mode).toBe("unchanged");
    mirror.serve(`${API}/updates`, "[]");
    await expect(syncOnce(MSRC_FEED, "2024-Mar", mirror)).rejects.toThrow("list of updates");
  });
});
