import { gzipSync } from "node:zlib";
import { sql } from "kysely";
import { afterEach, beforeEach, expect, test } from "vitest";
import { feedEngine, type EngineBench } from "#test/support/feed-engine.ts";
import { feedMirror, type FeedMirror } from "#test/support/feed-mirror.ts";
import { DELTA, FULL, LINE_FEED as FEED, lines, record, records } from "#test/support/line-feed.ts";
import { partsRequest } from "./part-store.ts";
import { runLoads } from "./run-loads.ts";

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

function serve(items: readonly unknown[]): void {
  mirror.serve(FULL, gzipSync(lines(items)));
}

async function loaded(): Promise<{ name: string; ranges: unknown }[]> {
  const { rows } = await sql<{ name: string; ranges: unknown }>`
    SELECT r.name, json_agg(a.ranges ORDER BY a.package) AS ranges FROM feed_records r JOIN affected_packages a ON a.record_id = r.id
    GROUP BY r.name ORDER BY r.name`.execute(bench.database.db);
  return rows;
}

async function names(): Promise<string[]> {
  return (await loaded()).map((row) => row.name);
}

async function takeQueues(): Promise<{ packages: string[]; cves: string[] }> {
  const { db } = bench.database;
  const packages = await sql<{ package: string }>`DELETE FROM match_queue RETURNING package`.execute(db);
  const cves = await sql<{ cve: string }>`DELETE FROM merge_queue RETURNING cve`.execute(db);
  return { packages: packages.rows.map((row) => row.package).toSorted(), cves: cves.rows.map((row) => row.cve).toSorted() };
}

test("a first load writes records, ranges and aliases, and queues what they touch; the same again is not even fetched", async () => {
  serve(records(3));
  await bench.run();
  const part = await bench.part("lines");
  expect(part).toMatchObject({ state: "ok", generation: 1, records_count: 3, failures: 0, error: null, origin: "publisher" });
  expect(await names()).toEqual(["CVE-2026-1000", "CVE-2026-1001", "CVE-2026-1002"]);
  const { rows } = await sql`SELECT alias FROM vulnerability_aliases ORDER BY alias LIMIT 1`.execute(bench.database.db);
  expect(rows).toEqual([{ alias: "ALIAS-CVE-2026-1000" }]);
  expect((await takeQueues()).packages).toHaveLength(3);
  await bench.runAgain();
  expect(mirror.statusOf(FULL)).toEqual([200, 304]);
  expect(await bench.part("lines")).toMatchObject({ state: "ok", generation: 1, records_count: 3 });
  expect(await takeQueues()).toEqual({ packages: [], cves: [] });
});

test("of a later load only what differs is written and queued, with the packages that a record left; ids of records stay", async () => {
  serve(records(30));
  await bench.run();
  await takeQueues();
  const idOf = async () =>
    (await sql<{ id: number }>`SELECT id FROM feed_records WHERE name = 'CVE-2026-1001'`.execute(bench.database.db)).rows;
  const before = await idOf();
  const moved = record("CVE-2026-1002");
  moved.affected[0]!.package = "elsewhere";
  const next = [
    ...records(29).filter((_, index) => index !== 1 && index !== 2),
    record("CVE-2026-1001", "2.0"),
    moved,
    record("CVE-2026-1099"),
  ];
  serve(next);
  await bench.runAgain();
  expect(await bench.part("lines")).toMatchObject({ state: "ok", generation: 2, records_count: 30 });
  expect(await takeQueues()).toEqual({
    packages: ["elsewhere", "pkg-cve-2026-1001", "pkg-cve-2026-1002", "pkg-cve-2026-1029", "pkg-cve-2026-1099"],
    cves: ["CVE-2026-1001", "CVE-2026-1002", "CVE-2026-1029", "CVE-2026-1099"],
  });
  expect(await idOf()).toEqual(before);
});

test("a delta changes and removes what it names and nothing else; of two lines with one name the later counts", async () => {
  serve(records(30));
  await bench.run();
  await takeQueues();
  mirror.serve(
    DELTA,
    lines([record("CVE-2026-1000", "8.0"), record("CVE-2026-1000", "9.0"), { gone: "CVE-2026-1001" }, { gone: "unknown" }]),
  );
  await bench.runAgain();
  expect(await bench.part("lines")).toMatchObject({ state: "ok", generation: 2, records_count: 29 });
  const [first] = await loaded();
  expect(first).toMatchObject({ name: "CVE-2026-1000", ranges: [[{ fixed: "9.0" }]] });
  expect((await takeQueues()).packages).toEqual(["pkg-cve-2026-1000", "pkg-cve-2026-1001"]);
});

