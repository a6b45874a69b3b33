import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { ProductEntry } from "#domain/vulnerability/identity/catalogue.ts";
import { cleanProductName, isGlob, matchesGlob } from "#domain/vulnerability/identity/names.ts";
import { SHARED_DIR } from "#test/support/simulated-osquery/images.ts";
import { cachedLines, type CachedPart } from "./corpus-cache.ts";

/**
 * What independent data says of the catalogue's entries: are their names, identifiers and packages seen on real devices, in winget's, Homebrew's
 * or autopkg's lists, and does any vulnerability of the corpus name their product with versions?
 */
export interface EntryEvidence {
  entry: ProductEntry;
  /** A name, identifier or package of it stands in the data. */
  seen: boolean;
  /** Some record of the corpus names one of its products, with versions. */
  used: boolean;
  /** Applications that bear exactly a name of it, with an identifier that it does not have. */
  other_identifiers: string[];
}

/** Everything that the shared data calls software by. */
interface SeenSoftware {
  names: Set<string>;
  bundles: Set<string>;
  packages: Set<string>;
  /** Cleaned name → identifiers. */
  identified: Map<string, Set<string>>;
}

type Row = Record<string, unknown>;
const text = (row: Row, field: string): string => (typeof row[field] === "string" ? row[field] : "");

/** @returns the entries that are products of CPE names, each with what is known of it */
export async function catalogueEvidence(
  entries: readonly ProductEntry[],
  parts: readonly CachedPart[],
): Promise<EntryEvidence[]> {
  const seen = readSeen(join(SHARED_DIR, "data"));
  const used = await usedProducts(parts);
  return entries
    .filter(({ skip, cpe }) => skip === undefined && cpe !== undefined)
    .map((entry) => ({
      entry,
      seen: isSeen(entry, seen),
      used: (entry.cpe ?? []).some((name) => used.has(name)),
      other_identifiers: otherIdentifiers(entry, seen),
    }));
}

async function usedProducts(parts: readonly CachedPart[]): Promise<Set<string>> {
  const used = new Set<string>();
  for (const part of parts) {
    for await (const [ecosystem, name, , json] of cachedLines(part)) {
      if (ecosystem === "cpe" && /"(?:fixed|last_affected|versions)"/.test(json)) used.add(name);
    }
  }
  return used;
}

function isSeen({ names = [], bundle_identifiers = [], packages = [] }: ProductEntry, seen: SeenSoftware): boolean {
  const among = (patterns: readonly string[], set: ReadonlySet<string>): boolean =>
    patterns.some((pattern) => (isGlob(pattern) ? [...set].some((each) => matchesGlob(pattern, each)) : set.has(pattern)));
  return among(names, seen.names) || among(bundle_identifiers, seen.bundles) || among(packages, seen.packages);
}

function otherIdentifiers({ names = [], bundle_identifiers = [] }: ProductEntry, { identified }: SeenSoftware): string[] {
  if (bundle_identifiers.length === 0) return [];
  const found = names.flatMap((name) => [...(identified.get(name) ?? [])]);
  return found.filter((bundle) => !bundle_identifiers.some((pattern) => matchesGlob(pattern, bundle)));
}

function readSeen(data: string): SeenSoftware {
  const seen: SeenSoftware = { names: new Set(), bundles: new Set(), packages: new Set(), identified: new Map() };
  const lines = (file: string): Row[] => {
    const bytes = readFileSync(join(data, "catalogue", file));
    const all = (file.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString().trimEnd().split("\n");
    return all.map((line) => JSON.parse(line) as Row);
  };
  for (const row of lines("windows-arp-names.ndjson")) see(seen, row);
  for (const row of lines("winget-version-history.ndjson.gz")) see(seen, row);
  for (const row of lines("macos-bundle-ids.ndjson")) see(seen, row);
  for (const row of lines("version-ladders.ndjson")) if (["apps", "programs"].includes(text(row, "table"))) see(seen, row);
  for (const file of readdirSync(join(data, "inventories"))) {
    if (!file.endsWith(".json") || file === "upgrades.json") continue;
    const { tables } = JSON.parse(readFileSync(join(data, "inventories", file), "utf8")) as { tables: Record<string, Row[]> };
    for (const [source, rows] of Object.entries(tables)) {
      for (const row of rows) {
        if (source === "deb_packages" || source === "rpm_packages") seen.packages.add(text(row, "name"));
        else if (source === "apps" || source === "programs") see(seen, row);
      }
    }
  }
  return seen;
}

function see({ names, bundles, identified }: SeenSoftware, row: Row): void {
  const name = cleanProductName(text(row, "name").replace(/\.app$/, ""));
  const bundle = text(row, "bundle_identifier").toLowerCase();
  if (name !== "") names.add(name);
  if (bundle === "") return;
  bundles.add(bundle);
  if (name !== "") identified.set(name, (identified.get(name) ?? new Set()).add(bundle));
}

/** The report: how many entries rest on what, and those that rest on nothing but the dictionary of CPE names. */
export function evidenceLines(evidence: readonly EntryEvidence[]): string[] {
  const count = (fits: (one: EntryEvidence) => boolean): number => evidence.filter(fits).length;
  const neither = evidence.filter(({ seen, used }) => !seen && !used);
  const others = evidence.filter(({ other_identifiers }) => other_identifiers.length > 0);
  return [
    "| entries | seen in data | not seen |",
    "| --- | --- | --- |",
    `| named by vulnerabilities with versions | ${count((e) => e.used && e.seen)} | ${count((e) => e.used && !e.seen)} |`,
    `| in the dictionary only | ${count((e) => !e.used && e.seen)} | ${neither.length} |`,
    "",
    "Neither seen nor named (known by publisher and name, or identifier, only):",
    ...neither.map(({ entry }) => `- ${entry.id}: ${(entry.cpe ?? []).join(", ")}; ${(entry.names ?? []).join(", ")}`),
    "",
    "Applications of an entry's name with another identifier:",
    ...others.map(({ entry, other_identifiers }) => `- ${entry.id}: ${other_identifiers.join(", ")}`),
  ];
}

/** Entries that nobody but the dictionary confirms, and that a name alone would do for: a row without a publisher may be anything. */
export function unconfirmedByNameAlone(evidence: readonly EntryEvidence[]): string[] {
  return evidence
    .filter(({ seen, used, entry }) => !seen && !used && (entry.names ?? []).length > 0 && entry.vendor_required !== true)
    .map(({ entry }) => entry.id);
}
