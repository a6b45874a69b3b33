import { expect, test } from "vitest";
import { isWithin, parsedText, rangesOf } from "#test/support/feed-parsing.ts";
import { recordsOnly } from "#test/support/feed-parsing.ts";
import { parseArch } from "../arch/arch.ts";
import { parseAlpine } from "./alpine.ts";

function secdb(secfixes: Record<string, string[]>): object {
  return { reponame: "main", distroversion: "v3.21", packages: [{ pkg: { name: "xen", secfixes } }] };
}

test("a fix is told for the source package; fixed in 0 was never affected; one text may hold several names", async () => {
  const records = recordsOnly(
    await parsedText(parseAlpine, secdb({ "4.15.1-r2": ["CVE-2021-28693 XSA-372", "XSA-373"], "0": ["CVE-2020-29568"] }), "3.21"),
  );
  expect(records[0]?.vulnerabilities.toSorted()).toEqual(["CVE-2020-29568", "CVE-2021-28693", "XSA-373"]);
  const ranges = rangesOf(records, "xen");
  expect(ranges.find(({ vulnerability }) => vulnerability === "CVE-2020-29568")).toMatchObject({ status: "not_affected" });
  const fixed = ranges.find(({ vulnerability }) => vulnerability === "CVE-2021-28693");
  expect(fixed).toMatchObject({ status: "affected", name_kind: "source", scheme: "apk", fixed: "4.15.1-r2" });
  expect([isWithin(fixed!, "4.15.1-r1"), isWithin(fixed!, "4.15.1-r2")]).toEqual([true, false]);
});

test("a package without fixes is a bad record; a document of another form is refused", async () => {
  expect(await parsedText(parseAlpine, { reponame: "main", packages: [{ pkg: { name: "x" } }] }, "3.21")).toEqual([
    { bad: "main/x", why: "a package has no name or no secfixes" },
  ]);
  await expect(parsedText(parseAlpine, { packages: {} }, "3.21")).rejects.toThrow(
    "sample has no reponame or no list of packages",
  );
});

test.each([
  [
    { status: "Fixed", fixed: "4.0.8-2" },
    { status: "affected", fixed: "4.0.8-2", advisory: "ASA-201707-17" },
  ],
  [
    { status: "Vulnerable", fixed: null },
    { status: "affected", fix: "unfixed" },
  ],
  [{ status: "Not affected", fixed: null }, { status: "not_affected" }],
  [{ status: "Unknown", fixed: null }, { status: "unknown" }],
])("Arch: a group with %j", async (fields, range) => {
  const group = {
    name: "AVG-5",
    packages: ["libtiff"],
    affected: "4.0.8-1",
    severity: "Critical",
    issues: ["CVE-2016-10095"],
    advisories: ["ASA-201707-17"],
  };
  const records = recordsOnly(await parsedText(parseArch, [{ ...group, ...fields }], "all"));
  expect(rangesOf(records, "libtiff")).toMatchObject([{ vulnerability: "CVE-2016-10095", severity: "critical", ...range }]);
});
