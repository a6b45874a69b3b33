import { mkdir, mkdtemp, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { EpssScore, FeedRecord, LifeCycle } from "#domain/vulnerability/model.ts";
import { feedEngine, type EngineBench } from "#test/support/feed-engine.ts";
import { makeZip } from "#test/support/zip.ts";
import type { Feed, FeedInput, FeedOf, LifeCycleFeed, RecordFeed, ScoreFeed } from "../feed.ts";
import { jsonLines } from "../formats/json-values.ts";
import { directoryProblems } from "./directory-problem-store.ts";
import { missingParts } from "./missing-part-store.ts";

/** Everything of a feed that these tests do not look at. */
const COMMON = {
  title: "Test",
  publisher: "Nobody",
  homepage: "https://feeds.example",
  licence: "CC0",
  purpose: "Tests.",
  everySeconds: 3600,
  sync: async (): Promise<never> => await Promise.reject(new Error("a directory asks no publisher")),
} satisfies Partial<FeedOf<string, unknown>>;

function parse<Row>(input: FeedInput): AsyncIterable<Row> {
  return jsonLines<Row>(input);
}

async function* parseOfYear(input: FeedInput, part: string): AsyncGenerator<FeedRecord> {
  for await (const row of jsonLines<FeedRecord>(input)) if (row.name.includes(part)) yield row;
}

/** Parts are years; those of the distribution releases that the fleet has. */
const YEARS: RecordFeed = {
  ...COMMON,
  name: "years",
  kind: "records",
  parts: ({ scopes }) => scopes.map(({ name }) => name.replace("debian:", "20")),
  files: [
    { pattern: /(?:^|\/)year-(\d{4})\.jsonl$/, part: ([, year]) => year ?? null, parse },
    { pattern: /(?:^|\/)changes\.jsonl$/, part: () => "*", parse: parseOfYear, order: 1 },
  ],
};
const SCORES: ScoreFeed = {
  ...COMMON,
  name: "scores",
  kind: "scores",
  parts: () => ["all"],
  files: [{ pattern: /scores\.jsonl$/, part: () => "all", parse: (input) => parse<EpssScore>(input) }],
};
const CYCLES: LifeCycleFeed = {
  ...COMMON,
  name: "cycles",
  kind: "life_cycles",
  parts: () => ["all"],
  files: [{ pattern: /cycles\.jsonl$/, part: () => "all", parse: (input) => parse<LifeCycle>(input) }],
};
const FEEDS: Feed[] = [YEARS, SCORES, CYCLES];

let directory: string;
let bench: EngineBench;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "muster-feeds-dir-"));
  bench = await feedEngine({ feeds: FEEDS, feedsDir: directory });
});
afterEach(async () => {
  await bench.close();
  await rm(directory, { recursive: true, force: true });
});

function record(name: string, title: string): FeedRecord {
  return { name, vulnerabilities: [name], facts: { title }, affected: [] };
}

const lines = (...items: unknown[]): string => items.map((item) => `${JSON.stringify(item)}\n`).join("");

async function write(name: string, ...items: unknown[]): Promise<void> {
  const path = join(directory, name);
  await mkdir(join(path, ".."), { recursive: true });
  await writeFile(path, lines(...items));
}

async function hostOf(scope: string): Promise<void> {
  const { db } = bench.database;
  await sql`INSERT INTO os_scopes (name, family) VALUES (${scope}, 'linux')`.execute(db);
  await sql`
    INSERT INTO operating_systems (name, version, arch, kernel_version, platform, os_scope_id)
    SELECT ${scope}, '1', 'x86_64', '6', 'debian', id FROM os_scopes WHERE name = ${scope}`.execute(db);
}

async function titles(): Promise<string[]> {
  const { rows } = await sql<{ title: string }>`SELECT facts ->> 'title' AS title FROM feed_records ORDER BY name`.execute(
    bench.database.db,
  );
  return rows.map((row) => row.title);
}

