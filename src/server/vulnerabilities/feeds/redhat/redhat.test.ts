import { describe, expect, test } from "vitest";
import { parsedText, rangesOf, recordsOnly } from "#test/support/feed-parsing.ts";
import { parseRpmPackage } from "../formats/rpm-package.ts";
import { parseSecurityDocument } from "./parse-security-data.ts";
import { parseRedhatOval } from "./redhat-oval.ts";
import { parseVexFile } from "./redhat-vex.ts";
import { redhatPlatform } from "./releases.ts";

describe("packages in one word", () => {
  test.each([
    ["kernel-0:5.14.0-70.13.1.el9_0.x86_64", { name: "kernel", evr: "5.14.0-70.13.1.el9_0", arch: "x86_64", module: null }],
    ["openssl-1:3.0.7-27.el9.src", { name: "openssl", evr: "1:3.0.7-27.el9", arch: "src", module: null }],
    [
      "java-11-openjdk-1:11.0.15.0.10-1.el9_0",
      { name: "java-11-openjdk", evr: "1:11.0.15.0.10-1.el9_0", arch: null, module: null },
    ],
    [
      "perl-FCGI-1:0.78-11.module+el8.6.0+23193+6b2b1cae.1.x86_64::perl-FCGI:0.78",
      { name: "perl-FCGI", evr: "1:0.78-11.module+el8.6.0+23193+6b2b1cae.1", arch: "x86_64", module: "perl-FCGI:0.78" },
    ],
    ["curl", null],
  ])("%s", (text, found) => {
    expect(parseRpmPackage(text)).toEqual(found);
  });
});

test.each([
  ["cpe:/o:redhat:enterprise_linux:9::baseos", { release: "9" }],
  ["cpe:/o:redhat:enterprise_linux:10.0", { release: "10" }],
  ["cpe:/a:redhat:rhel_eus:9.4::appstream", { release: "9", channel: "eus-9.4" }],
  ["cpe:/a:redhat:enterprise_linux_eus:10.0", { release: "10", channel: "eus-10.0" }],
  ["cpe:/o:redhat:rhel_els:7", { release: "7", channel: "els-7" }],
  ["cpe:/a:redhat:rhel_software_collections:3::el7", { release: "7" }],
  ["cpe:/a:redhat:openshift:4.15::el8", null],
  ["cpe:/a:redhat:rhel_satellite_client:6::el8", null],
])("the product %s", (cpe, platform) => {
  expect(redhatPlatform(cpe)).toEqual(platform);
});

