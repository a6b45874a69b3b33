import type { AffectedRange, FeedRecord, VulnerabilityFacts } from "#domain/vulnerability/model.ts";
import { FeedError, type FeedInput, type FeedItem } from "../feed.ts";
import { jsonDocument } from "../formats/json-values.ts";
import { type AppleFix, appleLine, appleRanges, newer } from "./release-lines.ts";
import { SOFA, type Sofa, type SofaRelease } from "./schema.ts";

/** Apple mends the three newest major lines of macOS; it has never said so, and never done otherwise since macOS 11. */
const SUPPORTED_LINES = 3;

/** The records of a SOFA feed (v1 or v2): one for each CVE that releases of the product fixed. */
export async function* parseSofa(input: FeedInput, product: string): AsyncGenerator<FeedItem> {
  const value = await jsonDocument(input);
  if (!SOFA.Check(value)) {
    const [error] = SOFA.Errors(value);
    throw new FeedError(`${input.name} is no SOFA feed: ${error?.instancePath ?? ""} ${error?.message ?? ""}`);
  }
  yield* sofaRecords(value, product);
}

/** Everything that fixed a CVE, and what is told of it. */
interface Told {
  fixes: AppleFix[];
  isExploited: boolean;
  urls: Set<string>;
}

/** @param product package of the ecosystem `apple`: `macos`, `safari` */
export function sofaRecords(sofa: Sofa, product: string): FeedRecord[] {
  const releases = [...(sofa.OSVersions ?? []), ...(sofa.AppVersions ?? [])].flatMap(({ SecurityReleases }) => SecurityReleases);
  const versions = releases.map(({ ProductVersion }) => ProductVersion);
  const ended = product === "macos" ? endedLines(releases) : [];
  return [...toldOf(sofa, releases)].map(([cve, told]) => {
    // an app is one line: versions of older majors get no fix of their own, and have the flaw as well
    const ranges = [
      ...appleRanges(cve, told.fixes, versions, product !== "macos"),
      ...ended.flatMap((line) => unknownRange(cve, told, line)),
    ];
    return {
      name: cve,
      vulnerabilities: [cve],
      facts: factsOf(told),
      affected: ranges.length === 0 ? [] : [{ ecosystem: "apple", package: product, ranges }],
    };
  });
}

function toldOf(sofa: Sofa, releases: readonly SofaRelease[]): Map<string, Told> {
  const all = new Map<string, Told>();
  const add = (cve: string, version: string, url: string | null | undefined, isExploited: boolean): void => {
    const told = all.get(cve) ?? { fixes: [], isExploited: false, urls: new Set() };
    all.set(cve, told);
    const link = url?.startsWith("https://") === true ? { url } : {};
    told.fixes.push({ version, ...link });
    if (link.url !== undefined) told.urls.add(link.url);
    told.isExploited ||= isExploited;
  };
  for (const release of releases) {
    for (const [cve, context] of Object.entries(release.CVEs ?? {})) {
      const isExploited = typeof context === "boolean" ? context : context.exploited === true || context.kev === true;
      add(cve, release.ProductVersion, release.SecurityInfo, isExploited);
    }
  }
  for (const response of Object.values(sofa.BackgroundSecurityImprovements ?? {}).flat()) {
    if (!/^\([a-z]\)$/.test(response.VersionExtra ?? "")) continue;
    for (const cve of response.CVEs ?? []) add(cve, `${response.Version} ${response.VersionExtra}`, response.SecurityInfo, false);
  }
  return all;
}

function factsOf(told: Told): VulnerabilityFacts {
  const facts: VulnerabilityFacts = {};
  if (told.urls.size > 0) facts.references = [...told.urls].map((url) => ({ url, tags: ["advisory"] }));
  if (told.isExploited) facts.exploit = true;
  return facts;
}

/** Lines that are older than those that get fixes. */
function endedLines(releases: readonly SofaRelease[]): string[] {
  return [...new Set(releases.map(({ ProductVersion }) => appleLine(ProductVersion)))]
    .toSorted(newer)
    .toReversed()
    .slice(SUPPORTED_LINES);
}

/**
 * A line that gets no fixes any more: whether later vulnerabilities concern it nobody says. That is kept, so that an answer about it can be
 * given, and is no finding; that the line has ended is told of the operating system itself.
 */
function unknownRange(cve: string, told: Told, line: string): AffectedRange[] {
  if (told.fixes.some(({ version }) => appleLine(version) === line)) return [];
  // fixed in older lines only: before this line was released
  if (!told.fixes.some(({ version }) => newer(version, line) > 0)) return [];
  return [
    {
      vulnerability: cve,
      status: "unknown",
      provider: "apple",
      name_kind: "product",
      scheme: "apple",
      branch: line,
      fix: "end_of_life",
    },
  ];
}
