import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { AffectedRange, FeedRecord } from "#domain/vulnerability/model.ts";
import { SHARED_DIR } from "#test/support/simulated-osquery/images.ts";
import type { FeedItem } from "../feed.ts";
import { fileInput } from "../formats/file-input.ts";
import type { Tally } from "../formats/tally.ts";
import { osvEcosystem } from "./ecosystems.ts";
import { OSV_FEED } from "./feed.ts";
import { osvItem, parseOsv } from "./parse.ts";
import { osvIntervals } from "./ranges.ts";

const CORPUS = join(SHARED_DIR, "data/vulnerabilities");

/** A record of the ecosystem, which must be good. */
function record(value: object, part: string, tally?: Tally): FeedRecord | null {
  const item = osvItem(value, "test", part, tally);
  if (item !== null && !("vulnerabilities" in item)) throw new Error(JSON.stringify(item));
  return item;
}

function npm(extra: object, affected: object): object {
  return {
    id: "GHSA-aaaa-bbbb-cccc",
    aliases: ["CVE-2024-1000"],
    affected: [{ package: { ecosystem: "npm", name: "left" }, ...affected }],
    ...extra,
  };
}

function semver(...events: object[]): object {
  return { ranges: [{ type: "SEMVER", events }] };
}

function rangesOf(value: object, part = "npm"): AffectedRange[] {
  return record(value, part)?.affected.flatMap(({ ranges }) => ranges) ?? [];
}

describe("events", () => {
  test("every time a range is switched on and off is a stretch of its own, in any order of the events", () => {
    const events = [
      { fixed: "2.1.0" },
      { introduced: "2.0.0-alpha.1" },
      { fixed: "1.5.0" },
      { introduced: "0" },
      { introduced: "3.0.0" },
    ];
    expect(osvIntervals({ type: "SEMVER", events }, "semver")).toEqual([
      { fixed: "1.5.0" },
      { introduced: "2.0.0-alpha.1", fixed: "2.1.0" },
      { introduced: "3.0.0" },
    ]);
  });

  test("a last affected version ends a stretch that includes it; a single version is one too", () => {
    const events = [{ last_affected: "1.0.0" }, { introduced: "1.0.0" }];
    expect(osvIntervals({ type: "SEMVER", events }, "semver")).toEqual([{ introduced: "1.0.0", last_affected: "1.0.0" }]);
  });

  test("stretches that touch are both kept, and a second fix of one stretch says nothing", () => {
    const events = [{ introduced: "0" }, { fixed: "1.0" }, { introduced: "1.0" }, { fixed: "1.2" }, { fixed: "1.4" }];
    expect(osvIntervals({ type: "ECOSYSTEM", events }, "pep440")).toEqual([
      { fixed: "1.0" },
      { introduced: "1.0", fixed: "1.2" },
    ]);
  });

  test("commits are no versions", () => {
    expect(osvIntervals({ type: "GIT", events: [{ introduced: "0" }, { fixed: "4df1b6d4" }] }, "semver")).toEqual([]);
  });
});

