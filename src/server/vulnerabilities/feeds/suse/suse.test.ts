import { describe, expect, test } from "vitest";
import { parsedText, rangesOf, recordsOnly } from "#test/support/feed-parsing.ts";
import { parseOracle } from "../oracle/oracle.ts";
import { suseProduct } from "./products.ts";
import { parseSuseOval } from "./suse-oval.ts";
import { parseSuseFile } from "./suse-vex.ts";

test.each([
  ["SUSE Linux Enterprise Server 15 SP4", { release: "sles:15.4" }],
  ["SUSE Linux Enterprise Module for Basesystem 15 SP4", { release: "sles:15.4" }],
  ["SUSE Linux Enterprise Server 15 SP3-LTSS", { release: "sles:15.3", channel: "ltss" }],
  ["SUSE Linux Enterprise Server 11 SP4 LTSS", { release: "sles:11.4", channel: "ltss" }],
  ["SUSE Linux Enterprise Server for SAP Applications 15 SP3", { release: "sles:15.3", channel: "ltss-sap" }],
  ["SUSE Linux Enterprise Server 16.0", { release: "sles:16.0" }],
  ["openSUSE Leap 15.5", { release: "opensuse-leap:15.5" }],
  ["openSUSE Tumbleweed", { release: "opensuse-tumbleweed" }],
  ["SUSE Linux Enterprise Server for SAP applications 16.0", { release: "sles:16.0", channel: "ltss-sap" }],
  ["SUSE Linux Enterprise High Performance Computing 15 SP4-ESPOS", { release: "sles:15.4", channel: "espos" }],
  ["SUSE Linux Enterprise Live Patching 15 SP4", { release: "sles:15.4" }],
  ["SUSE Linux Enterprise High Availability Extension 15 SP5", { release: "sles:15.5" }],
  ["SUSE Linux Enterprise Server LTSS Extended Security 12 SP5", { release: "sles:12.5", channel: "ltss" }],
  ["SUSE Linux Enterprise Micro 5.3", { release: "sle-micro:5.3" }],
  ["SUSE Linux Micro 6.0", { release: "sle-micro:6.0" }],
  ["SUSE Linux Enterprise Real Time 15 SP3", null],
  ["SUSE Linux Enterprise Server Teradata 12 SP3", null],
  ["openSUSE Leap Micro 5.2", { release: "opensuse-leap-micro:5.2" }],
])("the product %s", (name, product) => {
  expect(suseProduct(name)).toEqual(product);
});

describe("CSAF VEX", () => {
  const document = {
    document: { tracking: { id: "CVE-2023-5568" } },
    vulnerabilities: [
      {
        cve: "CVE-2023-5568",
        product_status: {
          recommended: [
            "SUSE Linux Enterprise Server 15 SP4:ctdb-4.19.2+git.322.7e9201cef5-150400.1.1",
            "SUSE Linux Enterprise Module for Basesystem 15 SP4:ctdb-4.19.2+git.322.7e9201cef5-150400.1.1",
            "SUSE Linux Enterprise Server 15 SP3-LTSS:ctdb-4.15.13-150300.3.1",
          ],
          known_affected: ["SUSE Linux Enterprise Server 15 SP4:samba-tool"],
          known_not_affected: ["SUSE Linux Enterprise Server 15 SP3-LTSS:samba-winbind"],
        },
        threats: [{ category: "impact", details: "moderate" }],
      },
    ],
  };

  test("what is recommended is the first version with the fix; modules belong to their server", async () => {
    const records = recordsOnly(await parsedText(parseSuseFile, document, "sles:15.4"));
    expect(rangesOf(records, "ctdb")).toMatchObject([
      { fixed: "4.19.2+git.322.7e9201cef5-150400.1.1", severity: "medium", provider: "suse-vex" },
    ]);
    expect(rangesOf(records, "samba-tool")).toMatchObject([{ status: "affected", fix: "unfixed" }]);
  });

  test("long-term support is a channel of the fix, and of nothing else", async () => {
    const records = recordsOnly(await parsedText(parseSuseFile, document, "sles:15.3"));
    expect(rangesOf(records, "ctdb")).toMatchObject([{ channel: "ltss" }]);
    expect(rangesOf(records, "samba-winbind")[0]).not.toHaveProperty("channel");
  });

  test("a document without statements brings nothing", async () => {
    expect(await parsedText(parseSuseFile, { document: { tracking: { id: "CVE-1999-0003" } } }, "sles:15.4")).toEqual([]);
  });
});