describe("documents of the Security Data API", () => {
  const RELEASE = {
    product_name: "Red Hat Enterprise Linux 8",
    advisory: "RHSA-2024:1",
    cpe: "cpe:/a:redhat:enterprise_linux:8",
  };
  const STATE = { product_name: "Red Hat Enterprise Linux 8", cpe: "cpe:/o:redhat:enterprise_linux:8" };

  function ranges(document: object, name: string) {
    const item = parseSecurityDocument({ name: "CVE-2024-0001", threat_severity: "Important", ...document }, "8");
    return item === null ? [] : rangesOf(recordsOnly([item]), name);
  }

  test("a field may be a list or the object that would be in it", () => {
    const one = { ...RELEASE, package: "curl-0:7.61.1-33.el8" };
    expect(ranges({ affected_release: one }, "curl")).toEqual(ranges({ affected_release: [one] }, "curl"));
    expect(ranges({ package_state: { ...STATE, package_name: "curl", fix_state: "Affected" } }, "curl")).toMatchObject([
      { fix: "unfixed" },
    ]);
  });

  test.each([
    ["Affected", { status: "affected", fix: "unfixed" }],
    ["Will not fix", { status: "affected", fix: "will_not_fix" }],
    ["Fix deferred", { status: "affected", fix: "deferred" }],
    ["Out of support scope", { status: "affected", fix: "end_of_life" }],
    ["Under investigation", { status: "unknown" }],
    ["Not affected", { status: "not_affected" }],
  ])("the state %s", (fix_state, range) => {
    expect(ranges({ package_state: [{ ...STATE, package_name: "curl", fix_state }] }, "curl")).toMatchObject([
      { ...range, severity: "high" },
    ]);
  });

  test("a package of a module's stream keeps the stream; other products' packages are left out", () => {
    const package_state = [
      { ...STATE, package_name: "nodejs:18/nodejs", fix_state: "Affected" },
      { ...STATE, cpe: "cpe:/a:redhat:openshift:4", package_name: "nodejs", fix_state: "Affected" },
    ];
    expect(ranges({ package_state }, "nodejs")).toMatchObject([{ module: "nodejs:18", fix: "unfixed" }]);
  });

  test("an extended stream's fix keeps its channel, and its builds are not among those of the main stream", () => {
    const affected_release = [
      { ...RELEASE, package: "sudo-0:1.9.5p2-1.el8_9" },
      { ...RELEASE, cpe: "cpe:/o:redhat:rhel_eus:8.6", package: "sudo-0:1.9.5p2-1.el8_6" },
    ];
    expect(ranges({ affected_release }, "sudo")).toMatchObject([
      { fixed: "1.9.5p2-1.el8_6", fixed_in: "1.9.5p2-1.el8_9" },
      { introduced: "1.9.5p2-1.el8_7", fixed: "1.9.5p2-1.el8_9" },
      { fixed: "1.9.5p2-1.el8_6", channel: "eus-8.6" },
    ]);
  });

  test("a field of another type makes a bad record that names it", () => {
    expect(parseSecurityDocument({ name: "CVE-2024-0001", package_state: [{ cpe: "x" }] }, "8")).toEqual({
      bad: "CVE-2024-0001",
      why: "package_state.product_name is no text",
    });
  });
});

test("VEX: fixed packages with module and channel, packages without fix, and what is not affected", async () => {
  const platform = (product_id: string, cpe: string) => ({
    category: "product_name",
    product: { product_id, product_identification_helper: { cpe } },
  });
  const component = (product_id: string, purl: string) => ({ product: { product_id, product_identification_helper: { purl } } });
  const fixed = "perl-FCGI-1:0.78-12.module+el8.10.0+23147+20b7d289.x86_64::perl-FCGI:0.78";
  const purl =
    "pkg:rpm/redhat/perl-FCGI@0.78-12.module%2Bel8.10.0%2B23147%2B20b7d289?arch=x86_64&epoch=1&rpmmod=perl-FCGI:0.78:8060020250604201935:513b2a65";
  const relation = (relates_to_product_reference: string, product_reference: string) => ({
    product_reference,
    relates_to_product_reference,
    full_product_name: { product_id: `${relates_to_product_reference}:${product_reference}` },
  });
  const document = {
    document: { tracking: { id: "CVE-2025-40907" } },
    product_tree: {
      branches: [
        {
          branches: [
            platform("AppStream-8.10", "cpe:/a:redhat:enterprise_linux:8::appstream"),
            platform("red_hat_enterprise_linux_8", "cpe:/o:redhat:enterprise_linux:8"),
            component(fixed, purl),
            component("fcgi.src", "pkg:rpm/redhat/fcgi?arch=src"),
            component("fcgi", "pkg:rpm/redhat/fcgi"),
          ],
        },
      ],
      relationships: [
        relation("AppStream-8.10", fixed),
        relation("red_hat_enterprise_linux_8", "fcgi.src"),
        relation("red_hat_enterprise_linux_8", "fcgi"),
      ],
    },
    vulnerabilities: [
      {
        cve: "CVE-2025-40907",
        product_status: {
          fixed: [`AppStream-8.10:${fixed}`],
          known_affected: ["red_hat_enterprise_linux_8:fcgi.src"],
          known_not_affected: ["red_hat_enterprise_linux_8:fcgi"],
        },
        remediations: [
          {
            category: "vendor_fix",
            url: "https://access.redhat.com/errata/RHSA-2025:8696",
            product_ids: [`AppStream-8.10:${fixed}`],
          },
          { category: "no_fix_planned", details: "Will not fix", product_ids: ["red_hat_enterprise_linux_8:fcgi.src"] },
          { category: "workaround", details: "none", product_ids: ["red_hat_enterprise_linux_8:fcgi.src"] },
        ],
        threats: [{ category: "impact", details: "Important" }],
      },
    ],
  };
  const records = recordsOnly(await parsedText(parseVexFile, document, "8"));
  expect(rangesOf(records, "perl-FCGI")).toMatchObject([
    {
      fixed: "1:0.78-12.module+el8.10.0+23147+20b7d289",
      module: "perl-FCGI:0.78",
      advisory: "RHSA-2025:8696",
      arch: ["x86_64"],
      severity: "high",
    },
  ]);
  expect(rangesOf(records, "fcgi").map(({ name_kind, status, fix }) => [name_kind, status, fix])).toEqual([
    ["source", "affected", "will_not_fix"],
    ["binary", "not_affected", "unknown"],
  ]);
  expect(await parsedText(parseVexFile, document, "9")).toEqual([]);
});