test("what an older program's parsers made is loaded anew once, though the publisher has nothing new", async () => {
  serve(records(3));
  await bench.run();
  await bench.runAgain();
  await sql`UPDATE feed_parts SET cursor = (cursor::jsonb || '{"parsers": 0}')::json`.execute(bench.database.db);
  await bench.runAgain();
  await bench.runAgain();
  expect(mirror.statusOf(FULL)).toEqual([200, 304, 200, 304]);
  expect(await bench.part("lines")).toMatchObject({ state: "ok", records_count: 3, failures: 0 });
});

test("a load that gives way to matching in a deadlock swaps again, from what it has staged", async () => {
  serve(records(3));
  await bench.run();
  serve(records(3, "2.0"));
  // matching: holds keys of one queue, then wants the other, which the load has filled by then
  const matching = await bench.database.pool.connect();
  await matching.query("BEGIN");
  await matching.query("SET LOCAL deadlock_timeout = '30s'");
  await matching.query("DELETE FROM match_queue");
  const load = bench.runAgain();
  const waits = async (): Promise<boolean> => {
    const { rows } =
      await sql`SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%INSERT INTO match_queue%'
      AND datname = current_database()`.execute(bench.database.db);
    return rows.length > 0;
  };
  await expect.poll(waits, { timeout: 10_000 }).toBe(true);
  await matching.query("UPDATE merge_queue SET cve = cve");
  await matching.query("COMMIT");
  matching.release();
  await load;
  expect(await bench.part("lines")).toMatchObject({ state: "ok", generation: 2, records_count: 3, failures: 0, error: null });
  expect((await takeQueues()).packages).toHaveLength(3);
  const fixed = (await loaded()).map((row) => JSON.stringify(row.ranges));
  expect(fixed.every((ranges) => ranges.includes('"fixed":"2.0"'))).toBe(true);
});

test("whoever reads while a generation is swapped sees the old one or the new one, never a mixture", async () => {
  serve(records(400, "1.0"));
  await bench.run();
  mirror.serve(DELTA, lines(records(400, "2.0")));
  const seen = new Set<string>();
  let reading = true;
  const reader = (async () => {
    while (reading) {
      const { rows } = await sql<{ state: string }>`
        SELECT p.generation || ':' || string_agg(DISTINCT a.ranges -> 0 ->> 'fixed', ',') || ':' || count(*) AS state
        FROM feed_parts p JOIN feed_records r ON r.part_id = p.id JOIN affected_packages a ON a.record_id = r.id GROUP BY p.generation
        `.execute(bench.database.db);
      for (const row of rows) seen.add(row.state);
    }
  })();
  await bench.runAgain();
  reading = false;
  await reader;
  expect([...seen].filter((state) => state !== "1:1.0:400" && state !== "2:2.0:400")).toEqual([]);
  expect(seen).toContain("1:1.0:400");
});

test.each([
  ["truncated", { truncateTo: 200 }, /damaged or cut off/],
  [
    "an error page with status 200",
    { body: "<html>Sorry</html>", headers: { "content-type": "text/html" } },
    /web page instead of data/,
  ],
  ["an error page that claims to be data", { body: "<html>Sorry</html>" }, /is no JSON/],
  ["of another schema", { body: lines(records(40).map(({ name }) => ({ name, cve: name }))) }, /40 of 40 records are malformed/],
  ["a zip bomb", { body: gzipSync(Buffer.alloc(40 * 1024 * 1024)) }, /decompression bomb/],
  ["shrunk by half", { body: lines(records(20)) }, /Only 20 of 40 records are left.*--accept-shrink/],
  ["gone", { status: 404 }, /answered with 404/],
  ["broken", { status: 500 }, /answered with 500/],
] as const)("a feed that is %s keeps the last good generation, says why, and is asked later", async (_what, fault, reason) => {
  serve(records(40));
  await bench.run();
  serve(records(41));
  mirror.fail(FULL, fault);
  await bench.runAgain();
  const part = await bench.part("lines");
  expect(part).toMatchObject({ state: "failed", generation: 1, records_count: 40, failures: 1 });
  expect(part.error).toMatch(reason);
  expect(await names()).toHaveLength(40);
  const wait = ((part.next_attempt_at?.getTime() ?? 0) - Date.now()) / 1000;
  expect(wait).toBeGreaterThan(250);
  expect(wait).toBeLessThan(340);
  await bench.run();
  expect((await bench.part("lines")).failures).toBe(1);
  await bench.runAgain();
  const again = await bench.part("lines");
  expect(again.failures).toBe(2);
  expect(((again.next_attempt_at?.getTime() ?? 0) - Date.now()) / 1000).toBeGreaterThan(550);
  mirror.fail(FULL, null);
  serve(records(41));
  await bench.runAgain();
  expect(await bench.part("lines")).toMatchObject({ state: "ok", generation: 2, failures: 0, error: null });
});