test("OVAL: only the branch of the release counts; a version that no package has means not affected", async () => {
  const oval = `<oval_definitions><definitions><definition class="vulnerability" id="d:1"><metadata><title>CVE-1999-0077</title>
      <affected><platform>SUSE Linux Enterprise Server 15 SP3</platform><platform>SUSE Linux Enterprise Server 15 SP4</platform></affected>
      <reference ref_id="Mitre CVE-1999-0077" source="CVE"/></metadata>
      <criteria operator="OR"><criteria operator="AND"><criterion test_ref="t:sp4" comment="SUSE Linux Enterprise Server 15 SP4 is installed"/>
        <criteria operator="OR"><criterion test_ref="t:kernel" comment="kernel-default is not affected"/><criterion test_ref="t:tar"/></criteria></criteria>
      <criteria operator="AND"><criterion test_ref="t:sp3" comment="SUSE Linux Enterprise Server 15 SP3 is installed"/><criterion test_ref="t:old"/></criteria></criteria></definition></definitions>
    <tests>${["sp3", "sp4"].map((name) => `<rpminfo_test id="t:${name}" comment="sles-release is ==15"><object object_ref="o:r"/><state state_ref="s:r"/></rpminfo_test>`).join("")}
      <rpminfo_test id="t:kernel"><object object_ref="o:k"/><state state_ref="s:0"/></rpminfo_test>
      <rpminfo_test id="t:tar"><object object_ref="o:t"/><state state_ref="s:t"/></rpminfo_test>
      <rpminfo_test id="t:old"><object object_ref="o:t"/><state state_ref="s:o"/></rpminfo_test></tests>
    <objects><rpminfo_object id="o:r"><name>sles-release</name></rpminfo_object><rpminfo_object id="o:k"><name>kernel-default</name></rpminfo_object>
      <rpminfo_object id="o:t"><name>tar</name></rpminfo_object></objects>
    <states><rpminfo_state id="s:r"><version operation="equals">15</version></rpminfo_state><rpminfo_state id="s:0"><version operation="equals">0</version></rpminfo_state>
      <rpminfo_state id="s:t"><evr operation="less than">0:1.34-150400.1</evr></rpminfo_state><rpminfo_state id="s:o"><evr operation="less than">0:1.34-150300.1</evr></rpminfo_state></states></oval_definitions>`;
  const records = recordsOnly(await parsedText(parseSuseOval, oval, "sles:15.4"));
  expect(rangesOf(records, "kernel-default")).toMatchObject([{ status: "not_affected" }]);
  expect(rangesOf(records, "tar").map(({ fixed }) => fixed)).toEqual(["1.34-150400.1"]);
  expect(await parsedText(parseSuseOval, oval, "sles:15.5")).toEqual([]);
});

test("Oracle: builds for Ksplice and FIPS are their own editions, a line of the UEK begins where it begins", async () => {
  const builds = [
    ["glibc", "2:2.28-211.0.1.ksplice1.el8"],
    ["openssl", "1:1.1.1k-9.0.1.el8_fips"],
    ["kernel-uek", "0:5.15.0-101.103.2.1.el8uek"],
    ["curl", "0:7.61.1-30.el8_8.2"],
  ];
  const oval = `<oval_definitions><definitions><definition class="patch" id="d:1"><metadata><title>ELSA-1</title><affected><platform>Oracle Linux 8</platform></affected>
      <reference source="elsa" ref_id="ELSA-2023-1"/><reference source="CVE" ref_id="CVE-2023-0664"/></metadata>
      <criteria operator="OR">${builds.map(([name]) => `<criterion test_ref="t:${name}"/>`).join("")}</criteria></definition></definitions>
    <tests>${builds.map(([name]) => `<rpminfo_test id="t:${name}"><object object_ref="o:${name}"/><state state_ref="s:${name}"/></rpminfo_test>`).join("")}</tests>
    <objects>${builds.map(([name]) => `<rpminfo_object id="o:${name}"><name>${name}</name></rpminfo_object>`).join("")}</objects>
    <states>${builds.map(([name, evr]) => `<rpminfo_state id="s:${name}"><evr operation="less than">${evr}</evr></rpminfo_state>`).join("")}</states></oval_definitions>`;
  const records = recordsOnly(await parsedText(parseOracle, oval, "8"));
  const told = builds.map(([name = ""]) => rangesOf(records, name).map(({ edition, introduced }) => [edition, introduced]));
  expect(told).toEqual([[["ksplice", undefined]], [["fips", undefined]], [[undefined, "5.15.0"]], [[undefined, undefined]]]);
});

test("Oracle: one file for all releases; architectures of the machine become those of its packages", async () => {
  const oval = `<oval_definitions><definitions><definition class="patch" id="d:1"><metadata><title>ELSA-1</title><affected><platform>Oracle Linux 8</platform></affected>
      <reference source="elsa" ref_id="ELSA-2023-12342" ref_url="https://linux.oracle.com/errata/ELSA-2023-12342.html"/><reference source="CVE" ref_id="CVE-2023-0664"/></metadata>
      <criteria operator="AND"><criterion test_ref="t:8"/><criterion test_ref="t:arch"/><criterion test_ref="t:module"/><criterion test_ref="t:hivex"/></criteria></definition></definitions>
    <tests><rpminfo_test id="t:8"><object object_ref="o:r"/><state state_ref="s:8"/></rpminfo_test><rpminfo_test id="t:arch"><object object_ref="o:r"/><state state_ref="s:arch"/></rpminfo_test>
      <textfilecontent54_test id="t:module" comment="Module virt:kvm_utils is enabled"/><rpminfo_test id="t:hivex"><object object_ref="o:h"/><state state_ref="s:h"/></rpminfo_test></tests>
    <objects><rpminfo_object id="o:r"><name>oraclelinux-release</name></rpminfo_object><rpminfo_object id="o:h"><name>hivex</name></rpminfo_object></objects>
    <states><rpminfo_state id="s:8"><version operation="pattern match">^8</version></rpminfo_state><rpminfo_state id="s:arch"><arch operation="pattern match">x86_64</arch></rpminfo_state>
      <rpminfo_state id="s:h"><evr operation="less than">0:1.3.18-21.module+el8</evr></rpminfo_state></states></oval_definitions>`;
  expect(rangesOf(recordsOnly(await parsedText(parseOracle, oval, "8")), "hivex")).toMatchObject([
    {
      fixed: "1.3.18-21.module+el8",
      module: "virt:kvm_utils",
      advisory: "ELSA-2023-12342",
      arch: ["x86_64", "i386", "i586", "i686", "noarch"],
    },
  ]);
  expect(await parsedText(parseOracle, oval, "9")).toEqual([]);
});
