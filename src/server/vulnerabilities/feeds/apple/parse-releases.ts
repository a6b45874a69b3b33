import type { AffectedPackage, AffectedRange, FeedRecord } from "#domain/vulnerability/model.ts";
import { FeedError, type FeedInput, type FeedItem } from "../feed.ts";
import { jsonDocument } from "../formats/json-values.ts";
import { type AppleFix, appleLine, appleRanges } from "./release-lines.ts";
import { APPLE_RELEASES, type AppleReleases } from "./schema.ts";

interface AppleProduct {
  /** Its names in Apple's list; the first group is the version. */
  name: RegExp;
  ecosystem: "apple" | "cpe";
  package: string;
  /** Several lines are mended beside each other; else only the newest release is, and all older versions are concerned. */
  lines: boolean;
}

/** SOFA's own feed of macOS has these lines and the later ones. */
const FIRST_LINE_OF_SOFA = 12;

/** Products of Apple's list that run on computers. */
const PRODUCTS: readonly AppleProduct[] = [
  { name: /^macOS (?:Big Sur|Catalina|Mojave) (\d[\d.]*)(?=$|,)/, ecosystem: "apple", package: "macos", lines: true },
  ...(
    [
      ["Safari", "safari"],
      ["Xcode", "xcode"],
      ["GarageBand(?: for macOS)?", "garageband"],
      ["Logic Pro(?: X)?", "logic-pro"],
      ["iMovie", "imovie"],
      ["Keynote", "keynote"],
      ["Pages", "pages"],
      ["Numbers", "numbers"],
      ["Compressor", "compressor"],
      ["Final Cut Pro(?: X)?", "final-cut-pro"],
      ["Motion", "motion"],
      ["Pro Video Formats", "pro-video-formats"],
      ["macOS Server", "macos-server"],
    ] as const
  ).map(([name, its]): AppleProduct => ({
    name: new RegExp(`^${name} (\\d[\\d.]*)(?=$| \\()`),
    ecosystem: "apple",
    package: its,
    lines: false,
  })),
  { name: /^iTunes (?:for Windows )?(\d[\d.]*)(?: for Windows)?$/, ecosystem: "cpe", package: "apple:itunes", lines: false },
  { name: /^iCloud for Windows (\d[\d.]*)$/, ecosystem: "cpe", package: "apple:icloud", lines: true },
];

/** The records of SOFA's list of Apple's security releases: every product for computers that no SOFA feed of its own has whole. */
export async function* parseAppleReleases(input: FeedInput): AsyncGenerator<FeedItem> {
  const value = await jsonDocument(input);
  if (!APPLE_RELEASES.Check(value)) {
    const [error] = APPLE_RELEASES.Errors(value);
    throw new FeedError(
      `${input.name} is no list of Apple's security releases: ${error?.instancePath ?? ""} ${error?.message ?? ""}`,
    );
  }
  yield* releaseRecords(value);
}

type Fixes = Map<AppleProduct, AppleFix[]>;

export function releaseRecords({ releases }: AppleReleases): FeedRecord[] {
  const all = new Map<string, { fixes: Fixes; isExploited: boolean }>();
  for (const release of releases) {
    const fixed = fixedBy(release.name);
    if (fixed === null) continue;
    const url = release.url?.startsWith("https://") === true ? { url: release.url } : {};
    for (const cve of release.cves) {
      const told = all.get(cve) ?? { fixes: new Map(), isExploited: false };
      all.set(cve, told);
      told.fixes.set(fixed.product, [...(told.fixes.get(fixed.product) ?? []), { version: fixed.version, ...url }]);
      const context = release.cve_context?.[cve];
      told.isExploited ||= context?.exploited === true || context?.kev === true;
    }
  }
  return [...all].map(([cve, { fixes, isExploited }]) => ({
    name: cve,
    vulnerabilities: [cve],
    facts: { references: referencesOf(fixes), ...(isExploited ? { exploit: true as const } : {}) },
    affected: [...fixes].flatMap(([product, its]) => affectedOf(cve, product, its)),
  }));
}

function fixedBy(name: string): { product: AppleProduct; version: string } | null {
  for (const product of PRODUCTS) {
    const version = product.name.exec(name.trim())?.[1];
    if (version === undefined) continue;
    return product.package === "macos" && Number(appleLine(version)) >= FIRST_LINE_OF_SOFA ? null : { product, version };
  }
  return null;
}

function referencesOf(fixes: Fixes): { url: string; tags: string[] }[] {
  const urls = new Set([...fixes.values()].flat().flatMap(({ url }) => url ?? []));
  return [...urls].map((url) => ({ url, tags: ["advisory"] }));
}

function affectedOf(cve: string, product: AppleProduct, fixes: AppleFix[]): AffectedPackage[] {
  const ranges = appleRanges(cve, fixes, [], !product.lines).map((range): AffectedRange =>
    product.ecosystem === "apple"
      ? range
      : { ...range, provider: "vendor", name_kind: "cpe", scheme: "generic", platform: { families: ["windows"] } },
  );
  return ranges.length === 0 ? [] : [{ ecosystem: product.ecosystem, package: product.package, ranges }];
}
