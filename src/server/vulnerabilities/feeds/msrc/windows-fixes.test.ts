import { expect, test } from "vitest";
import { matchSubject } from "#domain/vulnerability/match.ts";
import type { AffectedRange } from "#domain/vulnerability/model.ts";
import { windowsProductOfMsrc } from "#domain/vulnerability/windows-product.ts";
import { windowsPackages, type WindowsFix } from "./windows-fixes.ts";

const W11 = "Windows 11 Version 22H2 for x64-based Systems";

/** By package what is concerned of Windows that are fixed so. */
function ranges(fixes: [product: string, fixedBuild: string, subType?: string][]): Record<string, AffectedRange[]> {
  const known = fixes.map(([name, fixedBuild, subType = "Security Update"], index): WindowsFix => {
    const product = windowsProductOfMsrc(name);
    if (product === null) throw new Error(`${name} is no Windows`);
    const fix = { kb: `500000${index}`, supersedes: [], url: "", subType, fixedBuild, products: [] };
    return { product, severity: "high", fix };
  });
  return Object.fromEntries(windowsPackages("CVE-2024-1000", known).map((affected) => [affected.package, affected.ranges]));
}

/** Whether matching finds a host at this build concerned by the ranges of its product. */
function isAffectedBy(found: AffectedRange[], version: string): boolean {
  const key = { ecosystem: "msrc", package: "windows", name_kind: "product" as const, version, scheme: "windows" as const };
  const identity = {
    authority: "msrc",
    status: "assessed" as const,
    confidence: "exact" as const,
    rule: "",
    why: "",
    keys: [key],
  };
  const read = found.map((range, range_index) => ({ record_id: 1, range_index, range }));
  return matchSubject(identity, { name: "windows", family: "windows" }, () => read).length > 0;
}

test("of several cumulative updates the lowest counts; hotpatches are fixed at their very builds only", () => {
  const found = ranges([
    ["Windows Server 2022", "10.0.20348.2762"],
    ["Windows Server 2022", "10.0.20348.2700", "SecurityHotpatchUpdate"],
    ["Windows Server 2022", "10.0.20348.2800"],
  ]);
  expect(found["windows server 2022 x64"]).toMatchObject([
    { status: "affected", fixed: "10.0.20348.2762", advisory: "KB5000000" },
    { status: "not_affected", versions: ["10.0.20348.2700"] },
  ]);
  // a preview of the cumulative update lies between the two
  const at = (build: string): boolean => isAffectedBy(found["windows server 2022 x64"] ?? [], build);
  expect(["10.0.20348.2699", "10.0.20348.2700", "10.0.20348.2720", "10.0.20348.2762"].map(at)).toEqual([
    true,
    false,
    true,
    false,
  ]);
});

test("security-only updates are fixed at their builds; where nothing is cumulative the lowest counts", () => {
  const found = ranges([
    ["Windows Server 2012 R2", "6.3.9600.20371", "Monthly Rollup"],
    ["Windows Server 2012 R2", "6.3.9600.20365", "Security Only"],
    ["Windows Server 2025", "10.0.26100.2303", "ServicingStackUpdate"],
    ["Windows Server 2025", "10.0.26100.2240", "SecurityHotpatchUpdate"],
  ]);
  expect(found["windows server 2012 r2 x64"]).toMatchObject([{ fixed: "6.3.9600.20371" }, { versions: ["6.3.9600.20365"] }]);
  expect(found["windows server 2025 x64"]).toMatchObject([{ fixed: "10.0.26100.2240" }]);
});

test("a build with another release's first numbers is misprinted where that release has a fix of its own", () => {
  const found = ranges([
    ["Windows 11 version 21H2 for x64-based Systems", "10.0.22621.1574"],
    [W11, "10.0.22621.1265"],
  ]);
  expect(found["windows 11 21h2 x64"]).toMatchObject([{ branch: "10.0.22000", fixed: "10.0.22000.1574" }]);
  const same = ranges([
    ["Windows 11 version 21H2 for x64-based Systems", "10.0.22621.1265"],
    [W11, "10.0.22621.1265"],
  ]);
  expect(Object.keys(same)).toEqual(["windows 11 22h2 x64"]);
});

test("a release that is named for both other processors is concerned on x64 where its siblings are", () => {
  const on = (version: string, bits: string): [string, string] => [
    `Windows 10 Version ${version} for ${bits} Systems`,
    `10.0.${version === "20H2" ? 19042 : 19044}.1826`,
  ];
  const others = [on("20H2", "32-bit"), on("20H2", "ARM64-based")];
  expect(ranges([...others, on("21H2", "x64-based")])["windows 10 20h2 x64"]).toMatchObject([{ fixed: "10.0.19042.1826" }]);
  expect(ranges([...others, on("21H2", "32-bit")])["windows 10 20h2 x64"]).toBeUndefined();
  expect(ranges([on("20H2", "32-bit"), on("21H2", "x64-based")])["windows 10 20h2 x64"]).toBeUndefined();
});
