import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { FeedRecord } from "#domain/vulnerability/model.ts";
import { SHARED_DIR } from "#test/support/simulated-osquery/images.ts";
import { FeedError, type FeedItem } from "../feed.ts";
import { fileInput } from "../formats/file-input.ts";
import { APPLE_FEED } from "./feed.ts";
import { parseAppleReleases, releaseRecords } from "./parse-releases.ts";
import { parseSofa, sofaRecords } from "./parse-sofa.ts";
import { appleLine, appleRanges } from "./release-lines.ts";

const CORPUS = join(SHARED_DIR, "data/vulnerabilities/apple");

/** Bounds of a CVE's ranges, `14..14.5`. */
function bounds(fixes: string[], releases: string[], fromStart = false): string[] {
  const ranges = appleRanges(
    "CVE-2024-1000",
    fixes.map((version) => ({ version })),
    releases,
    fromStart,
  );
  return ranges.map(({ introduced = "", fixed }) => `${introduced}..${fixed}`);
}

describe("ranges of a fix", () => {
  test("each major line has its own, up to the first release that has the fix", () => {
    expect(bounds(["14.5", "13.6.7", "14.6", "12.7.5"], [])).toEqual(["12..12.7.5", "13..13.6.7", "14..14.5"]);
  });

  test("the first release of a line mends nothing that the line had", () => {
    expect(bounds(["14.0", "13.6"], [])).toEqual(["13..13.6"]);
  });

  test("a product of one line concerns all that is older, and a later line that got the fix late", () => {
    expect(bounds(["16.6", "17.1"], [], true)).toEqual(["..16.6", "17..17.1"]);
    expect(bounds(["17.0"], [], true)).toEqual(["..17.0"]);
  });

  test("a rapid response mends the release that it is for; the next release needs its own", () => {
    expect(bounds(["26.3.1 (a)", "26.3.2 (a)", "26.4"], ["26.3", "26.3.1", "26.3.2", "26.4"])).toEqual([
      "26..26.3.1 (a)",
      "26.3.2..26.3.2 (a)",
    ]);
    expect(bounds(["13.4.1 (c)", "13.5"], ["13.4.1", "13.5"])).toEqual(["13..13.4.1 (c)"]);
  });

  test("before macOS 11 the line is the first two numbers", () => {
    expect(["10.15.7", "11.0.1", "26.6.2"].map(appleLine)).toEqual(["10.15", "11", "26"]);
  });
});

describe("SOFA", () => {
  const sofa = {
    OSVersions: [
      {
        SecurityReleases: [
          { ProductVersion: "26.1", ReleaseDate: "2025-11-03", CVEs: { "CVE-2025-1001": { kev: true }, "CVE-2025-1002": {} } },
          { ProductVersion: "26.0" },
        ],
      },
      {
        SecurityReleases: [
          {
            ProductVersion: "15.7.2",
            ReleaseDate: "2025-11-03",
            SecurityInfo: "https://support.apple.com/1",
            CVEs: { "CVE-2025-1001": true },
          },
        ],
      },
      { SecurityReleases: [{ ProductVersion: "14.8.2", ReleaseDate: "2025-11-03", CVEs: {} }] },
      { SecurityReleases: [{ ProductVersion: "13.7.8", ReleaseDate: "2025-08-20", CVEs: { "CVE-2025-1003": false } }] },
    ],
  };
  const records = new Map(sofaRecords(sofa, "macos").map((record) => [record.name, record]));

  test("a CVE that is fixed in two lines concerns both", () => {
    expect(records.get("CVE-2025-1001")).toMatchObject({
      facts: { exploit: true, references: [{ url: "https://support.apple.com/1" }] },
      affected: [
        {
          ecosystem: "apple",
          package: "macos",
          ranges: [
            { introduced: "15", fixed: "15.7.2" },
            { introduced: "26", fixed: "26.1" },
            { branch: "13", status: "unknown" },
          ],
        },
      ],
    });
  });

  test("whether a line without fixes is concerned by later vulnerabilities is not known, and never claimed", () => {
    const ranges = records.get("CVE-2025-1002")?.affected[0]?.ranges ?? [];
    expect(ranges.filter(({ status }) => status === "affected")).toMatchObject([{ introduced: "26", fixed: "26.1" }]);
    expect(ranges.filter(({ status }) => status === "unknown")).toMatchObject([{ branch: "13", fix: "end_of_life" }]);
    expect(records.get("CVE-2025-1003")?.affected[0]?.ranges).toMatchObject([
      { introduced: "13", fixed: "13.7.8", status: "affected" },
    ]);
  });
});

