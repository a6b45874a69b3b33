import { describe, expect, test } from "vitest";
import { isWithin, parsedText, rangesOf, recordsOnly } from "#test/support/feed-parsing.ts";
import { parseDebianAdvisories } from "./parse-advisories.ts";
import { parseDebianTracker } from "./parse-tracker.ts";
import { debianSuites } from "./releases.ts";

const NO_FLEET = { ecosystems: new Set<string>(), sources: new Set<string>(), scopes: [], today: "2026-01-01" };

async function rangeOf(release: object, description = "text") {
  const document = { curl: { "CVE-2024-0001": { description, releases: { bookworm: { repositories: {}, ...release } } } } };
  const records = recordsOnly(await parsedText((input, part) => parseDebianTracker(input, part), document, "bookworm"));
  return rangesOf(records, "curl")[0];
}

describe("what the tracker says of a suite", () => {
  test("a fix in version 0 says that the package never had the defect", async () => {
    expect(await rangeOf({ status: "resolved", fixed_version: "0", urgency: "unimportant" })).toMatchObject({
      status: "not_affected",
    });
  });

  test("a fix is the first version that is not affected, under the source package's name", async () => {
    const range = await rangeOf({ status: "resolved", fixed_version: "7.88.1-10+deb12u5", urgency: "medium**" });
    expect(range).toMatchObject({
      status: "affected",
      fix: "fixed",
      name_kind: "source",
      severity: "medium",
      provider: "debian-tracker",
    });
    expect([isWithin(range!, "7.88.1-10+deb12u4"), isWithin(range!, "7.88.1-10+deb12u5")]).toEqual([true, false]);
  });

  test.each([
    [
      { status: "open", urgency: "not yet assigned" },
      { status: "affected", fix: "unfixed" },
    ],
    [
      { status: "open", urgency: "low", nodsa: "Minor issue", nodsa_reason: "" },
      { status: "affected", fix: "unfixed", severity: "low" },
    ],
    [{ status: "open", urgency: "low", nodsa: "Minor issue", nodsa_reason: "ignored" }, { fix: "will_not_fix" }],
    [{ status: "open", urgency: "low", nodsa: "next point release", nodsa_reason: "postponed" }, { fix: "deferred" }],
    [
      { status: "open", urgency: "end-of-life" },
      { status: "affected", fix: "end_of_life" },
    ],
    [{ status: "undetermined", urgency: "not yet assigned" }, { status: "unknown" }],
    [
      { status: "open", urgency: "unimportant" },
      { status: "affected", suppressed: "Debian rates it unimportant" },
    ],
  ])("%j becomes %j", async (release, range) => {
    expect(await rangeOf(release)).toMatchObject(range);
  });

  test("a rebuild without changes (+b1) has the fix of its source version", async () => {
    const range = await rangeOf({ status: "resolved", fixed_version: "7.88.1-10", urgency: "high" });
    expect(isWithin(range!, "7.88.1-10+b1")).toBe(false);
    expect(isWithin(range!, "7.88.1-9+b3")).toBe(true);
  });

  test("a package without releases and other suites bring nothing; a status that is none is a bad record", async () => {
    const parse = (document: object) => parsedText((input, part) => parseDebianTracker(input, part), document, "bookworm");
    expect(
      await parse({
        a: { "CVE-2022-0358": { scope: "local" } },
        b: { "CVE-2022-0359": { releases: { sid: { status: "open" } } } },
      }),
    ).toEqual([]);
    expect(await parse({ a: { "CVE-2022-0358": { releases: { bookworm: { status: "fixed" } } } } })).toEqual([
      { bad: "a/CVE-2022-0358", why: "releases.bookworm.status is neither resolved, open nor undetermined" },
    ]);
  });
});

describe("lists of advisories", () => {
  const LIST = [
    "[30 Mar 2023] DSA-5381-1 tomcat9 - security update",
    "\t{CVE-2022-42252 CVE-2022-45143}",
    "\t[bullseye] - tomcat9 9.0.43-2~deb11u6",
    "\t[buster] - tomcat9 <not-affected> (later)",
    "[17 Mar 2023] DSA-5356-2 sox - regression update",
    "\t[bullseye] - sox 14.4.2+git20190427-2+deb11u2",
  ].join("\n");

  test("an advisory names its vulnerabilities, packages and suites; regressions of updates are none", async () => {
    const records = recordsOnly(await parsedText(parseDebianAdvisories, LIST, "bullseye"));
    expect(records.map(({ name, vulnerabilities }) => [name, vulnerabilities])).toEqual([
      ["DSA-5381-1", ["CVE-2022-42252", "CVE-2022-45143"]],
    ]);
    expect(rangesOf(records, "tomcat9")[0]).toMatchObject({
      fixed: "9.0.43-2~deb11u6",
      advisory: "DSA-5381-1",
      url: "https://www.debian.org/security/dsa-5381",
    });
    expect(await parsedText(parseDebianAdvisories, LIST, "buster")).toEqual([]);
  });
});

test("suites are those of the fleet's hosts and software", () => {
  const scopes = [{ name: "debian:12", family: "linux" }];
  expect(debianSuites({ ...NO_FLEET, scopes, ecosystems: new Set(["deb:debian:unstable", "deb:ubuntu:22.04"]) })).toEqual([
    "bookworm",
    "sid",
  ]);
  expect(debianSuites(NO_FLEET)).toEqual([]);
});
