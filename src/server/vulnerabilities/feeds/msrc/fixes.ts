import type { AffectedPackage, AffectedRange, Severity } from "#domain/vulnerability/model.ts";
import { compareVersions } from "#domain/version/orders.ts";
import { windowsBuildInBranch, windowsProductOfMsrc } from "#domain/vulnerability/windows-product.ts";
import type { MsrcFix, MsrcVulnerability } from "./document.ts";
import { count, type Tally } from "../formats/tally.ts";
import { severityOf, withAdvisory } from "./advisory.ts";
import { officeForMac } from "./office-for-mac.ts";
import { productRanges, type VendorFix, type VendorProduct, vendorProduct } from "./vendor-products.ts";

/** A fix of one product, with what stands beside it. */
export interface ProductFix {
  name: string;
  fix: MsrcFix;
  severity: Severity | undefined;
}

/**
 * What one vulnerability concerns: Windows by its builds, other products of Microsoft's by their versions.
 *
 * Windows (reference §2.9): a fixed build counts only in the branch of the product's own builds or one that gets the same updates, and of
 * several the lowest: hotpatches are builds of the same branch, so that the lowest also serves hosts that only take those. A product
 * without such a build cannot be judged.
 */
export function affectedOf(
  vulnerability: MsrcVulnerability,
  names: ReadonlyMap<string, string>,
  tally?: Tally,
): AffectedPackage[] {
  const windows = new Map<string, AffectedRange>();
  const vendor: VendorFix[] = [];
  for (const { name, fix, severity } of productFixes(vulnerability, names, tally)) {
    const product = windowsProductOfMsrc(name);
    if (product === null) {
      const others = otherProducts(name, fix.fixedBuild, vulnerability.title);
      if (typeof others === "string") count(tally, others);
      else vendor.push(...others.map((other) => ({ ...other, fix, severity })));
      continue;
    }
    const branch = product.branch ?? /^(\d+\.\d+\.\d+)\.\d+$/.exec(fix.fixedBuild)?.[1] ?? "";
    const build = windowsBuildInBranch(fix.fixedBuild, branch);
    if (build === null) {
      count(tally, fix.fixedBuild === "" ? "Windows: no fixed build" : "Windows: a build of another branch");
      continue;
    }
    const known = windows.get(product.package);
    if (known?.fixed !== undefined && (compareVersions("windows", known.fixed, build) ?? 0) <= 0) continue;
    windows.set(product.package, windowsRange(vulnerability.cve, branch, build, { fix, severity }));
  }
  return [
    ...[...windows].map(([name, range]) => ({ ecosystem: "msrc", package: name, ranges: [range] })),
    ...productRanges(vulnerability.cve, vendor),
  ];
}

/** @returns why not, where nothing can be judged by it */
function otherProducts(name: string, fixedBuild: string, title: string): VendorProduct[] | string {
  const office = officeForMac(name, fixedBuild, title);
  if (office !== null) return office.length === 0 ? "Office for Mac: no application of it, or no comparable build" : office;
  const other = vendorProduct(name, fixedBuild);
  return typeof other === "string" ? other : [other];
}

function productFixes(vulnerability: MsrcVulnerability, names: ReadonlyMap<string, string>, tally?: Tally): ProductFix[] {
  return vulnerability.fixes.flatMap((fix) => {
    if (/mariner|azure linux/i.test(fix.subType)) {
      count(tally, "Azure Linux");
      return [];
    }
    return fix.products
      .filter((id) => vulnerability.affected.size === 0 || vulnerability.affected.has(id))
      .map((id) => ({ name: names.get(id) ?? "", fix, severity: severityOf(vulnerability, id) }));
  });
}

function windowsRange(
  cve: string,
  branch: string,
  build: string,
  { fix, severity }: { fix: MsrcFix; severity: Severity | undefined },
): AffectedRange {
  const range: AffectedRange = {
    vulnerability: cve,
    status: "affected",
    provider: "msrc",
    name_kind: "product",
    scheme: "windows",
    branch,
    fixed: build,
    fix: "fixed",
  };
  return withAdvisory(range, fix, severity);
}
