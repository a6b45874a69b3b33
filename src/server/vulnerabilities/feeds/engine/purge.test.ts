import { sql } from "kysely";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { FeedRecord } from "#domain/vulnerability/model.ts";
import { feedEngine, type EngineBench } from "#test/support/feed-engine.ts";
import { feedMirror, type FeedMirror } from "#test/support/feed-mirror.ts";
import { syncWhole, type FeedInput, type FeedItem, type RecordFeed } from "../feed.ts";
import { jsonLines } from "../formats/json-values.ts";

const DAY = 86_400;
const URL_OF = (release: string): string => `https://feeds.example/${release}.jsonl`;

/** A part for each release of the fleet. */
const FEED: RecordFeed = {
  name: "releases",
  kind: "records",
  title: "Releases",
  publisher: "Nobody",
  homepage: "https://feeds.example",
  licence: "CC0",
  purpose: "Tests.",
  everySeconds: 3600,
  parts: ({ scopes }) => scopes.map(({ name }) => name.replace(":", "-")),
  sync: syncWhole((part) => [URL_OF(part)], parse),
  files: [],
};

function parse(input: FeedInput): AsyncIterable<FeedItem> {
  return jsonLines<FeedRecord>(input);
}

let mirror: FeedMirror;
let bench: EngineBench;

beforeEach(async () => {
  mirror = await feedMirror();
  bench = await feedEngine({ feeds: [FEED], mirror });
});
afterEach(async () => {
  await bench.close();
  await mirror.close();
});

function record(id: string, ecosystem: string): FeedRecord {
  const range = {
    vulnerability: id,
    status: "affected",
    provider: "debian-tracker",
    name_kind: "source",
    scheme: "dpkg",
  } as const;
  return {
    name: id,
    vulnerabilities: [id],
    facts: null,
    affected: [{ ecosystem, package: `pkg-${id.toLowerCase()}`, ranges: [{ ...range, fixed: "2", fix: "fixed" }] }],
  };
}

function serve(release: string, count: number): void {
  const records = Array.from({ length: count }, (_, index) => record(`CVE-2026-${1000 + index}`, `deb:${release}`));
  mirror.serve(URL_OF(release), records.map((one) => `${JSON.stringify(one)}\n`).join(""));
}

async function hostOf(scope: string): Promise<void> {
  const { db } = bench.database;
  await sql`INSERT INTO os_scopes (name, family) VALUES (${scope}, 'linux') ON CONFLICT DO NOTHING`.execute(db);
  await sql`
    INSERT INTO operating_systems (name, version, arch, kernel_version, platform, os_scope_id)
    SELECT ${scope}, '1', 'x86_64', '6', 'debian', id FROM os_scopes WHERE name = ${scope}`.execute(db);
}

async function lastHostGoes(scope: string): Promise<void> {
  await sql`DELETE FROM operating_systems WHERE name = ${scope}`.execute(bench.database.db);
}

async function countsOf(): Promise<Record<string, number>> {
  const { rows } = await sql<{ part: string; records: number }>`
    SELECT part, count(r.id)::int AS records FROM feed_parts p LEFT JOIN feed_records r ON r.part_id = p.id GROUP BY part
    `.execute(bench.database.db);
  return Object.fromEntries(rows.map(({ part, records }) => [part, records]));
}

test("records of a release go 30 days after its last host, in batches, and what they were about is matched again", async () => {
  serve("debian-11", 2300);
  serve("debian-12", 3);
  await hostOf("debian:11");
  await hostOf("debian:12");
  await bench.run();
  expect(await countsOf()).toEqual({ "debian-11": 2300, "debian-12": 3 });
  await lastHostGoes("debian:11");
  await bench.run();
  bench.pass(29 * DAY);
  await bench.run();
  expect(await countsOf()).toEqual({ "debian-11": 2300, "debian-12": 3 });
  const { db } = bench.database;
  await sql`DELETE FROM match_queue`.execute(db);
  await sql`DELETE FROM merge_queue`.execute(db);
  bench.pass(2 * DAY);
  await bench.run();
  expect(await countsOf()).toEqual({ "debian-12": 3 });
  const { rows } = await sql<{ packages: number; cves: number; left: number }>`
    SELECT (SELECT count(*) FROM match_queue WHERE ecosystem = 'deb:debian-11')::int AS packages, (SELECT count(*) FROM merge_queue)::int AS cves,
      (SELECT count(*) FROM affected_packages WHERE ecosystem = 'deb:debian-11')::int AS left`.execute(db);
  expect(rows).toEqual([{ packages: 2300, cves: 2300, left: 0 }]);
});

test("a release whose host comes back in time keeps its records; one that comes back later is loaded anew", async () => {
  serve("debian-11", 30);
  await hostOf("debian:11");
  await bench.run();
  await lastHostGoes("debian:11");
  await bench.run();
  bench.pass(20 * DAY);
  await hostOf("debian:11");
  await bench.run();
  await lastHostGoes("debian:11");
  await bench.run();
  bench.pass(20 * DAY);
  await bench.run();
  expect(await countsOf()).toEqual({ "debian-11": 30 });
  bench.pass(11 * DAY);
  await bench.run();
  expect(await countsOf()).toEqual({});
  await hostOf("debian:11");
  await bench.run();
  expect(await bench.part("releases", "debian-11")).toMatchObject({ state: "ok", records_count: 30, wanted: true });
});

test("what people imported stays half a year", async () => {
  serve("debian-11", 30);
  await hostOf("debian:11");
  await bench.run();
  await sql`UPDATE feed_parts SET origin = 'import'`.execute(bench.database.db);
  await lastHostGoes("debian:11");
  await bench.run();
  bench.pass(179 * DAY);
  await bench.run();
  expect(await countsOf()).toEqual({ "debian-11": 30 });
  bench.pass(2 * DAY);
  await bench.run();
  expect(await countsOf()).toEqual({});
});