test("an administrator may say that a feed has really shrunk", async () => {
  serve(records(40));
  await bench.run();
  serve(records(20));
  await bench.runAgain();
  expect((await bench.part("lines")).state).toBe("failed");
  await partsRequest(bench.database.db, { feed: "lines", part: null, acceptShrink: true });
  await bench.run();
  expect(await bench.part("lines")).toMatchObject({ state: "ok", records_count: 20, accept_shrink: false });
});

test("a few malformed records are left out and reported", async () => {
  const bad = { ...record("CVE-2026-9999"), vulnerabilities: ["CVE-2026-1"] };
  serve([...records(200), bad]);
  await bench.run();
  const part = await bench.part("lines");
  expect(part).toMatchObject({ state: "ok", records_count: 200, bad_records_count: 1 });
  expect(part.bad_record).toMatch(/CVE-2026-9999: has a range of .* for CVE-2026-9999, which it does not name/);
  expect(part.left_out).toMatchObject([{ kind: "record", count: 1 }]);
});

test("text that a database cannot hold is a malformed record; text that only looks like it is none", async () => {
  const nul = record("CVE-2026-1");
  nul.facts = { title: "a\0b" };
  const half = record("CVE-2026-2");
  half.facts = { title: "\ud800" };
  const harmless = record("CVE-2026-3");
  harmless.facts = { title: String.raw`a \u0000 and \ud800, a	tab \ and "quotes"` };
  serve([...records(300), nul, half, harmless]);
  await bench.run();
  expect(await bench.part("lines")).toMatchObject({ state: "ok", records_count: 301, bad_records_count: 2 });
  const { rows } = await sql<{
    title: string;
  }>`SELECT facts ->> 'title' AS title FROM feed_records WHERE name = 'CVE-2026-3'`.execute(bench.database.db);
  expect(rows[0]?.title).toBe(harmless.facts.title);
});

test("a connection that breaks is taken up where it broke; the publisher's pauses are kept", async () => {
  serve(records(2000));
  mirror.fail(FULL, { breakAfter: 5000, times: 1 });
  await bench.run();
  expect(await bench.part("lines")).toMatchObject({ state: "ok", records_count: 2000 });
  expect(mirror.statusOf(FULL)).toEqual([200, 206]);
  mirror.fail(FULL, { status: 429, headers: { "retry-after": "1" }, times: 1 });
  const startedAt = performance.now();
  await bench.runAgain();
  expect(performance.now() - startedAt).toBeGreaterThan(950);
  expect(mirror.statusOf(FULL)).toEqual([200, 206, 429, 304]);
  mirror.fail(FULL, { status: 503, headers: { "retry-after": "7200" }, times: 1 });
  await bench.runAgain();
  const part = await bench.part("lines");
  expect(part.state).toBe("failed");
  expect((part.next_attempt_at?.getTime() ?? 0) - Date.now()).toBeGreaterThan(7_190_000);
});

test("what a dead process had begun is gone on with by the next, and its part starts over", async () => {
  serve(records(2000));
  mirror.fail(FULL, { breakAfter: 5000 });
  await bench.run();
  expect((await bench.part("lines")).state).toBe("failed");
  mirror.fail(FULL, null);
  // as a killed process leaves it
  await bench.database.db.updateTable("feed_parts").set({ state: "loading", failures: 1 }).execute();
  await bench.runAgain();
  expect(await bench.part("lines")).toMatchObject({ state: "ok", records_count: 2000, failures: 0 });
  expect(mirror.statusOf(FULL).at(-1)).toBe(206);
});

test("a file that is too large is refused before it is fetched", async () => {
  const small = { ...FEED, limits: { compressedBytes: 100 } };
  const other = await feedEngine({ feeds: [small], mirror });
  serve(records(200));
  await other.run();
  expect((await other.part("lines")).error).toMatch(/more than the 100 that this feed may have/);
  await other.close();
});

test("two processes do not load one part at the same time", async () => {
  serve(records(300));
  mirror.fail(FULL, { delayMs: 300, times: 1 });
  await Promise.all([bench.run(), bench.run()]);
  expect(await bench.part("lines")).toMatchObject({ state: "ok", generation: 1, records_count: 300 });
  expect(mirror.statusOf(FULL)).toEqual([200]);
});

test("a load that is stopped leaves the part as it was", async () => {
  serve(records(300));
  await bench.run();
  const before = await bench.part("lines");
  serve(records(301));
  mirror.fail(FULL, { delayMs: 500 });
  await bench.database.db.updateTable("feed_parts").set({ next_attempt_at: null }).execute();
  const stop = new AbortController();
  const run = runLoads(bench.deps, stop.signal);
  setTimeout(() => stop.abort(new Error("stop")), 100);
  await expect(run).rejects.toThrow("stop");
  expect(await bench.part("lines")).toMatchObject({
    state: "ok",
    failures: 0,
    generation: before.generation,
    next_attempt_at: null,
  });
});