test("only the parts that the fleet needs are loaded: a release when its first host appears", async () => {
  await write("sub/year-2012.jsonl", record("CVE-2012-1", "twelve"));
  await write("sub/year-2013.jsonl", record("CVE-2013-1", "thirteen"));
  await bench.run();
  expect(await titles()).toEqual([]);
  await hostOf("debian:12");
  await bench.run();
  expect(await titles()).toEqual(["twelve"]);
  await hostOf("debian:13");
  await bench.run();
  expect(await titles()).toEqual(["twelve", "thirteen"]);
  expect(await bench.part("years", "2013")).toMatchObject({ state: "ok", origin: "directory", wanted: true });
  await sql`DELETE FROM operating_systems WHERE name = 'debian:13'`.execute(bench.database.db);
  await bench.run();
  expect(await bench.part("years", "2013")).toMatchObject({ state: "ok", wanted: false, records_count: 1 });
});

test("a part is read again when one of its files changes, and a file with changes of several parts counts for each", async () => {
  await hostOf("debian:12");
  await write("year-2012.jsonl", record("CVE-2012-1", "one"), record("CVE-2012-2", "two"));
  await bench.run();
  const first = await bench.part("years", "2012");
  await bench.run();
  expect(await bench.part("years", "2012")).toEqual(first);
  await write("changes.jsonl", record("CVE-2012-2", "two, changed"), record("CVE-2013-9", "another year"));
  await bench.run();
  expect(await titles()).toEqual(["one", "two, changed"]);
  expect((await bench.part("years", "2012")).generation).toBe(2);
  await rm(join(directory, "changes.jsonl"));
  await utimes(join(directory, "year-2012.jsonl"), 1, 1);
  await bench.run();
  expect(await titles()).toEqual(["one", "two"]);
});

test("a file that turns bad keeps what is loaded", async () => {
  await hostOf("debian:12");
  await write("year-2012.jsonl", record("CVE-2012-1", "one"));
  await bench.run();
  await writeFile(join(directory, "year-2012.jsonl"), "<html>");
  await bench.run();
  const part = await bench.part("years", "2012");
  expect(part).toMatchObject({ state: "failed", generation: 1, records_count: 1 });
  expect(part.error).toMatch(/year-2012\.jsonl line 1 is no JSON/);
  expect(await titles()).toEqual(["one"]);
});

test("an archive of a directory is as good as the directory", async () => {
  const archive = join(directory, "feeds.zip");
  await writeFile(archive, makeZip([{ name: "deep/year-2012.jsonl", bytes: lines(record("CVE-2012-1", "zipped")) }]));
  const other = await feedEngine({ feeds: FEEDS, feedsDir: archive });
  await bench.close();
  bench = other;
  await hostOf("debian:12");
  await bench.run();
  expect(await titles()).toEqual(["zipped"]);
  await writeFile(archive, makeZip([{ name: "year-2012.jsonl", bytes: lines(record("CVE-2012-1", "zipped again")) }]));
  await bench.run();
  expect(await titles()).toEqual(["zipped again"]);
});

test("of a day's scores those that moved are written, and told of where the fleet has them; a day with few scores is refused", async () => {
  const score = (cve: number, epss: number): EpssScore => ({ cve: `CVE-2026-${cve}`, epss, percentile: 0.5 });
  const day = Array.from({ length: 30 }, (_, index) => score(1000 + index, 0.1));
  await write("scores.jsonl", ...day);
  await bench.run();
  const { db } = bench.database;
  // what the fleet has, with the scores of that day; one came later and shows none yet
  await sql`INSERT INTO vulnerabilities (cve, epss, epss_percentile)
    SELECT cve, epss, percentile FROM epss_scores WHERE cve IN ('CVE-2026-1000', 'CVE-2026-1001', 'CVE-2026-1029')`.execute(db);
  await sql`INSERT INTO vulnerabilities (cve) VALUES ('CVE-2026-1002'), ('CVE-2026-7777')`.execute(db);
  await sql`DELETE FROM merge_queue`.execute(db);
  await write("scores.jsonl", score(1000, 0.9), ...day.slice(1, 29), score(2000, 0.2));
  await bench.run();
  const { rows } = await sql<{ cve: string }>`SELECT cve FROM merge_queue ORDER BY cve`.execute(db);
  expect(rows.map((row) => row.cve)).toEqual(["CVE-2026-1000", "CVE-2026-1002", "CVE-2026-1029"]);
  expect(await db.selectFrom("epss_scores").select("epss").where("cve", "=", "CVE-2026-1000").execute()).toEqual([{ epss: 0.9 }]);
  await write("scores.jsonl", score(1000, 0.9));
  await bench.run();
  expect((await bench.part("scores")).error).toMatch(/Only 1 of 30 records are left/);
  const wrong = { cve: "CVE-2026-1", epss: 7, percentile: null };
  await write("scores.jsonl", wrong, wrong);
  await bench.runAgain();
  expect((await bench.part("scores")).error).toMatch(/2 of 2 records are malformed; the first: .*epss/);
});