test("programs of Apple's list concern all versions before the fix; what runs on phones is left out", () => {
  const [record, ...others] = releaseRecords({
    releases: [
      { name: "Xcode 16.2", version: "16.2", cves: ["CVE-2025-1000"] },
      { name: "iTunes 12.13.2 for Windows", version: "12.13.2", cves: ["CVE-2025-1000"] },
      { name: "Safari 15.3 (v. 16612.4.9.1.8 and 15612.4.9.1.8)", version: "15.3", cves: ["CVE-2025-1000"] },
      { name: "macOS Big Sur 11.2.1, macOS Catalina 10.15.7 Supplemental Update", version: "11.2.1", cves: ["CVE-2025-1000"] },
      { name: "macOS Sonoma 14.5", version: "14.5", cves: ["CVE-2025-1000"] },
      { name: "iOS 18.2 and iPadOS 18.2", version: "18.2", cves: ["CVE-2025-2000"] },
    ],
  });
  expect(others).toEqual([]);
  expect(
    record?.affected.map(({ ecosystem, package: name, ranges }) => [ecosystem, name, ranges[0]?.introduced, ranges[0]?.fixed]),
  ).toEqual([
    ["apple", "xcode", undefined, "16.2"],
    ["cpe", "apple:itunes", undefined, "12.13.2"],
    ["apple", "safari", undefined, "15.3"],
    ["apple", "macos", "11", "11.2.1"],
  ]);
  expect(record?.affected[1]?.ranges[0]).toMatchObject({
    provider: "vendor",
    name_kind: "cpe",
    platform: { families: ["windows"] },
  });
});

test("parts are what the fleet's computers need", () => {
  const parts = (...families: string[]): string[] =>
    APPLE_FEED.parts({
      scopes: families.map((family) => ({ name: family, family })),
      ecosystems: new Set(),
      sources: new Set(),
      today: "2026-11-21",
    });
  expect(parts("linux")).toEqual([]);
  expect(parts("windows")).toEqual(["releases"]);
  expect(parts("darwin", "windows")).toEqual(["macos", "safari", "releases"]);
});

describe.skipIf(!existsSync(CORPUS))("needs the shared vulnerability corpus; set MUSTER_SHARED_DIR", () => {
  async function all(items: AsyncGenerator<FeedItem>): Promise<FeedRecord[]> {
    const records: FeedRecord[] = [];
    for await (const item of items) if ("vulnerabilities" in item) records.push(item);
    return records;
  }

  test.each(["sofa-v1-macos_data_feed.json.gz", "sofa-v2-macos_data_feed.json.gz"])(
    "%s: both versions of the feed say the same of versions",
    async (file) => {
      const records = await all(parseSofa(await fileInput(join(CORPUS, file)), "macos"));
      expect(records).toHaveLength(2713);
      expect(new Set(records.map(({ name }) => name)).size).toBe(2713);
      const ranges = records
        .flatMap(({ affected }) => affected.flatMap((its) => its.ranges))
        .filter(({ status }) => status === "affected");
      expect(ranges.every(({ introduced = "", fixed = "" }) => appleLine(fixed) === appleLine(introduced))).toBe(true);
      // fixed in 14.5 and 13.6.7 (support.apple.com/120903, 120900)
      const kernel = records
        .find(({ name }) => name === "CVE-2024-27789")
        ?.affected[0]?.ranges.map(({ introduced, fixed }) => `${introduced}..${fixed}`);
      expect(kernel).toContain("13..13.6.7");
    },
  );

  test("the list of all products has Safari, Xcode and the older lines of macOS", async () => {
    const records = await all(parseAppleReleases(await fileInput(join(CORPUS, "apple_security_releases.json.gz"))));
    const names = new Map<string, number>();
    for (const { affected } of records) for (const its of affected) names.set(its.package, (names.get(its.package) ?? 0) + 1);
    expect([...names.keys()].toSorted()).toEqual([
      "apple:icloud",
      "apple:itunes",
      "compressor",
      "garageband",
      "imovie",
      "keynote",
      "logic-pro",
      "macos",
      "macos-server",
      "pages",
      "pro-video-formats",
      "safari",
      "xcode",
    ]);
    expect(names.get("safari")).toBeGreaterThan(300);
  });

  test("another JSON document is refused as such", async () => {
    await expect(all(parseAppleReleases(await fileInput(join(CORPUS, "sofa-v2-safari_data_feed.json.gz"))))).rejects.toThrow(
      FeedError,
    );
  });

  test("files of a directory belong to their parts; those of phones to none", () => {
    const partOf = (path: string): string | null | undefined => {
      for (const file of APPLE_FEED.files) {
        const match = file.pattern.exec(path);
        if (match !== null) return file.part(match);
      }
      return undefined;
    };
    expect(partOf("apple/sofa-v2-macos_data_feed.json.gz")).toBe("macos");
    expect(partOf("v2/safari_data_feed.json")).toBe("safari");
    expect(partOf("apple/apple_security_releases.json.gz")).toBe("releases");
    expect(partOf("apple/sofa-v2-ios_data_feed.json.gz")).toBeUndefined();
  });
});
