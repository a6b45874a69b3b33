import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { sql } from "kysely";
import { afterEach, beforeEach, expect, test } from "vitest";
import { feedEngine, type EngineBench } from "#test/support/feed-engine.ts";
import { corpusFile, CORPUS, CORPUS_HERE, CORPUS_MISSING } from "#test/support/feed-mirror.ts";
import { FEEDS } from "../registry.ts";
import { partList, type FeedPart } from "./part-store.ts";

/** A real file of a publisher, and a whole and valid one with every second of its records. */
interface Halved {
  feed: string;
  file: string;
  /** The kind of host that needs it. */
  scope: string;
  half: (text: string) => string;
}

function isKept(_: unknown, place: number): boolean {
  return place % 2 === 0;
}

const FILES: Halved[] = [
  {
    feed: "kev",
    file: "kev/known_exploited_vulnerabilities.2026-08-21.json.gz",
    scope: "debian:12",
    half(text) {
      const list = JSON.parse(text) as { vulnerabilities: unknown[] };
      const vulnerabilities = list.vulnerabilities.filter(isKept);
      return JSON.stringify({ ...list, count: vulnerabilities.length, vulnerabilities });
    },
  },
  {
    feed: "epss",
    file: "epss/epss_scores-2021-08-31.csv.gz",
    scope: "debian:12",
    half: (text) => text.replaceAll(/^(CVE-.*\n)CVE-.*\n/gm, "$1"),
  },
  {
    feed: "debian",
    file: "debian/security-tracker.converted-from-osv-2025-02.slice.json.gz",
    scope: "debian:12",
    half(text) {
      const packages = Object.entries(JSON.parse(text) as Record<string, Record<string, unknown>>);
      return JSON.stringify(
        Object.fromEntries(packages.map(([name, cves]) => [name, Object.fromEntries(Object.entries(cves).filter(isKept))])),
      );
    },
  },
  {
    feed: "alpine",
    file: "alpine-secdb/v3.20-main.json.gz",
    scope: "alpine:3.20",
    half(text) {
      const list = JSON.parse(text) as { packages: unknown[] };
      return JSON.stringify({ ...list, packages: list.packages.filter(isKept) });
    },
  },
  {
    feed: "amazon",
    file: "amazon/al2023-core.updateinfo.2025-02.xml.gz",
    scope: "amzn:2023",
    half: (text) => text.replaceAll(/(<update\b[^]*?<\/update>\s*)<update\b[^]*?<\/update>/g, "$1"),
  },
];

let directory: string;
let bench: EngineBench;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "muster-feeds-half-"));
  bench = await feedEngine({ feeds: FEEDS, feedsDir: directory, fetching: false });
});
afterEach(async () => {
  await bench.close();
  await rm(directory, { recursive: true, force: true });
});

/** What is loaded of a feed: its records and its scores, in one fingerprint. */
async function loaded(): Promise<string> {
  const { rows } = await sql<{ all: string }>`
    SELECT (SELECT md5(string_agg(r.name || encode(r.digest, 'hex'), ',' ORDER BY r.name)) FROM feed_records r
        JOIN feed_parts p ON p.id = r.part_id WHERE p.feed <> 'curated')
      || (SELECT coalesce(md5(string_agg(concat_ws(' ', cve, epss), ',' ORDER BY cve)), '') FROM epss_scores) AS all`.execute(
    bench.database.db,
  );
  return rows[0]?.all ?? "";
}

async function partsOf(feed: string): Promise<FeedPart[]> {
  return (await partList(bench.database.db)).filter((part) => part.feed === feed && (part.records_count ?? 0) > 100);
}

test.skipIf(!CORPUS_HERE).each(FILES)(
  `$feed: a real file that has lost half of its records keeps the last good ones, and says so${CORPUS_HERE ? "" : ` (${CORPUS_MISSING})`}`,
  async ({ feed, file, scope, half }) => {
    const { db } = bench.database;
    await sql`INSERT INTO os_scopes (name, family) VALUES (${scope}, 'linux')`.execute(db);
    await sql`
      INSERT INTO operating_systems (name, version, arch, kernel_version, platform, os_scope_id)
      SELECT name, '1', 'x86_64', '6', 'linux', id FROM os_scopes`.execute(db);
    const place = join(directory, file);
    await mkdir(dirname(place), { recursive: true });
    await cp(join(CORPUS, file), place);
    await bench.run();
    const before = await partsOf(feed);
    expect(before.map(({ state }) => state)).toEqual(before.map(() => "ok"));
    expect(before).not.toEqual([]);
    const good = await loaded();

    const text = gunzipSync(await corpusFile(file)).toString();
    await writeFile(place, gzipSync(half(text)));
    await bench.runAgain();

    const after = await partsOf(feed);
    expect(after.map(({ state }) => state)).toEqual(before.map(() => "failed"));
    for (const part of after) expect(part.error).toMatch(/^Only \d+ of \d+ records are left.*--accept-shrink/);
    expect(after.map(({ records_count, succeeded_at }) => [records_count, succeeded_at])).toEqual(
      before.map(({ records_count, succeeded_at }) => [records_count, succeeded_at]),
    );
    expect(await loaded()).toBe(good);
  },
);