describe("one record", () => {
  test("an advisory goes by its CVE, and its own names are aliases", () => {
    const item = record(
      npm({ aliases: ["CVE-2024-1000", "PYSEC-2024-1"] }, semver({ introduced: "0" }, { fixed: "1.2.3" })),
      "npm",
    );
    expect(item?.vulnerabilities).toEqual(["CVE-2024-1000"]);
    expect(item?.aliases).toEqual([
      ["GHSA-aaaa-bbbb-cccc", "CVE-2024-1000"],
      ["PYSEC-2024-1", "CVE-2024-1000"],
    ]);
    expect(item?.affected).toEqual([
      {
        ecosystem: "npm",
        package: "left",
        ranges: [
          {
            vulnerability: "CVE-2024-1000",
            status: "affected",
            provider: "osv",
            scheme: "semver",
            name_kind: "package",
            fixed: "1.2.3",
            fix: "fixed",
            advisory: "GHSA-aaaa-bbbb-cccc",
          },
        ],
      },
    ]);
  });

  test("an advisory without a CVE goes by its own id", () => {
    expect(record(npm({ aliases: [] }, semver({ introduced: "0" })), "npm")?.vulnerabilities).toEqual(["GHSA-aaaa-bbbb-cccc"]);
  });

  test("the list of versions counts only where no range says anything", () => {
    expect(
      rangesOf(npm({}, { ...semver({ introduced: "0" }, { fixed: "2.0.0" }), versions: ["1.0.0"] }))[0]?.versions,
    ).toBeUndefined();
    expect(rangesOf(npm({}, { versions: ["1.0.0", "1.0.1"] }))[0]?.versions).toEqual(["1.0.0", "1.0.1"]);
    expect(rangesOf(npm({}, { ranges: [{ type: "GIT", events: [{ introduced: "0" }] }], versions: ["1.0.0"] }))).toHaveLength(1);
    expect(rangesOf(npm({}, {}))).toEqual([]);
  });

  test("a withdrawn advisory affects nothing, and takes no CVE along", () => {
    const item = record(npm({ withdrawn: "2024-01-01T00:00:00Z" }, semver({ introduced: "0" })), "npm");
    expect(item).toMatchObject({ vulnerabilities: ["GHSA-aaaa-bbbb-cccc"], facts: { rejected: true }, affected: [] });
    expect(item?.aliases).toBeUndefined();
  });

  test("a malicious package is one in all versions, a poisoned release in that one only", () => {
    const whole = npm({ id: "MAL-2024-1", aliases: [] }, semver({ introduced: "0" }));
    expect(record(whole, "npm")?.facts).toMatchObject({ malware: true, severity: "critical" });
    expect(rangesOf(whole)[0]).not.toHaveProperty("fixed");
    expect(rangesOf(whole)[0]?.versions).toBeUndefined();
    expect(rangesOf(npm({ id: "MAL-2024-2", aliases: [] }, { versions: ["77.77.79"] }))[0]?.versions).toEqual(["77.77.79"]);
  });

  test("GitHub's severity, weakness and last known affected version are taken", () => {
    const value = npm(
      {
        database_specific: { severity: "MODERATE", cwe_ids: ["CWE-79"] },
        severity: [{ type: "CVSS_V3", score: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:N/A:N" }],
      },
      { ...semver({ introduced: "1.0.0" }), database_specific: { last_known_affected_version_range: "<= 1.9.0" } },
    );
    expect(record(value, "npm")?.facts).toEqual({
      severity: "medium",
      cwes: ["CWE-79"],
      cvss: [{ source: "GitHub", version: "3.1", vector: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:N/A:N" }],
    });
    expect(rangesOf(value)[0]).toMatchObject({ introduced: "1.0.0", last_affected: "1.9.0" });
  });

  test("a Go module whose versions are not Go's goes by the versions that its authors give", () => {
    const custom_ranges = [{ type: "ECOSYSTEM", events: [{ introduced: "0" }, { fixed: "1.9.0" }] }];
    const affected = [
      {
        package: { ecosystem: "Go", name: "k8s.io/ingress-nginx" },
        ...semver({ introduced: "0" }),
        ecosystem_specific: { custom_ranges },
      },
    ];
    expect(rangesOf({ id: "GO-2024-2428", aliases: ["CVE-2023-5043"], affected }, "go")).toMatchObject([{ fixed: "1.9.0" }]);
  });

  test("Python names are one whatever their case and signs", () => {
    const affected = [
      {
        package: { ecosystem: "PyPI", name: "Zope.Interface_x" },
        ranges: [{ type: "ECOSYSTEM", events: [{ introduced: "0" }] }],
      },
    ];
    expect(record({ id: "PYSEC-1", affected }, "pypi")?.affected[0]?.package).toBe("zope-interface-x");
  });

  test("a distribution's advisory has a range for each of its CVEs, and is their advisory", () => {
    const affected = [
      {
        package: { ecosystem: "Rocky Linux:8", name: "ruby" },
        ranges: [{ type: "ECOSYSTEM", events: [{ introduced: "0" }, { fixed: "0:2.5.9-1.module+el8" }] }],
      },
    ];
    const value = {
      id: "RLSA-2019:1972",
      summary: "Important: ruby:2.5 security update",
      related: ["CVE-2019-8324", "CVE-2019-8325"],
      affected,
    };
    const item = record(value, "rpm:rocky:8");
    expect(item?.facts).toBeNull();
    expect(item?.affected[0]?.ranges).toMatchObject([
      { vulnerability: "CVE-2019-8324", advisory: "RLSA-2019:1972", severity: "high", module: "ruby:2.5" },
      { vulnerability: "CVE-2019-8325", advisory: "RLSA-2019:1972", severity: "high", module: "ruby:2.5" },
    ]);
    const unnamed = record({ ...value, summary: "Important: ruby security update" }, "rpm:rocky:8");
    expect(unnamed?.affected[0]?.ranges.map(({ module }) => module)).toEqual(["ruby:2.5", "ruby:2.5"]);
    expect(record({ ...value, id: "RLBA-2019:1", related: [] }, "rpm:rocky:8")).toBeNull();
  });

  test("SUSE's updates name the binary packages and their versions", () => {
    const affected = [
      {
        package: { ecosystem: "SUSE:Linux Enterprise Server 15 SP4", name: "qt" },
        ranges: [{ type: "ECOSYSTEM", events: [{ introduced: "0" }, { fixed: "5.1-1" }] }],
        ecosystem_specific: { binaries: [{ libqt: "5.1-1", "libqt-32bit": "5.1-1" }] },
      },
    ];
    const item = record(
      { id: "SUSE-SU-2024:1-1", upstream: ["CVE-2024-1000"], affected: [...affected, ...affected] },
      "rpm:sles:15.4",
    );
    expect(item?.affected.map((its) => [its.package, its.ranges.length, its.ranges[0]?.name_kind])).toEqual([
      ["libqt", 1, "binary"],
      ["libqt-32bit", 1, "binary"],
    ]);
  });

  test("Ubuntu's own copies of a CVE go by it; fixes in Ubuntu Pro come by their channel; live patches say nothing of packages", () => {
    const affected = [
      {
        package: {
          ecosystem: "Ubuntu:Pro:18.04:LTS",
          name: "a2ps",
          purl: "pkg:deb/ubuntu/a2ps@1?arch=source&distro=esm-apps/bionic",
        },
        ranges: [{ type: "ECOSYSTEM", events: [{ introduced: "0" }, { fixed: "1:4.14-3ubuntu1+esm1" }] }],
      },
    ];
    const item = record(
      { id: "UBUNTU-CVE-2024-1000", severity: [{ type: "Ubuntu", score: "negligible" }], affected },
      "deb:ubuntu:18.04",
    );
    expect(item).toMatchObject({
      vulnerabilities: ["CVE-2024-1000"],
      aliases: [["UBUNTU-CVE-2024-1000", "CVE-2024-1000"]],
      facts: { severity: "low" },
      affected: [{ ranges: [{ channel: "esm-apps", provider: "ubuntu-osv", fixed: "1:4.14-3ubuntu1+esm1" }] }],
    });
    expect(record({ id: "LSN-0108-1", related: ["CVE-2024-1000"], affected }, "deb:ubuntu:18.04")).toBeNull();
  });

  test("what Debian holds unimportant is suppressed, and what is out of support is end of life", () => {
    const debian = (urgency: string, ...events: object[]): AffectedRange | undefined =>
      rangesOf(
        {
          id: "CVE-2024-1013",
          affected: [
            {
              package: { ecosystem: "Debian:12", name: "unixodbc" },
              ranges: [{ type: "ECOSYSTEM", events }],
              ecosystem_specific: { urgency },
            },
          ],
        },
        "deb:debian:12",
      )[0];
    expect(debian("unimportant", { introduced: "0" })?.suppressed).toMatch(/unimportant/);
    expect(debian("end-of-life", { introduced: "0" })).toMatchObject({ fix: "end_of_life" });
    expect(debian("not yet assigned", { introduced: "0" })).toMatchObject({ fix: "unfixed" });
    expect(debian("low", { introduced: "0" }, { fixed: "2.3.12-1" })).toMatchObject({
      fix: "fixed",
      fixed: "2.3.12-1",
      severity: "low",
    });
  });

  test("what is no record is told, with what is wrong", () => {
    expect(
      osvItem({ id: "GHSA-1", affected: [{ ranges: [{ type: "SEMVER", events: "none" }] }] }, "line 7", "npm"),
    ).toMatchObject({
      bad: "line 7",
      why: expect.stringContaining("/affected/0/ranges/0/events") as string,
    });
  });
});

test.each([
  ["Debian:12", "", "deb:debian:12", undefined],
  ["Debian:6.0", "", "deb:debian:6", undefined],
  ["Ubuntu:22.04:LTS", "", "deb:ubuntu:22.04", undefined],
  ["Ubuntu:24.10", "", "deb:ubuntu:24.10", undefined],
  ["Ubuntu:Pro:18.04:LTS", "pkg:deb/ubuntu/linux@1?arch=source&distro=esm-infra/bionic", "deb:ubuntu:18.04", "esm-infra"],
  ["Ubuntu:Pro:14.04:LTS", "pkg:deb/ubuntu/linux@1?arch=source&distro=trusty/esm", "deb:ubuntu:14.04", "esm-infra"],
  ["Red Hat:enterprise_linux:9::baseos", "", "rpm:rhel:9", undefined],
  ["Red Hat:rhel_eus:9.2::appstream", "", "rpm:rhel:9", "eus-9.2"],
  ["Rocky Linux:8", "", "rpm:rocky:8", undefined],
  ["AlmaLinux:9", "", "rpm:almalinux:9", undefined],
  ["Alpine:v3.21", "", "apk:alpine:3.21", undefined],
  ["SUSE:Linux Enterprise Server 15 SP4", "", "rpm:sles:15.4", undefined],
  ["SUSE:Linux Enterprise Module for Basesystem 15 SP5", "", "rpm:sles:15.5", undefined],
  ["SUSE:Linux Enterprise Server 12 SP1-LTSS", "", "rpm:sles:12.1", "ltss"],
  ["openSUSE:Leap 15.5", "", "rpm:opensuse-leap:15.5", undefined],
])("OSV's ecosystem %s is %s", (text, purl, ecosystem, channel) => {
  expect(osvEcosystem(text, purl)).toMatchObject({ ecosystem });
  expect(osvEcosystem(text, purl)?.channel).toBe(channel);
});

test.each([
  "Debian:3.1",
  "Ubuntu:Pro:FIPS:20.04:LTS",
  "Red Hat:ocp_tools:4.15::el9",
  "Wolfi",
  "Android",
  "SUSE:Package Hub 12",
  "constructor",
  "",
])("OSV's ecosystem %s is looked up by nothing", (text) => {
  expect(osvEcosystem(text)).toBeNull();
});

describe.skipIf(!existsSync(CORPUS))("needs the shared vulnerability corpus; set MUSTER_SHARED_DIR", () => {
  async function all(path: string, part: string, tally?: Tally): Promise<FeedItem[]> {
    const items: FeedItem[] = [];
    for await (const item of parseOsv(await fileInput(join(CORPUS, path)), part, tally)) items.push(item);
    return items;
  }

  test.each([
    ["osv/npm-ghsa-osv-2025-02.jsonl.gz", "npm", 3792, 0],
    ["osv/npm-malicious-sample-2025-02.jsonl.gz", "npm", 486, 0],
    ["osv/pypi-pysec-osv-2024-10.jsonl.gz", "pypi", 2661, 10],
    ["osv/golang-vulndb-2026-08.jsonl.gz", "go", 4291, 17],
    ["osv/homebrew-2026-07.jsonl.gz", "homebrew", 43, 0],
    ["feed-samples/vscode-osv/happy/all.zip", "vscode", 1, 0],
  ])("%s has every record that its README counts", async (path, part, records, withdrawn) => {
    const items = await all(path, part);
    expect(items.filter((item) => !("vulnerabilities" in item))).toEqual([]);
    expect(items).toHaveLength(records);
    expect(items.filter((item) => "facts" in item && item.facts?.rejected === true)).toHaveLength(withdrawn);
    const silent = items.filter((item) => "facts" in item && item.facts?.rejected !== true && item.affected.length === 0);
    expect(silent.map((item) => ("name" in item ? item.name : ""))).toEqual([]);
  });

  test("CPython's records name commits only: nothing of inventory is judged by them", async () => {
    const tally: Tally = new Map();
    expect(await all("osv/psf-cpython-2024-09.jsonl.gz", "pypi", tally)).toEqual([]);
    expect(tally.get("no package")).toBeGreaterThanOrEqual(132);
  });

  test("Rocky's advisories are of release 8 or 9, and each has a fix for every CVE", async () => {
    const parts = [
      await all("osv/rocky-linux-osv-2025-01.jsonl.gz", "rpm:rocky:8"),
      await all("osv/rocky-linux-osv-2025-01.jsonl.gz", "rpm:rocky:9"),
    ];
    const names = new Set(parts.flat().map((item) => ("name" in item ? item.name : "")));
    expect(names.size).toBeGreaterThan(1400);
    const ranges = parts.flat().flatMap((item) => ("affected" in item ? item.affected.flatMap((its) => its.ranges) : []));
    expect(ranges.every(({ fixed, advisory }) => fixed !== undefined && /^R[LX]SA-/.test(advisory ?? ""))).toBe(true);
  });

  test("the sample of all ecosystems reads without a bad record, and tells what was left out", async () => {
    const tally: Tally = new Map();
    const items = await all("osv/mixed-ecosystems-sample.jsonl.gz", "deb:ubuntu:22.04", tally);
    expect(items.filter((item) => "bad" in item)).toEqual([]);
    expect(tally.get("ecosystem Android")).toBeGreaterThan(0);
    expect(items.some((item) => "name" in item && item.name === "USN-7095-1")).toBe(true);
    const mongodb = (await all("osv/mixed-ecosystems-sample.jsonl.gz", "deb:ubuntu:20.04")).find(
      (item) => "name" in item && item.name === "UBUNTU-CVE-2025-14345",
    );
    expect(mongodb).toMatchObject({ vulnerabilities: ["CVE-2025-14345"], facts: { severity: "medium" } });
  });

  test("Debian's 16,909 records stream in bounded memory", async () => {
    const input = await fileInput(join(CORPUS, "osv/debian-osv-2025-02.slice.jsonl.zst"));
    const before = process.memoryUsage().rss;
    let [records, urgent, peak] = [0, 0, 0];
    for await (const item of parseOsv(input, "deb:debian:12")) {
      if (!("vulnerabilities" in item)) throw new Error(JSON.stringify(item));
      records += 1;
      urgent += item.affected.flatMap(({ ranges }) => ranges).filter(({ suppressed }) => suppressed !== undefined).length;
      if (records % 1000 === 0) peak = Math.max(peak, process.memoryUsage().rss - before);
    }
    expect(records).toBe(12_937);
    expect(urgent).toBeGreaterThan(1000);
    expect(peak).toBeLessThan(400 * 1024 * 1024);
  });

  test("files of a directory belong to their ecosystem; copies without the names of CVEs are left alone", () => {
    const file = OSV_FEED.files.at(-1);
    if (file === undefined) throw new Error("the feed knows no files");
    const partOf = (path: string): string | null | undefined => {
      const match = file.pattern.exec(path);
      return match === null ? undefined : file.part(match);
    };
    // GitHub's advisories name a library in every ecosystem that has it
    expect(partOf("osv/npm-ghsa-osv-2025-02.jsonl.gz")).toBe("*");
    expect(partOf("osv/golang-vulndb-2026-08.jsonl.gz")).toBe("go");
    expect(partOf("osv/debian-osv-2025-02.slice.jsonl.zst")).toBe("*");
    expect(partOf("osv/debian-osv-2025-02.slice.lean.jsonl.gz")).toBeUndefined();
    expect(partOf("crates.io/all.zip")).toBe("crates.io");
    expect(partOf("osv/Rocky Linux/all.zip")).toBe("*");
    expect(partOf("feed-samples/linux-osv/all.zip")).toBeNull();
    expect(partOf("npm/npm.csv")).toBeUndefined();
  });
});
