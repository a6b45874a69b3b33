import { pack } from "tar-stream";
import { describe, expect, test } from "vitest";
import { kernelImageLineOf } from "#domain/vulnerability/kernel-image.ts";
import { isWithin, parsedText, rangesOf, recordsOnly } from "#test/support/feed-parsing.ts";
import { joinNotices } from "./join-notices.ts";
import { joinPockets, ubuntuPocket } from "./pockets.ts";
import { parseUbuntuOval } from "./ubuntu-oval.ts";
import { parseUbuntuTracker } from "./ubuntu-tracker.ts";
import { parseUbuntuVexFile } from "./ubuntu-vex.ts";
import { parseUbuntuOsv } from "./ubuntu.ts";

async function trackerRanges(packages: Record<string, object>) {
  const cve = { candidate: "CVE-2024-0001", description: "text", priority: "negligible", packages };
  return rangesOf(recordsOnly(await parsedText(parseUbuntuTracker, cve, "xenial")), "curl");
}

describe("the CVE tracker", () => {
  test.each([
    ["released", "7.47.0-1ubuntu2.19", { status: "affected", fix: "fixed", fixed: "7.47.0-1ubuntu2.19", severity: "low" }],
    ["needed", "", { status: "affected", fix: "unfixed" }],
    ["pending", "7.47.0-1ubuntu3", { status: "affected", fix: "unfixed" }],
    ["needs-triage", "", { status: "unknown" }],
    ["deferred", "2024-07-18", { status: "affected", fix: "deferred" }],
    ["ignored", "too intrusive", { status: "affected", fix: "will_not_fix" }],
    ["ignored", "end of standard support, was needed", { status: "affected", fix: "will_not_fix" }],
    ["ignored", "end of standard support", { status: "unknown", fix: "end_of_life" }],
    ["not-affected", "code not present", { status: "not_affected" }],
  ])("%s (%s)", async (status, note, range) => {
    expect(await trackerRanges({ xenial: { curl: { status, note } } })).toMatchObject([range]);
  });

  test("a package that does not exist in the release is left out", async () => {
    expect(await trackerRanges({ xenial: { curl: { status: "DNE" } }, jammy: { curl: { status: "needed" } } })).toEqual([]);
  });

  test("when free support has ended a fix of Ubuntu Pro keeps its channel", async () => {
    const ranges = await trackerRanges({
      xenial: { curl: { status: "ignored", note: "end of standard support, was needed" } },
      "esm-infra/xenial": { curl: { status: "released", note: "7.47.0-1ubuntu2.19+esm1" } },
    });
    expect(ranges).toMatchObject([{ fix: "will_not_fix" }, { fixed: "7.47.0-1ubuntu2.19+esm1", channel: "esm-infra" }]);
    expect(ranges[0]).not.toHaveProperty("channel");
  });

  test("what Ubuntu Pro finds not affected the ended archive is not either", async () => {
    const ranges = await trackerRanges({
      xenial: { curl: { status: "ignored", note: "end of standard support" } },
      "esm-infra/xenial": { curl: { status: "not-affected", note: "code not present" } },
    });
    expect(ranges).toMatchObject([{ status: "not_affected" }]);
  });

  test("a pocket that began with the fix in it says nothing of what was before", async () => {
    const ranges = await trackerRanges({
      xenial: { curl: { status: "ignored", note: "end of standard support" } },
      "esm-infra/xenial": { curl: { status: "released", note: "7.47.0-1ubuntu2.19+esm1" } },
      "esm-infra-legacy/xenial": { curl: { status: "not-affected", note: "7.47.0-1ubuntu2.19+esm1" } },
    });
    expect(ranges.map(({ status, channel }) => [status, channel])).toEqual([
      ["affected", "esm-infra"],
      ["affected", "esm-infra-legacy"],
    ]);
  });

  test("a pocket that names the update with which it is not affected tells a fix", async () => {
    const ranges = await trackerRanges({
      xenial: { curl: { status: "ignored", note: "end of standard support" } },
      "esm-infra/xenial": { curl: { status: "not-affected", note: "7.47.0-1ubuntu2.19+esm3" } },
    });
    expect(ranges).toMatchObject([{ fixed: "7.47.0-1ubuntu2.19+esm3", channel: "esm-infra" }]);
  });

  test("builds of FIPS speak for themselves only", () => {
    expect(joinPockets([{ channel: "fips-updates", status: "open" }])).toEqual([]);
    expect(joinPockets([{ channel: "fips-updates", status: "released", fixed: "1.1.1f-1ubuntu2.fips.22" }])).toMatchObject([
      { fixed: "1.1.1f-1ubuntu2.fips.22", channel: "fips-updates" },
    ]);
  });

  test.each([
    ["jammy", { codename: "jammy", channel: undefined }],
    ["esm-apps/jammy", { codename: "jammy", channel: "esm-apps" }],
    ["trusty/esm", { codename: "trusty", channel: "esm-infra" }],
    ["vivid/ubuntu-core", null],
  ])("the place %s", (place, pocket) => {
    expect(ubuntuPocket(place)).toEqual(pocket);
  });
});

