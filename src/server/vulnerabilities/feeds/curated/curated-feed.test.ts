import { resolveOperatingSystem } from "#domain/vulnerability/identity/operating-system.ts";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { matchSubject } from "#domain/vulnerability/match.ts";
import type { FeedRecord, RecordRange, SubjectIdentity } from "#domain/vulnerability/model.ts";
import { SHARED_DIR } from "#test/support/simulated-osquery/images.ts";
import { nothingLeftOut } from "#domain/vulnerability/cpe-ranges.ts";
import { fileInput } from "../formats/file-input.ts";
import { parseNvd } from "../nvd/nvd-files.ts";
import { nvdRecord } from "../nvd/parse-nvd.ts";
import { correctionRecords, readCorrections } from "./curated-feed.ts";
import type { Correction } from "./curated-feed.ts";

const TODAY = "2026-11-01";
const YEAR = join(SHARED_DIR, "data/vulnerabilities/nvd/nvdcve-2.0-2022.converted.json.gz");

/** The CVEs found for a product on hosts of a family, by the records given. */
function found(records: readonly FeedRecord[], name: string, version: string, family: string): string[] {
  const identity: SubjectIdentity = {
    authority: "cpe",
    status: "assessed",
    confidence: "exact",
    rule: "test",
    why: "",
    keys: [{ ecosystem: "cpe", package: name, name_kind: "cpe", version, scheme: "generic" }],
  };
  const ranges = records.flatMap((record, record_id) =>
    record.affected
      .filter((each) => each.ecosystem === "cpe" && each.package === name)
      .flatMap((each) => each.ranges.map((range, range_index): RecordRange => ({ record_id, range_index, range }))),
  );
  return matchSubject(identity, { name: family, family }, () => ranges).map((match) => match.vulnerability);
}

/** A record of NVD about all versions before 99 of a product. */
function nvdOf(cve: string, name: string): FeedRecord {
  const criteria = `cpe:2.3:a:${name}:*:*:*:*:*:*:*:*`;
  const configurations = [{ nodes: [{ cpeMatch: [{ vulnerable: true, criteria, versionEndExcluding: "99" }] }] }];
  return nvdRecord({ cve: { id: cve, vulnStatus: "Analyzed", configurations } }, nothingLeftOut()) as FeedRecord;
}

test("every correction says what it corrects, why and who says so", async () => {
  const corrections = await readCorrections();
  expect(new Set(corrections.map(({ id }) => id)).size).toBe(corrections.length);
  for (const { cve, ecosystem, package: name, reason, source, expires } of corrections) {
    expect(cve).toMatch(/^CVE-\d{4}-\d+$/);
    expect(name).toMatch(ecosystem === "apple" ? /^[a-z-]+$/ : /^[^:]+:[^:]+$/);
    expect(reason).toMatch(/^[A-Z].{30,}\.$/);
    expect(source).toMatch(/^https:\/\//);
    expect(expires ?? "2026-01-01").toMatch(/^\d{4}-\d\d-\d\d$/);
  }
});

test("a correction with an end holds until that day", () => {
  const correction: Correction = {
    id: "x",
    cve: "CVE-2024-0001",
    ecosystem: "cpe",
    package: "v:p",
    status: "not_affected",
    reason: "It is wrong.",
    source: "https://example.org",
    expires: "2026-11-01",
  };
  expect(correctionRecords([correction], "2026-11-01")).toHaveLength(1);
  expect(correctionRecords([correction], "2026-11-02")).toEqual([]);
});

describe("known mistakes of public data", () => {
  test.each([
    ["CVE-2022-0543 is of Debian's Redis only", "CVE-2022-0543", "redis:redis", "6.0.15"],
    ["CVE-2022-30333 is not of WinRAR", "CVE-2022-30333", "rarlab:winrar", "6.11"],
    ["CVE-2020-10146 is of the Teams service", "CVE-2020-10146", "microsoft:teams", "1.3.00.1000"],
  ])("%s", async (_, cve, name, version) => {
    const curated = correctionRecords(await readCorrections(), TODAY);
    expect(found([nvdOf(cve, name)], name, version, "windows")).toEqual([cve]);
    expect(found([nvdOf(cve, name), ...curated], name, version, "windows")).toEqual([]);
  });

  test("CVE-2022-30333 is of UnRAR on Linux and macOS, and not on Windows", async () => {
    const curated = correctionRecords(await readCorrections(), TODAY);
    const all = [nvdOf("CVE-2022-30333", "rarlab:unrar"), ...curated];
    expect(found(all, "rarlab:unrar", "6.11", "linux")).toEqual(["CVE-2022-30333"]);
    expect(found(all, "rarlab:unrar", "6.12", "linux")).toEqual([]);
    expect(found(all, "rarlab:unrar", "6.11", "windows")).toEqual([]);
  });

  test("a rapid security response of macOS mends its release, and says nothing of others", async () => {
    const curated = correctionRecords(await readCorrections(), TODAY);
    const ranges = curated.flatMap(({ affected }, record_id) =>
      affected
        .filter((each) => each.ecosystem === "apple")
        .flatMap((each) => each.ranges.map((range, range_index): RecordRange => ({ record_id, range_index, range }))),
    );
    const apple = { vulnerability: "CVE-2023-37450", status: "affected", provider: "apple", fix: "fixed" } as const;
    const release = { ...apple, name_kind: "product", scheme: "apple", introduced: "13", fixed: "13.5" } as const;
    const all = [...ranges, { record_id: 99, range_index: 0, range: release }];
    const times = (version: string): number =>
      matchSubject(
        resolveOperatingSystem({ platform: "darwin", name: "macOS", version }),
        { name: "darwin", family: "darwin" },
        () => all,
      ).length;
    expect(["13.4", "13.4.1", "13.4.1 (a)", "13.4.1 (c)", "13.5"].map(times)).toEqual([1, 1, 0, 0, 0]);
  });

  test.skipIf(!existsSync(YEAR))("NVD's own records: needs the shared vulnerability corpus; set MUSTER_SHARED_DIR", async () => {
    const records: FeedRecord[] = [];
    for await (const item of parseNvd(await fileInput(YEAR))) {
      if ("name" in item && ["CVE-2022-0543", "CVE-2022-30333"].includes(item.name)) records.push(item);
    }
    expect(records).toHaveLength(2);
    expect(found(records, "redis:redis", "6.0.15", "darwin")).toEqual([]);
    expect(found(records, "rarlab:unrar", "6.11", "linux")).toEqual(["CVE-2022-30333"]);
    expect(found(records, "rarlab:unrar", "6.11", "windows")).toEqual([]);
  });
});
