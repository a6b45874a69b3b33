import type { AffectedPackage, AffectedRange, Severity } from "#domain/vulnerability/model.ts";
import { compareVersions } from "#domain/version/orders.ts";
import { sharesUpdates, windowsBuildInBranch, type WindowsProduct } from "#domain/vulnerability/windows-product.ts";
import { count, type Tally } from "../formats/tally.ts";
import { withAdvisory } from "./advisory.ts";
import type { MsrcFix } from "./document.ts";

/** A fix of one Windows. */
export interface WindowsFix {
  product: WindowsProduct;
  fix: MsrcFix;
  severity: Severity | undefined;
}

/** A fix with its build as the product's own branch has it. */
interface OwnFix extends WindowsFix {
  branch: string;
  build: string;
}

/**
 * Windows by its builds (reference §2.9): a fixed build counts only in the branch of the product's own builds or one that gets the same
 * updates. A product without such a build cannot be judged.
 */
export function windowsPackages(cve: string, fixes: readonly WindowsFix[], tally?: Tally): AffectedPackage[] {
  const ownBuilds = new Set(
    fixes.filter(({ product, fix }) => branchOf(fix.fixedBuild) === product.branch).map(({ fix }) => fix.fixedBuild),
  );
  const own = fixes.flatMap((one): OwnFix[] => {
    const branch = one.product.branch ?? branchOf(one.fix.fixedBuild) ?? "";
    const build = windowsBuildInBranch(one.fix.fixedBuild, branch) ?? misprinted(one.fix.fixedBuild, branch, ownBuilds);
    if (build !== null) return [{ ...one, branch, build }];
    count(tally, one.fix.fixedBuild === "" ? "Windows: no fixed build" : "Windows: a build of another branch");
    return [];
  });
  const products = Map.groupBy(withLeftOutProcessor(own), ({ product }) => product.package);
  return [...products].map(([name, ofProduct]) => ({ ecosystem: "msrc", package: name, ranges: rangesOf(cve, ofProduct) }));
}

/** First three numbers of a build; null when it has not four. */
function branchOf(build: string): string | null {
  return /^(\d+\.\d+\.\d+)\.\d+$/.exec(build)?.[1] ?? null;
}

/**
 * A build whose first three numbers are another release's, while that release itself was fixed by another build: the update is the
 * product's own and its branch was written wrong (February 2023 has 22000.1574 as 22621.1574, beside 22621.1265). A build that is the other
 * release's own fix says nothing about this one.
 */
function misprinted(build: string, branch: string, ownBuilds: ReadonlySet<string>): string | null {
  const written = branchOf(build);
  if (written === null || !branch.startsWith("10.0.") || !written.startsWith("10.0.") || ownBuilds.has(build)) return null;
  const isFixedOtherwise = [...ownBuilds].some((other) => branchOf(other) === written);
  return isFixedOtherwise ? `${branch}${build.slice(written.length)}` : null;
}

const PROCESSOR = / (x64|x86|arm64)$/;

/**
 * Microsoft's later documents leave the x64 edition of a release out that they name for both other processors (20H2), while releases that
 * get the very same updates have it: it is concerned like them.
 */
function withLeftOutProcessor(fixes: readonly OwnFix[]): OwnFix[] {
  const packages = new Set(fixes.map(({ product }) => product.package));
  const added = fixes.flatMap((one): OwnFix[] => {
    const release = one.product.package.replace(PROCESSOR, "");
    if (!one.product.package.endsWith(" x86") || packages.has(`${release} x64`) || !packages.has(`${release} arm64`)) return [];
    const siblings = fixes.filter((other) => other.branch !== one.branch && sharesUpdates(other.branch, one.branch));
    const has64 = siblings.some(({ product }) => product.package.endsWith(" x64"));
    return has64 ? [{ ...one, product: { ...one.product, package: `${release} x64` } }] : [];
  });
  return [...fixes, ...added];
}

/** Updates beside the cumulative one, with builds of their own: hosts that take only those have these very builds. */
const BESIDE = /hotpatch|security only|ie cumulative|servicing ?stack/i;

/**
 * Versions below the cumulative update are concerned, but for the builds of hotpatches and of security-only updates, which have the fix and
 * a lower number. What lies between the two is an earlier cumulative update, or a preview of it. Of several cumulative updates the lowest.
 */
function rangesOf(cve: string, fixes: readonly OwnFix[]): AffectedRange[] {
  const cumulative = fixes.filter(({ fix }) => !BESIDE.test(fix.subType));
  const lowest = (cumulative.length > 0 ? cumulative : fixes).reduce((a, b) => (isBelow(b, a) ? b : a));
  const beside = cumulative.length === 0 ? [] : fixes.filter((one) => BESIDE.test(one.fix.subType) && isBelow(one, lowest));
  const range = withAdvisory({ ...commonOf(cve, lowest), fixed: lowest.build }, lowest.fix, lowest.severity);
  const builds = [...new Map(beside.map((one) => [one.build, one])).values()];
  return [
    range,
    ...builds.map((one) =>
      withAdvisory({ ...commonOf(cve, one), status: "not_affected" as const, versions: [one.build] }, one.fix, one.severity),
    ),
  ];
}

function isBelow(a: OwnFix, b: OwnFix): boolean {
  return (compareVersions("windows", a.build, b.build) ?? 0) < 0;
}

function commonOf(cve: string, { branch }: OwnFix): AffectedRange {
  return {
    vulnerability: cve,
    status: "affected",
    provider: "msrc",
    name_kind: "product",
    scheme: "windows",
    branch,
    fix: "fixed",
  };
}
