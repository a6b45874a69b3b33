import { readFileSync } from "node:fs";
import { Type, type Static } from "typebox";
import { Value } from "typebox/value";
import type { AffectedPackage, AffectedRange, Severity } from "#domain/vulnerability/model.ts";
import { compareVersions } from "#domain/version/orders.ts";
import type { MsrcFix } from "./document.ts";
import { withAdvisory } from "./advisory.ts";

const Product = Type.Object({
  name: Type.String(),
  package: Type.String(),
  build: Type.String(),
  branch: Type.Optional(Type.Integer()),
  introduced: Type.Optional(Type.String()),
  family: Type.Optional(Type.Union([Type.Literal("windows"), Type.Literal("linux"), Type.Literal("darwin")])),
  target: Type.Optional(Type.String()),
  cut: Type.Optional(Type.Integer()),
  /** Versions of lines between two that have fixes are mended by the later one. */
  gaps: Type.Optional(Type.Literal("later")),
  edge: Type.Optional(Type.Union([Type.Literal("stable"), Type.Literal("extended")])),
});

interface Known extends Omit<Static<typeof Product>, "name" | "build"> {
  name: RegExp;
  build: RegExp;
}

let loaded: Known[] | undefined;

/** The table that comes with Muster, read once. */
function knownProducts(): Known[] {
  loaded ??= Value.Parse(
    Type.Object({ products: Type.Array(Product) }),
    JSON.parse(readFileSync(new URL("products.json", import.meta.url), "utf8")),
  ).products.map((product) => ({ ...product, name: new RegExp(`^${product.name}$`), build: new RegExp(`^${product.build}$`) }));
  return loaded;
}

/** A product other than Windows that is exactly one CPE product, with the build that mends it. */
export interface VendorProduct {
  package: string;
  /** Canonical: without leading zeros. */
  build: string;
  /** The release line that the product's name tells: `17.4`. */
  line?: string;
  introduced?: string;
  branch?: string;
  family?: string;
  /** What it extends, in CPE's words: `visual_studio_code`. */
  target?: string;
  /** Versions of lines between two that have fixes are mended by the later one. */
  gaps?: "later";
  edge?: "stable" | "extended";
}

export type VendorFix = VendorProduct & { fix: MsrcFix; severity: Severity | undefined };

/** @returns why not, where it is none that the fleet's software is looked up by, or has no build that can be compared */
export function vendorProduct(name: string, fixedBuild: string): VendorProduct | string {
  const plain = name.replaceAll(/\s+/g, " ").trim();
  let named = false;
  for (const product of knownProducts()) {
    const match = product.name.exec(plain);
    if (match === null) continue;
    named = true;
    if (!product.build.test(fixedBuild)) continue;
    const build = canonical(fixedBuild, product.cut);
    if (product.edge !== undefined && isChromiumBuild(build)) return "Edge: a build of Chromium";
    return productOf(product, build, match);
  }
  return named ? "other product: no comparable build" : "other product";
}

/** Without leading zeros, and with as many numbers as the program shows. */
function canonical(build: string, cut: number | undefined): string {
  return build
    .replaceAll(/(?<=^|\.)0+(?=\d)/g, "")
    .split(".")
    .slice(0, cut)
    .join(".");
}

function productOf(product: Known, build: string, [, line, first]: RegExpExecArray): VendorProduct {
  const { package: name, family, target, edge, gaps } = product;
  const introduced = product.introduced ?? first ?? line;
  return {
    package: name,
    build,
    ...(line === undefined ? {} : { line }),
    ...(introduced === undefined ? {} : { introduced }),
    ...(product.branch === undefined ? {} : { branch: build.split(".").slice(0, product.branch).join(".") }),
    ...(family === undefined ? {} : { family }),
    ...(target === undefined ? {} : { target }),
    ...(edge === undefined ? {} : { edge }),
    ...(gaps === undefined ? {} : { gaps }),
  };
}

/**
 * Some of Edge's entries tell the build of Chromium that it is made from. Of release 96 Chromium's third number was 4664 and Edge's 1054,
 * and both grow by about 55 a release.
 */
function isChromiumBuild(build: string): boolean {
  const [major = 0, , third = 0] = build.split(".").map(Number);
  return third > 2500 + (major - 96) * 55;
}

/** Ranges of all fixes of one vulnerability in products other than Windows. */
export function productRanges(cve: string, fixes: readonly VendorFix[]): AffectedPackage[] {
  return [...Map.groupBy(fixes, (fix) => fix.package)].map(([name, ofPackage]) => {
    const lines = [
      ...Map.groupBy(
        ofPackage,
        ({ line, branch, family, edge, introduced }) => `${line} ${branch} ${family} ${edge} ${introduced}`,
      ),
    ];
    const lowest = lines.map(([, its]) => its.toSorted(byBuild)[0]).filter((fix) => fix !== undefined);
    return { ecosystem: "cpe", package: name, ranges: lowest.flatMap((fix) => rangeOf(cve, fix, lowest)) };
  });
}

function byBuild(a: VendorFix, b: VendorFix): number {
  return compareVersions("windows", a.build, b.build) ?? 0;
}

function rangeOf(cve: string, fix: VendorFix, all: readonly VendorFix[]): AffectedRange[] {
  const introduced = introducedOf(fix, all);
  const range: AffectedRange = {
    vulnerability: cve,
    status: "affected",
    provider: "vendor",
    name_kind: "cpe",
    scheme: "generic",
    ...(introduced === undefined ? {} : { introduced }),
    fixed: fix.build,
    fix: "fixed",
    ...(fix.branch === undefined ? {} : { branch: fix.branch }),
    ...(fix.family === undefined ? {} : { platform: { families: [fix.family] } }),
    ...(fix.target === undefined ? {} : { target_software: [fix.target] }),
  };
  return [withAdvisory(range, fix.fix, fix.severity)];
}

/**
 * Where the versions begin that a fix is for. A line that also serves older releases leaves out those that have a fix of their own (Visual
 * Studio 2019 16.11 and 16.9), and lines between two that have fixes are out of support: 17.7 is mended by going to 17.8, as its own
 * publisher's records say. Edge's stable releases begin after the extended stable one.
 */
function introducedOf(fix: VendorFix, all: readonly VendorFix[]): string | undefined {
  if (fix.edge === "stable") {
    const extended = all.find((other) => other.edge === "extended" && byBuild(other, fix) < 0);
    return extended === undefined ? undefined : `${Number(extended.build.split(".")[0]) + 1}`;
  }
  if (fix.line === undefined || fix.introduced === undefined) return fix.introduced;
  if (fix.introduced === fix.line && fix.gaps !== "later") return fix.introduced;
  const [major, minor] = fix.line.split(".").map(Number);
  const older = all
    .map(({ line = "" }) => line.split(".").map(Number))
    .filter(([itsMajor, itsMinor = 0]) => itsMajor === major && itsMinor < (minor ?? 0))
    .map(([, itsMinor = 0]) => itsMinor + 1);
  return older.length === 0 ? fix.introduced : `${major}.${Math.max(...older)}`;
}
