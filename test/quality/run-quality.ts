import { CORPUS } from "#test/support/feed-mirror.ts";
import { shippedCatalogue } from "#test/support/product-catalogue.ts";
import type { ProductCatalogue } from "#domain/vulnerability/identity/catalogue.ts";
import { osScope } from "#domain/vulnerability/identity/os-scope.ts";
import { LINUX_FEEDS } from "#server/vulnerabilities/feeds/linux-feeds.ts";
import { cachedParts, type CachedPart } from "./corpus-cache.ts";
import { corpusCatalogue, rangeKey, readIndex, type CorpusIndex } from "./corpus-index.ts";
import { runCase, type CaseResult } from "./measure.ts";
import { identityOfCase, readCases, type QualityCase } from "./quality-case.ts";

/** The corpus is of many days; by this one all of it had been published. */
const TODAY = "2026-08-22";

export interface QualityRun {
  results: CaseResult[];
  catalogue: ProductCatalogue;
  index: CorpusIndex;
}

/** Matches cases against the whole shared corpus by the code that the server matches with. */
export async function runQuality(cases: readonly QualityCase[], report: (line: string) => void): Promise<QualityRun> {
  const parts = await partsFor(cases, report);
  const catalogue = await corpusCatalogue(parts);
  const keys = cases.flatMap((one) => identityOfCase(one, catalogue).identity.keys.map(rangeKey));
  const index = await readIndex(parts, new Set(keys));
  return { results: cases.map((one) => runCase(one, catalogue, index)), catalogue, index };
}

/** What distributions say of the releases that cases are of, as {@link runQuality} has read it. */
export async function distributionParts(): Promise<CachedPart[]> {
  const parts = await partsFor(readCases(), () => undefined);
  const names = new Set(LINUX_FEEDS.map(({ name }) => name));
  return parts.filter(({ feed }) => names.has(feed) || feed === "osv");
}

/** The parts of feeds that a fleet of these cases' hosts and software needs. */
async function partsFor(cases: readonly QualityCase[], report: (line: string) => void): Promise<CachedPart[]> {
  const catalogue = shippedCatalogue();
  const scopes = new Map<string, { name: string; family: string }>();
  const ecosystems = new Set<string>(["cpe"]);
  for (const one of cases) {
    const host = osScope(one.os);
    scopes.set(host.name, host);
    for (const key of identityOfCase(one, catalogue).identity.keys) ecosystems.add(key.ecosystem);
  }
  const sources = new Set(cases.flatMap(({ software }) => (software === undefined ? [] : [software.source])));
  return await cachedParts(CORPUS, { scopes: [...scopes.values()], ecosystems, sources, today: TODAY }, report);
}

/** What the corpus says of products in general, whatever devices there are. */
export async function corpusOfPrograms(
  report: (line: string) => void,
): Promise<{ catalogue: ProductCatalogue; parts: CachedPart[] }> {
  const scopes = [
    { name: "windows", family: "windows" },
    { name: "darwin", family: "darwin" },
  ];
  const fleet = { scopes, ecosystems: new Set(["cpe"]), sources: new Set(["programs", "apps"]), today: TODAY };
  const parts = await cachedParts(CORPUS, fleet, report);
  return { catalogue: await corpusCatalogue(parts), parts };
}
