import type { FeedRecord } from "#domain/vulnerability/model.ts";
import {
  syncWhole,
  type FeedInput,
  type FeedItem,
  type GoneRecord,
  type RecordFeed,
  type SyncResult,
} from "#server/vulnerabilities/feeds/feed.ts";
import { jsonLines } from "#server/vulnerabilities/feeds/formats/json-values.ts";

export const FULL = "https://feeds.example/all.jsonl.gz";
export const DELTA = "https://feeds.example/delta.jsonl";

export function record(name: string, fixed = "1.0", ecosystem = "npm"): FeedRecord {
  return {
    name,
    vulnerabilities: [name],
    aliases: [[`ALIAS-${name}`, name]],
    facts: { title: `About ${name}`, severity: "high" },
    affected: [
      {
        ecosystem,
        package: `pkg-${name.toLowerCase()}`,
        ranges: [
          {
            vulnerability: name,
            status: "affected",
            provider: "osv",
            name_kind: "package",
            scheme: "semver",
            fixed,
            fix: "fixed",
          },
        ],
      },
    ],
  };
}

export const records = (length: number, fixed?: string): FeedRecord[] =>
  Array.from({ length }, (_, index) => record(`CVE-2026-${1000 + index}`, fixed));
export const lines = (items: readonly unknown[]): string => items.map((item) => `${JSON.stringify(item)}\n`).join("");

/** A feed of lines that are records already: whole, then changes when there are some. */
export const LINE_FEED: RecordFeed = {
  name: "lines",
  kind: "records",
  title: "Lines",
  publisher: "Nobody",
  homepage: "https://feeds.example",
  licence: "CC0",
  purpose: "Tests.",
  everySeconds: 3600,
  parts: () => ["all"],
  sync: async (part, io): Promise<SyncResult> => {
    if (io.lastSuccess === null) return await syncWhole(() => [FULL], parseLines)(part, io);
    const delta = await io.get(DELTA).catch(() => null);
    if (delta === null) return await syncWhole(() => [FULL], parseLines)(part, io);
    return delta.changed ? { mode: "delta", items: parseLines(delta) } : { mode: "unchanged" };
  },
  files: [{ pattern: /lines\.jsonl$/, part: () => "all", parse: parseLines }],
};

export function parseLines(input: FeedInput): AsyncIterable<FeedItem> {
  return jsonLines<FeedRecord | GoneRecord>(input);
}