test("life cycles replace each other; an end is a day, or known or not known to have come", async () => {
  await write(
    "cycles.jsonl",
    { product: "debian", cycle: "12", codename: "bookworm", released: "2023-06-10", end_of_life: "2026-06-10", latest: "12.11" },
    { product: "debian", cycle: "13", end_of_life: false },
  );
  await bench.run();
  await write("cycles.jsonl", { product: "debian", cycle: "12", end_of_life: true, extended_end: "2028-06-30" });
  await bench.run();
  const { rows } = await sql`
    SELECT product, cycle, codename, end_of_life::text, ended, extended_end::text FROM life_cycles`.execute(bench.database.db);
  expect(rows).toEqual([
    { product: "debian", cycle: "12", codename: null, end_of_life: null, ended: true, extended_end: "2028-06-30" },
  ]);
  expect(await bench.part("cycles")).toMatchObject({ state: "ok", generation: 2, records_count: 1 });
});

test("an archive that is no good is told with its name and what to do, and read again when it changes", async () => {
  const archive = join(directory, "feeds.zip");
  await writeFile(archive, "no archive");
  const other = await feedEngine({ feeds: FEEDS, feedsDir: archive });
  await bench.close();
  bench = other;
  await hostOf("debian:12");
  await expect(bench.run()).rejects.toThrow(/feeds\.zip/);
  const [problem] = await directoryProblems(bench.database.db);
  expect(problem).toMatchObject({ path: archive });
  expect(problem?.error).toMatch(/feeds\.zip is (?:no|not a whole) archive.*Put a good archive in its place/);
  // it is not unpacked again and again
  await expect(bench.run()).rejects.toThrow(/Put a good archive in its place/);
  await writeFile(archive, makeZip([{ name: "year-2012.jsonl", bytes: lines(record("CVE-2012-1", "good now")) }]));
  await bench.run();
  expect(await titles()).toEqual(["good now"]);
  expect(await directoryProblems(bench.database.db)).toEqual([]);
});

test("a directory that is not there, and a file that cannot be read, are told; the other files are loaded", async () => {
  await hostOf("debian:12");
  await write("year-2012.jsonl", record("CVE-2012-1", "one"));
  await symlink(join(directory, "nowhere"), join(directory, "changes.jsonl"));
  await bench.run();
  expect(await titles()).toEqual(["one"]);
  expect(await directoryProblems(bench.database.db)).toMatchObject([
    { path: join(directory, "changes.jsonl"), error: expect.stringContaining("a link that leads nowhere") as string },
  ]);
  await rm(directory, { recursive: true });
  await expect(bench.run()).rejects.toThrow(/there is no .* Create it/);
  expect(await directoryProblems(bench.database.db)).toMatchObject([{ path: directory }]);
});

test("needed parts that the directory holds no file of are known, until the file is there", async () => {
  const scores = { feed: "scores", part: "all" };
  await bench.run();
  expect((await missingParts(bench.database.db))(scores)).toBe(true);
  await write("scores.jsonl", { cve: "CVE-2012-1", epss: 0.5, percentile: 0.5 });
  await bench.run();
  expect((await missingParts(bench.database.db))(scores)).toBe(false);
});

test("with fetching off the corrections that come with Muster are loaded all the same, and nothing else", async () => {
  const builtIn: RecordFeed = {
    ...YEARS,
    name: "built-in",
    parts: () => ["all"],
    sync: async () => await Promise.resolve({ mode: "full", items: [record("CVE-2012-7", "corrected")] }),
    files: [],
    builtIn: true,
  };
  const other = await feedEngine({ feeds: [builtIn, SCORES], fetching: false });
  await other.run();
  expect(await other.part("built-in")).toMatchObject({ state: "ok", records_count: 1 });
  expect(await other.part("scores")).toMatchObject({ state: "waiting", attempted_at: null });
  await other.close();
});
