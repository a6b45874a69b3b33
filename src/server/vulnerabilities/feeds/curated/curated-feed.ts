import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { AffectedRange, FeedRecord } from "#domain/vulnerability/model.ts";
import type { FeedIo, FeedItem, RecordFeed, SyncResult } from "../feed.ts";

const FILE = new URL("corrections.json", import.meta.url);

/** What public data says wrongly of a product, and what is right instead. */
export interface Correction {
  /** Unique, lower case: how the correction is named where it is shown. */
  id: string;
  cve: string;
  ecosystem: "cpe" | "cpe:o" | "apple";
  /** `vendor:product`; Apple's own name of its product: `macos`. */
  package: string;
  status: "affected" | "not_affected";
  introduced?: string;
  fixed?: string;
  /** Where no version is the first without it: the last that the correction is about. */
  last_affected?: string;
  /** Families of systems that it holds on; absent: all. */
  families?: string[];
  /** Only the product for these, in CPE's words: `chrome` for an extension, `windows` for a program; absent: all. */
  target_software?: string[];
  /** One sentence: why the public data is wrong. */
  reason: string;
  /** An address that says so. */
  source: string;
  /** Last day of the correction, YYYY-MM-DD, where the public data is expected to be right soon. */
  expires?: string;
}

/** Corrections as records, one a CVE; those that ended before `today` (YYYY-MM-DD) are gone. */
export function correctionRecords(corrections: readonly Correction[], today: string): FeedRecord[] {
  const records = new Map<string, FeedRecord>();
  for (const correction of corrections) {
    if (correction.expires !== undefined && correction.expires < today) continue;
    const { cve, ecosystem } = correction;
    const record = records.get(cve) ?? { name: cve, vulnerabilities: [cve], facts: null, affected: [] };
    records.set(cve, record);
    const known = record.affected.find((each) => each.ecosystem === ecosystem && each.package === correction.package);
    if (known === undefined) record.affected.push({ ecosystem, package: correction.package, ranges: [rangeOf(correction)] });
    else known.ranges.push(rangeOf(correction));
  }
  return [...records.values()];
}

function rangeOf(correction: Correction): AffectedRange {
  const { cve, ecosystem, status, introduced, fixed, last_affected, families, target_software, source } = correction;
  const isApple = ecosystem === "apple";
  const bounded = introduced ?? fixed ?? last_affected;
  return {
    vulnerability: cve,
    status,
    provider: "curated",
    name_kind: isApple ? "product" : "cpe",
    scheme: isApple ? "apple" : "generic",
    // of versions that it takes out of a public range it says all that it has to say
    ...(status === "not_affected" && bounded !== undefined ? { partial: true as const } : {}),
    fix: fixed === undefined ? "unknown" : "fixed",
    ...(introduced === undefined ? {} : { introduced }),
    ...(fixed === undefined ? {} : { fixed }),
    ...(last_affected === undefined ? {} : { last_affected }),
    ...(families === undefined ? {} : { platform: { families } }),
    ...(target_software === undefined ? {} : { target_software }),
    url: source,
  };
}

/** The file that comes with Muster. */
export async function readCorrections(): Promise<Correction[]> {
  return JSON.parse(await readFile(FILE, "utf8")) as Correction[];
}

async function sync(_part: string, io: FeedIo): Promise<SyncResult> {
  const records = correctionRecords(await readCorrections(), io.now.toISOString().slice(0, 10));
  const sha256 = createHash("sha256").update(JSON.stringify(records)).digest("hex");
  const { cursor } = io;
  if (typeof cursor === "object" && cursor !== null && (cursor as { sha256?: unknown }).sha256 === sha256)
    return { mode: "unchanged" };
  return { mode: "full", items: records satisfies FeedItem[], cursor: () => ({ sha256 }) };
}

/** Muster's own corrections of public data: each with its reason and source, some with an end. Nothing is fetched. */
export const CURATED_FEED: RecordFeed = {
  name: "curated",
  kind: "records",
  title: "Corrections",
  publisher: "Muster",
  homepage: "https://nvd.nist.gov/",
  licence: "Apache-2.0",
  purpose: "Known mistakes of public data, corrected.",
  everySeconds: 24 * 3600,
  parts: (fleet) => (fleet.scopes.length === 0 ? [] : ["all"]),
  sync,
  files: [],
  builtIn: true,
};