test("VEX tells what is not affected and not fixed; its `fixed` names no first version and gives no range", async () => {
  const statement = (status: string, distro: string, action?: string) => ({
    vulnerability: { name: "CVE-2023-38545" },
    status,
    action_statement: action,
    products: [
      { "@id": `pkg:deb/ubuntu/curl@7.81.0-1ubuntu1.24?arch=source&distro=${distro}` },
      { "@id": "pkg:deb/ubuntu/libcurl4@7.81.0-1ubuntu1.24?arch=amd64" },
    ],
  });
  const document = {
    metadata: { version: 1 },
    statements: [
      statement("fixed", "jammy"),
      statement("affected", "noble", "The Ubuntu Security Team decided to not fix it."),
      statement("affected", "xenial", "This package is no longer supported. Please upgrade your system."),
      statement("not_affected", "esm-infra/xenial"),
      statement("under_investigation", "focal"),
    ],
  };
  const states = async (codename: string) =>
    rangesOf(recordsOnly(await parsedText(parseUbuntuVexFile, document, codename)), "curl").map(({ status, fix }) => [
      status,
      fix,
    ]);
  expect(await states("jammy")).toEqual([]);
  expect(await states("noble")).toEqual([["affected", "will_not_fix"]]);
  expect(await states("xenial")).toEqual([["not_affected", "unknown"]]);
  expect(await states("focal")).toEqual([["unknown", "unknown"]]);
});

describe("OSV", () => {
  async function archive(members: Record<string, object>): Promise<Buffer> {
    const tar = pack();
    for (const [name, content] of Object.entries(members)) tar.entry({ name }, JSON.stringify(content));
    tar.finalize();
    const chunks: Buffer[] = [];
    for await (const chunk of tar) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  }
  const entry = (ecosystem: string, distro: string, fixed?: string) => ({
    package: { ecosystem, name: "varnish", purl: `pkg:deb/ubuntu/varnish?arch=source&distro=${distro}` },
    ranges: [{ type: "ECOSYSTEM", events: [{ introduced: "0" }, ...(fixed === undefined ? [] : [{ fixed }])] }],
    ecosystem_specific: { ubuntu_priority: "medium" },
  });
  const affected = [
    entry("Ubuntu:22.04:LTS", "jammy"),
    entry("Ubuntu:Pro:22.04:LTS", "esm-apps/jammy", "6.6.1-1ubuntu0.2+esm1"),
    entry("Ubuntu:24.04:LTS", "noble", "7.1.1-1"),
  ];

  test("releases and Ubuntu Pro are told apart, and a fix names its notice", async () => {
    const content = await archive({
      "osv/cve/2025/UBUNTU-CVE-2025-0001.json": { id: "UBUNTU-CVE-2025-0001", details: "text", affected },
      "osv/usn/USN-7372-1.json": { id: "USN-7372-1", related: ["CVE-2025-0001", "UBUNTU-CVE-2025-0001"], affected },
    });
    const jammy = recordsOnly(await parsedText(parseUbuntuOsv, content, "jammy"));
    expect(jammy.map(({ name }) => name)).toEqual(["CVE-2025-0001"]);
    expect(rangesOf(jammy, "varnish")).toMatchObject([
      { fix: "unfixed", severity: "medium" },
      { fixed: "6.6.1-1ubuntu0.2+esm1", channel: "esm-apps", advisory: "USN-7372-1" },
    ]);
    expect(rangesOf(recordsOnly(await parsedText(parseUbuntuOsv, content, "noble")), "varnish")).toMatchObject([
      { fixed: "7.1.1-1" },
    ]);
  });

  test("a withdrawn record is rejected", async () => {
    const content = await archive({
      "osv/cve/2025/UBUNTU-CVE-2025-0002.json": { id: "UBUNTU-CVE-2025-0002", withdrawn: "2025-01-01", affected },
    });
    expect(await parsedText(parseUbuntuOsv, content, "jammy")).toMatchObject([
      { name: "CVE-2025-0002", facts: { rejected: true }, affected: [] },
    ]);
  });
});

