import { createHash } from "node:crypto";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { corpus, CORPUS_HERE, corpusFile, CORPUS_MISSING, feedMirror } from "#test/support/feed-mirror.ts";
import type { FeedMirror } from "#test/support/feed-mirror.ts";
import { syncOnce } from "#test/support/feed-engine.ts";
import type { FeedItem } from "../feed.ts";
import { apiWindows, pageUrl } from "./nvd-api.ts";
import { NVD_FEED } from "./nvd-feed.ts";
import { NVD_FILES } from "./nvd-files.ts";

const KEY = { MUSTER_NVD_API_KEY: "secret" };
const DAY = 86_400_000;

let mirror: FeedMirror;
beforeAll(async () => {
  mirror = await feedMirror();
});
afterAll(() => mirror.close());

function serve(name: string, json: Buffer, lastModified: string, sha256 = createHash("sha256").update(json).digest("hex")): void {
  const gz = gzipSync(json, { level: 1 });
  const meta = `lastModifiedDate:${lastModified}\r\nsize:${json.length}\r\nzipSize:1\r\ngzSize:${gz.length}\r\nsha256:${sha256.toUpperCase()}\r\n`;
  mirror.serve(`${NVD_FILES}/nvdcve-2.0-${name}.json.gz`, gz);
  mirror.serve(`${NVD_FILES}/nvdcve-2.0-${name}.meta`, meta);
}

function page(...ids: string[]): Buffer {
  const vulnerabilities = ids.map((id) => ({ cve: { id, vulnStatus: "Received" } }));
  return Buffer.from(JSON.stringify({ totalResults: ids.length, startIndex: 0, vulnerabilities }));
}

function names(items: readonly FeedItem[]): string[] {
  return items.map((item) => ("name" in item ? item.name : JSON.stringify(item)));
}

describe("files of NVD", () => {
  test("a year comes whole, then only its own share of the changes, then nothing while nothing changed", async () => {
    serve("2021", page("CVE-2021-0001", "CVE-2021-0002"), "2026-11-01T00:00:00-00:00");
    const now = new Date("2026-11-02T00:00:00Z");
    const first = await syncOnce(NVD_FEED, "2021", mirror, { now });
    expect([first.mode, names(first.items)]).toEqual(["full", ["CVE-2021-0001", "CVE-2021-0002"]]);

    serve("modified", page("CVE-2021-0002", "CVE-2024-0001", "CVE-2021-0003"), "2026-11-02T08:00:00-00:00");
    const second = await syncOnce(NVD_FEED, "2021", mirror, { now: new Date("2026-11-02T09:00:00Z"), memory: first.memory });
    expect([second.mode, names(second.items)]).toEqual(["delta", ["CVE-2021-0002", "CVE-2021-0003"]]);

    const third = await syncOnce(NVD_FEED, "2021", mirror, { now: new Date("2026-11-02T11:00:00Z"), memory: second.memory });
    expect(third.mode).toBe("unchanged");
  });

  test("after a week of silence the year is asked for again, and only fetched when it changed", async () => {
    serve("2020", page("CVE-2020-0001"), "2026-11-01T00:00:00-00:00");
    const first = await syncOnce(NVD_FEED, "2020", mirror, { now: new Date("2026-11-01T01:00:00Z") });
    const later = new Date(Date.parse("2026-11-01T01:00:00Z") + 30 * DAY);
    expect((await syncOnce(NVD_FEED, "2020", mirror, { now: later, memory: first.memory })).mode).toBe("unchanged");
    serve("2020", page("CVE-2020-0001", "CVE-2020-0002"), "2026-11-28T00:00:00-00:00");
    const again = await syncOnce(NVD_FEED, "2020", mirror, { now: later, memory: first.memory });
    expect([again.mode, names(again.items)]).toEqual(["full", ["CVE-2020-0001", "CVE-2020-0002"]]);
  });

  test("a file that is not what its .meta says is refused", async () => {
    serve("2019", page("CVE-2019-0001"), "2026-11-01T00:00:00-00:00", "0".repeat(64));
    await expect(syncOnce(NVD_FEED, "2019", mirror)).rejects.toThrow(
      "nvdcve-2.0-2019.json.gz is not the file that its .meta describes",
    );
  });

  test.skipIf(!CORPUS_HERE)(`a real year: ${CORPUS_MISSING}`, async () => {
    const year = await corpusFile("nvd/nvdcve-2.0-2022.converted.json.gz");
    serve("2022", gunzipSync(year), "2022-10-20T07:00:00-00:00");
    const first = await syncOnce(NVD_FEED, "2022", mirror, { now: new Date("2022-10-20T08:00:00Z") });
    expect(first.items).toHaveLength(15_454);
  });

  test.skipIf(!CORPUS_HERE)(`the publisher's own files are read: ${CORPUS_MISSING}`, async () => {
    for (const name of ["2002", "2021", "modified"])
      serve(name, await corpus(`feed-samples/nvd-feed-cve-2.0/nvdcve-2.0-${name}.json.gz`), "2026-11-01T00:00:00-00:00");
    for (const part of ["2002", "2021"]) {
      const { mode, items } = await syncOnce(NVD_FEED, part, mirror);
      expect(mode).toBe("full");
      expect(names(items).every((name) => name.startsWith("CVE-"))).toBe(true);
      expect(items.length).toBeGreaterThan(0);
    }
  });
});

