import { afterAll, beforeAll, expect, test } from "vitest";
import { syncOnce } from "#test/support/feed-engine.ts";
import { type FeedMirror, feedMirror } from "#test/support/feed-mirror.ts";
import { APPLE_FEED } from "./feed.ts";

const URL = "https://sofafeed.macadmins.io/v2/macos_data_feed.json";
let mirror: FeedMirror;

beforeAll(async () => {
  mirror = await feedMirror();
});
afterAll(async () => {
  await mirror.close();
});

test("SOFA's feed is loaded whole when it changed, and not at all when it did not", async () => {
  const feed = (version: string): string =>
    JSON.stringify({ OSVersions: [{ SecurityReleases: [{ ProductVersion: version, CVEs: { "CVE-2025-1000": {} } }] }] });
  mirror.serve(URL, feed("15.3"));
  const first = await syncOnce(APPLE_FEED, "macos", mirror);
  expect(first).toMatchObject({ mode: "full", items: [{ affected: [{ ranges: [{ introduced: "15", fixed: "15.3" }] }] }] });
  expect((await syncOnce(APPLE_FEED, "macos", mirror, { memory: first.memory, lastSuccess: new Date() })).mode).toBe("unchanged");
  mirror.serve(URL, feed("15.2"));
  const later = await syncOnce(APPLE_FEED, "macos", mirror, { memory: first.memory, lastSuccess: new Date() });
  expect(later).toMatchObject({ mode: "full", items: [{ affected: [{ ranges: [{ fixed: "15.2" }] }] }] });
});

test("a page in the place of the feed is refused", async () => {
  mirror.serve(URL, "<html>Service unavailable</html>");
  const load = syncOnce(APPLE_FEED, "macos", mirror);
  await expect(load).rejects.toThrow("macos_data_feed.json");
});