test("OVAL: of two notices for one vulnerability the later fix counts", () => {
  const record = (name: string, fixed: string) => ({
    name,
    vulnerabilities: ["CVE-2019-1547"],
    facts: null,
    affected: [
      {
        ecosystem: "deb:ubuntu:16.04",
        package: "openssl",
        ranges: [
          {
            vulnerability: "CVE-2019-1547",
            status: "affected" as const,
            provider: "ubuntu-oval" as const,
            name_kind: "binary" as const,
            scheme: "dpkg" as const,
            fixed,
            fix: "fixed" as const,
          },
        ],
      },
    ],
  });
  const joined = joinNotices([record("USN-4504-1", "1.0.2g-1ubuntu4.17"), record("USN-4376-1", "1.0.2g-1ubuntu4.16")]);
  expect(joined.map(({ name, affected }) => [name, affected.length])).toEqual([
    ["USN-4504-1", 1],
    ["USN-4376-1", 0],
  ]);
});

describe("OVAL of running kernels", () => {
  const OVAL = `<oval_definitions><definitions>
    <definition id="oval:com.ubuntu.mantic:def:64541000000" class="patch"><metadata><title>USN-6454-1 -- Linux kernel vulnerabilities</title>
      <reference source="USN" ref_id="USN-6454-1"/><reference source="CVE" ref_id="CVE-2023-42752"/></metadata>
      <criteria><criteria operator="OR"><criteria operator="AND">
        <criterion test_ref="t:1"/><criterion test_ref="t:2"/></criteria></criteria></criteria></definition></definitions>
    <tests><uname_test id="t:1"><object object_ref="o:1"/><state state_ref="s:1"/></uname_test>
      <variable_test id="t:2"><object object_ref="o:2"/><state state_ref="s:2"/></variable_test></tests>
    <states><uname_state id="s:1"><os_release operation="pattern match">6.5.0-\\d+(-generic|-generic-64k)</os_release></uname_state>
      <variable_state id="s:2"><value operation="less than">0:6.5.0-10</value></variable_state></states></oval_definitions>`;

  test("all images of the line before the update are named, whatever their number", async () => {
    const records = recordsOnly(await parsedText(parseUbuntuOval, OVAL, "mantic"));
    const [range] = rangesOf(records, kernelImageLineOf("linux-image-6.5.0-9-generic") ?? "");
    expect(range).toMatchObject({ vulnerability: "CVE-2023-42752", advisory: "USN-6454-1", name_kind: "binary" });
    expect([isWithin(range!, "6.5.0-9.9"), isWithin(range!, "6.5.0-10.10"), isWithin(range!, "6.5.0-13.13")]).toEqual([
      true,
      false,
      false,
    ]);
    expect(records[0]?.affected.map((one) => one.package)).toEqual([
      "linux-image-6.5.0-generic",
      "linux-image-6.5.0-generic-64k",
    ]);
  });

  test("meta packages are no images of a kernel", () => {
    expect(
      ["linux-image-generic", "linux-generic-hwe-22.04", "linux-headers-6.5.0-9-generic"].map((name) => kernelImageLineOf(name)),
    ).toEqual([null, null, null]);
    expect(kernelImageLineOf("linux-image-unsigned-5.15.0-1030-aws")).toBe("linux-image-5.15.0-aws");
  });
});