describe("windows of NVD's API", () => {
  test("overlap by 15 minutes, have at most 119 days and are the same for parts that ask together", () => {
    const since = new Date("2026-01-01T10:07:00Z");
    const windows = apiWindows(since, new Date("2026-06-01T10:16:00Z"));
    expect(windows.map(({ start, end }) => [start.toISOString(), end.toISOString()])).toEqual([
      ["2026-01-01T09:45:00.000Z", "2026-04-30T09:45:00.000Z"],
      ["2026-04-30T09:30:00.000Z", "2026-06-01T10:15:00.000Z"],
    ]);
    expect(apiWindows(since, new Date("2026-06-01T10:29:00Z"))).toEqual(windows);
  });

  test.skipIf(!CORPUS_HERE)(`are read page by page with the key in the header: ${CORPUS_MISSING}`, async () => {
    const now = new Date("2023-11-10T12:00:00Z");
    const cursor = { modified: "2023-11-09T00:00:00.000Z", sha256: "" };
    const [window] = apiWindows(new Date(cursor.modified), now);
    for (const start of [0, 3, 6])
      mirror.serve(pageUrl(window!, start), await corpusFile(`feed-samples/nvd-api-cve-paging/3_pages/${start}-3.json`));
    const { mode, items, memory } = await syncOnce(NVD_FEED, "2023", mirror, { now, memory: { feed: cursor }, env: KEY });
    expect(mode).toBe("delta");
    expect(new Set(names(items)).size).toBe(8);
    expect(names(items)).toContain("CVE-2023-47246");
    expect(memory.feed).toMatchObject({ modified: "2023-11-10T12:00:00.000Z" });
    const asked = mirror.requests.filter(({ url }) => url.includes("lastModStartDate"));
    expect(asked.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(asked.every(({ headers }) => headers["apikey"] === "secret")).toBe(true);
  });

  test.each([
    ["another page than was asked for", { totalResults: 5, startIndex: 3, vulnerabilities: [] }, "answered another page"],
    [
      "fewer changes than it promises",
      { totalResults: 5, startIndex: 0, vulnerabilities: [] },
      "gave 0 of 5 changes and then none",
    ],
    ["no total", { startIndex: 0, vulnerabilities: [] }, "answered without totalResults"],
  ])("%s is refused", async (_, answer, message) => {
    const now = new Date("2025-01-02T00:00:00Z");
    const cursor = { modified: "2025-01-01T00:00:00.000Z", sha256: "" };
    mirror.serve(pageUrl(apiWindows(new Date(cursor.modified), now)[0]!, 0), JSON.stringify(answer));
    await expect(syncOnce(NVD_FEED, "2025", mirror, { now, memory: { feed: cursor }, env: KEY })).rejects.toThrow(message);
  });
});
