import { expect, test } from "vitest";
import { matchSubject } from "#domain/vulnerability/match.ts";
import type { FeedRecord, SubjectIdentity } from "#domain/vulnerability/model.ts";
import type { VersionScheme } from "#domain/version/scheme.ts";
import { sofaRecords } from "../apple/parse-sofa.ts";
import { affectedOf } from "../msrc/fixes.ts";
import { osvItem } from "./parse.ts";

const SUBJECTS: Record<string, [name: string, scheme: VersionScheme]> = {
  npm: ["left", "semver"],
  pypi: ["left", "pep440"],
  homebrew: ["left", "homebrew"],
  apple: ["macos", "apple"],
  msrc: ["windows 11 22h2 x64", "windows"],
};

/** Whether a version of the ecosystem's subject is concerned by any range of the records. */
function isAffected(ecosystem: string, version: string, records: FeedRecord[]): boolean {
  const [name, scheme] = SUBJECTS[ecosystem] ?? ["", "generic"];
  const name_kind = ecosystem === "apple" || ecosystem === "msrc" ? "product" : "package";
  const identity: SubjectIdentity = {
    authority: ecosystem,
    status: "assessed",
    confidence: "exact",
    rule: "test",
    why: "test",
    keys: [{ ecosystem, package: name, name_kind, version, scheme }],
  };
  const ranges = records.flatMap(({ affected }) =>
    affected.filter((its) => its.ecosystem === ecosystem && its.package === name).flatMap((its) => its.ranges),
  );
  return (
    matchSubject(identity, { name: "", family: "" }, () =>
      ranges.map((range, range_index) => ({ record_id: 1, range_index, range })),
    ).length > 0
  );
}

function osv(ecosystem: string, part: string, affected: object, extra: object = {}): FeedRecord[] {
  const item = osvItem(
    { id: "GHSA-1", ...extra, affected: [{ package: { ecosystem, name: "left" }, ...affected }] },
    "test",
    part,
  );
  if (item === null || !("vulnerabilities" in item)) throw new Error(JSON.stringify(item));
  return [item];
}

const events = (...steps: object[]): object => ({ ranges: [{ type: "ECOSYSTEM", events: steps }] });

test("the fixed version itself, its builds and its prereleases: semantic versions", () => {
  const records = osv("npm", "npm", events({ introduced: "1.0.0" }, { fixed: "1.2.0" }));
  expect(["1.2.0", "1.2.0+build.5", "1.0.0-rc.1", "2.0.0"].map((version) => isAffected("npm", version, records))).toEqual([
    false,
    false,
    false,
    false,
  ]);
  expect(["1.0.0", "1.0.0+build.5", "1.2.0-rc.1", "1.1.9"].map((version) => isAffected("npm", version, records))).toEqual([
    true,
    true,
    true,
    true,
  ]);
});

test("prereleases and post-releases of Python", () => {
  const records = osv("PyPI", "pypi", events({ introduced: "0" }, { fixed: "2.0" }));
  expect(["2.0rc1", "2.0.dev1", "1.9.post1"].map((version) => isAffected("pypi", version, records))).toEqual([true, true, true]);
  expect(["2.0", "2.0.0", "2.0.post1", "2.0+local"].map((version) => isAffected("pypi", version, records))).toEqual([
    false,
    false,
    false,
    false,
  ]);
});

test("a range is preferred to a list that has grown old", () => {
  const records = osv("npm", "npm", { ...events({ introduced: "0" }, { fixed: "1.0.5" }), versions: ["1.0.0", "9.9.9"] });
  expect([isAffected("npm", "1.0.4", records), isAffected("npm", "9.9.9", records)]).toEqual([true, false]);
});

test("revisions of Homebrew: the patched bottle of the same version is fixed", () => {
  const records = osv("Homebrew", "homebrew", events({ introduced: "0" }, { fixed: "1.14.1_2" }));
  expect(["1.14.1", "1.14.1_1", "1.13_9"].map((version) => isAffected("homebrew", version, records))).toEqual([true, true, true]);
  expect(["1.14.1_2", "1.15"].map((version) => isAffected("homebrew", version, records))).toEqual([false, false]);
});

test("a withdrawn advisory concerns nothing, a malicious package every version", () => {
  expect(isAffected("npm", "1.0.0", osv("npm", "npm", events({ introduced: "0" }), { withdrawn: "2024-01-01T00:00:00Z" }))).toBe(
    false,
  );
  const malware = osv("npm", "npm", events({ introduced: "0" }), { id: "MAL-2024-1" });
  expect([isAffected("npm", "0.0.1", malware), isAffected("npm", "99.0.0", malware)]).toEqual([true, true]);
});

test("macOS: 15.3 is 15.3.0, a rapid response counts, other lines are not meant, an ended line is never claimed", () => {
  const line = (ProductVersion: string, ...cves: string[]): object => ({
    SecurityReleases: [{ ProductVersion, CVEs: Object.fromEntries(cves.map((cve) => [cve, {}])) }],
  });
  const records = sofaRecords(
    {
      OSVersions: [line("26.1"), line("15.3", "CVE-2025-1000"), line("14.7.3"), line("13.5"), line("12.7")] as never,
      BackgroundSecurityImprovements: {},
    },
    "macos",
  );
  expect(["15.2.1", "15.0"].map((version) => isAffected("apple", version, records))).toEqual([true, true]);
  expect(["15.3", "15.3.0", "15.3.1", "26.0", "14.0", "12.6"].map((version) => isAffected("apple", version, records))).toEqual(
    Array(6).fill(false),
  );
  const response = sofaRecords(
    {
      OSVersions: [
        { SecurityReleases: [{ ProductVersion: "13.5", CVEs: { "CVE-2023-1000": {} } }, { ProductVersion: "13.4.1" }] },
      ],
      BackgroundSecurityImprovements: { "13": [{ Version: "13.4.1", VersionExtra: "(c)", CVEs: ["CVE-2023-1000"] }] },
    },
    "macos",
  );
  expect(["13.4.1", "13.4.1 (a)", "13.4.1 (c)", "13.5"].map((version) => isAffected("apple", version, response))).toEqual([
    true,
    true,
    false,
    false,
  ]);
});

test("Windows: only builds of the same branch, and the fixed build itself is not concerned", () => {
  const name = "Windows 11 Version 22H2 for x64-based Systems";
  const fix = {
    kb: "5044285",
    supersedes: [],
    url: "",
    subType: "Security Update",
    fixedBuild: "10.0.22621.4317",
    products: ["1"],
  };
  const affected = affectedOf(
    {
      cve: "CVE-2024-1000",
      title: "",
      description: "",
      cwes: [],
      affected: new Set(["1"]),
      severities: new Map(),
      isExploited: false,
      vectors: new Set(),
      fixes: [fix],
      revisions: [],
    },
    new Map([["1", name]]),
  );
  const records: FeedRecord[] = [{ name: "CVE-2024-1000", vulnerabilities: ["CVE-2024-1000"], facts: null, affected }];
  expect(["10.0.22621.4316", "10.0.22621.963"].map((version) => isAffected("msrc", version, records))).toEqual([true, true]);
  expect(["10.0.22621.4317", "10.0.22631.1", "10.0.2262.1"].map((version) => isAffected("msrc", version, records))).toEqual([
    false,
    false,
    false,
  ]);
});
