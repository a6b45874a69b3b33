import type { AffectedPackage, Severity } from "#domain/vulnerability/model.ts";
import { windowsProductOfMsrc } from "#domain/vulnerability/windows-product.ts";
import type { MsrcFix, MsrcVulnerability } from "./document.ts";
import { count, type Tally } from "../formats/tally.ts";
import { severityOf } from "./advisory.ts";
import { officeForMac } from "./office-for-mac.ts";
import { productRanges, type VendorFix, type VendorProduct, vendorProduct } from "./vendor-products.ts";
import { windowsPackages, type WindowsFix } from "./windows-fixes.ts";

/** A fix of one product, with what stands beside it. */
export interface ProductFix {
  name: string;
  fix: MsrcFix;
  severity: Severity | undefined;
}

/**
 * What one vulnerability concerns: Windows by its builds (windows-fixes.ts), other products of Microsoft's by their versions.
 */
export function affectedOf(
  vulnerability: MsrcVulnerability,
  names: ReadonlyMap<string, string>,
  tally?: Tally,
): AffectedPackage[] {
  const windows: WindowsFix[] = [];
  const vendor: VendorFix[] = [];
  for (const { name, fix, severity } of productFixes(vulnerability, names, tally)) {
    const product = windowsProductOfMsrc(name);
    if (product !== null) {
      windows.push({ product, fix, severity });
      continue;
    }
    const others = otherProducts(name, fix.fixedBuild, vulnerability.title);
    if (typeof others === "string") count(tally, others);
    else vendor.push(...others.map((other) => ({ ...other, fix, severity })));
  }
  return [...windowsPackages(vulnerability.cve, windows, tally), ...productRanges(vulnerability.cve, vendor)];
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