test("OVAL: a definition for two releases gives each its own branch; a module's packages keep its stream", async () => {
  const branch = (release: string, pkg: string) =>
    `<criteria operator="AND"><criterion test_ref="${release}"/><criterion test_ref="t:mod"/><criterion test_ref="${pkg}"/></criteria>`;
  const oval = `<oval_definitions><definitions><definition class="patch" id="d:1"><metadata><title>RHSA-1</title>
      <reference source="RHSA" ref_id="RHSA-2019:1619" ref_url="https://access.redhat.com/errata/RHSA-2019:1619"/><reference source="CVE" ref_id="CVE-2019-12735"/></metadata>
      <criteria operator="OR"><criterion test_ref="t:must"/>${branch("t:7", "t:old")}${branch("t:8", "t:new")}</criteria></definition></definitions>
    <tests><rpmverifyfile_test id="t:must" check="none satisfy"><state state_ref="s:none"/></rpmverifyfile_test>
      <rpmverifyfile_test id="t:7"><state state_ref="s:7"/></rpmverifyfile_test><rpmverifyfile_test id="t:8"><state state_ref="s:8"/></rpmverifyfile_test>
      <textfilecontent54_test id="t:mod" comment="Module vim:8 is enabled"/>
      <rpminfo_test id="t:old"><object object_ref="o:1"/><state state_ref="s:old"/></rpminfo_test>
      <rpminfo_test id="t:new"><object object_ref="o:1"/><state state_ref="s:new"/></rpminfo_test></tests>
    <objects><rpminfo_object id="o:1"><name>vim-minimal</name></rpminfo_object></objects>
    <states><rpmverifyfile_state id="s:7"><version operation="pattern match">^7[^\\d]</version></rpmverifyfile_state>
      <rpmverifyfile_state id="s:8"><version operation="pattern match">^8[^\\d]</version></rpmverifyfile_state>
      <rpminfo_state id="s:old"><evr operation="less than">2:7.4.629-8.el7</evr></rpminfo_state>
      <rpminfo_state id="s:new"><arch operation="pattern match">aarch64|x86_64</arch><evr operation="less than">2:8.0.1763-11.el8_0</evr></rpminfo_state></states></oval_definitions>`;
  const of = async (release: string) => rangesOf(recordsOnly(await parsedText(parseRedhatOval, oval, release)), "vim-minimal");
  expect(await of("7")).toMatchObject([{ fixed: "2:7.4.629-8.el7", advisory: "RHSA-2019:1619", module: "vim:8" }]);
  expect(await of("8")).toMatchObject([{ fixed: "2:8.0.1763-11.el8_0", arch: ["aarch64", "x86_64"] }]);
});
