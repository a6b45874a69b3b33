import { gunzipSync, gzipSync, zstdCompressSync } from "node:zlib";
import { sql } from "kysely";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { feedEngine, type EngineBench } from "#test/support/feed-engine.ts";
import { feedMirror, type Fault, type FeedMirror } from "#test/support/feed-mirror.ts";
import type { FeedPart } from "./engine/part-store.ts";
import { FEEDS } from "./registry.ts";

/** A part that each feed would have; those that are not named have `all`. */
const PARTS: Readonly<Record<string, string>> = {
  osv: "npm",
  msrc: "2024-Oct",
  apple: "macos",
  debian: "bookworm",
  "debian-oval": "bookworm",
  ubuntu: "jammy",
  "ubuntu-vex": "jammy",
  "ubuntu-oval": "jammy",
  "ubuntu-tracker": "jammy",
  "redhat-vex": "9",
  "redhat-api": "9",
  "redhat-oval": "9",
  "suse-vex": "opensuse-tumbleweed",
  "suse-oval": "opensuse-tumbleweed",
  amazon: "2023",
  alpine: "3.16",
  oracle: "9",
  alma: "9",
  rocky: "9",
  fedora: "40",
  nvd: "2020",
};
const FETCHED = FEEDS.filter((feed) => feed.builtIn !== true);
const RECORDS = 40;
/** White space: JSON and XML may begin with as much as they like, so that only the size can give it away. */
const SPACES = Buffer.alloc(17 * 1024 * 1024, " ");
/** The same, packed by xz, and by gzip to be short. */
const XZ = gunzipSync(
  Buffer.from(
    "H4sIAAAAAAACA/trXhURxcDA8uzaFjcmBkVGGQYGBoHzEWf+/xdkzIllEMj/vf/f4o1xT3/Yb1qlFvojo8CxQJS/96+cj3SX03bJL5kShevSlLu6fPUX896sX/a4R1kw+EGkxNHSrkflP7ZNqefJOnCvxDPl0cuY4E0sN7678KyO5811e/n0cFnH9mnha7b5PsyUzf/t3SGQ43S6wz6Gof+C33o1jSmF8rb9Kg8L5i1Xjn+jcbr14tQZXXVaEz+pl36XPMA2w3fG3xvrr07gP6Ia/OPrRDND1qUb3uUfLPB157k4UXDV2gTZXec2qkvERLa9TAuK2PeybE3kk6fRrBw/j99a++d3kHbJWbloBaefd4Ntf2imcFo3nNbKub/V+sORvXrxq/jtvNOcJgjz/ReY/KOwIvIH99n/UzXc+Ff+qbn3e5aBXtiB/tbPzY0HUqls9R4P9WcR8/8LMGozvCkOXv5337oaQ6n523sN80ZOGJBmdSC//abRABsNsNEAGw2w0QAbDbDRAMMVYBPYyxhmDsoAW/KpwxzY3GRISjobFXIw9iED4z+RhoYDHIb5DzZsPJL+mwkkyRIZBQDlsFKPpAoAAA==",
    "base64",
  ),
);
const LATER = 7200;

let mirror: FeedMirror;
let bench: EngineBench;

beforeAll(async () => {
  mirror = await feedMirror();
  const feeds = FETCHED.map((feed) => ({ ...feed, parts: () => [PARTS[feed.name] ?? "all"] }));
  bench = await feedEngine({ feeds, mirror, env: { MUSTER_VULNCHECK_TOKEN: "token" } });
});
afterAll(async () => {
  await bench.close();
  await mirror.close();
});

/** Every feed as after a good load of forty records. */
beforeEach(async () => {
  const { db } = bench.database;
  const names = FETCHED.map((feed) => ({ feed: feed.name, part: PARTS[feed.name] ?? "all", kind: feed.kind }));
  await sql`
    INSERT INTO feed_parts (feed, part, state, generation, records_count, origin, succeeded_at)
    SELECT feed, part, 'ok', 1, ${RECORDS}, 'publisher', now() FROM json_to_recordset(${JSON.stringify(names)}::json) AS n(feed text, part text)
    ON CONFLICT (feed, part) DO UPDATE SET state = 'ok', error = NULL, failures = 0, next_attempt_at = NULL`.execute(db);
  await sql`
    INSERT INTO feed_records (part_id, name, digest, vulnerabilities)
    SELECT p.id, 'CVE-2020-' || 1000 + n, decode(md5(n::text), 'hex'), ARRAY['CVE-2020-' || 1000 + n]
    FROM feed_parts p, generate_series(1, ${RECORDS}) n
    WHERE p.feed = ANY(${names.filter(({ kind }) => kind === "records").map(({ feed }) => feed)}) ON CONFLICT DO NOTHING`.execute(
    db,
  );
  await sql`
    INSERT INTO epss_scores (cve, epss, percentile) SELECT 'CVE-2020-' || 1000 + n, 0.5, 0.5 FROM generate_series(1, ${RECORDS}) n
    ON CONFLICT DO NOTHING`.execute(db);
  await sql`
    INSERT INTO life_cycles (product, cycle) SELECT 'debian', n::text FROM generate_series(1, ${RECORDS}) n ON CONFLICT DO NOTHING`.execute(
    db,
  );
});

async function parts(): Promise<FeedPart[]> {
  return await bench.database.db.selectFrom("feed_parts").selectAll().orderBy("feed").execute();
}

/** What is loaded of each feed. */
async function kept(): Promise<Record<string, number>> {
  const { rows } = await sql<{ feed: string; count: number }>`
    SELECT feed, CASE feed WHEN 'epss' THEN (SELECT count(*) FROM epss_scores) WHEN 'end-of-life' THEN (SELECT count(*) FROM life_cycles)
      ELSE (SELECT count(*) FROM feed_records r WHERE r.part_id = p.id) END::int AS count FROM feed_parts p`.execute(
    bench.database.db,
  );
  return Object.fromEntries(rows.map(({ feed, count }) => [feed, count]));
}

const EVERYTHING = Object.fromEntries(FETCHED.map(({ name }) => [name, RECORDS]));
const data = { "content-type": "application/octet-stream" };
const page = Buffer.from("<html><body>Sorry, we are down for maintenance.</body></html>");
const faults: [string, Fault][] = [
  ["nothing at all", { body: "", headers: data }],
  ["an error page with status 200", { body: page, headers: { "content-type": "text/html" } }],
  ["an error page that claims to be data", { body: page, headers: data }],
  ["JSON of another schema", { body: '{"unexpected":[1,2,3]}', headers: data }],
  ["a list where an object belongs", { body: "[[[]],null,7]", headers: data }],
  ["XML of another schema", { body: '<?xml version="1.0"?><unexpected><of/></unexpected>', headers: data }],
  ["a packed file that is cut off", { body: gzipSync(Buffer.alloc(50_000, "[1,2,3]")).subarray(0, 100), headers: data }],
  ["a gzip bomb", { body: gzipSync(SPACES), headers: data }],
  ["a zstd bomb", { body: zstdCompressSync(SPACES), headers: data }],
  ["an xz bomb", { body: XZ, headers: data }],
  [
    "a file that is announced with more bytes than it may have",
    { body: "[]", headers: { ...data, "content-length": "99999999999" } },
  ],
  ["a connection that breaks again and again", { body: Buffer.alloc(50_000, "[1,2,3]"), breakAfter: 1000, headers: data }],
  ["redirects in a circle", { status: 302, headers: { location: "/somewhere/else" } }],
  ["a redirect that is not encrypted any more", { status: 301, headers: { location: "ftp://somewhere.example/file" } }],
  ["304 though nothing is known", { status: 304 }],
  ["403", { status: 403 }],
  ["500", { status: 500 }],
];

describe(`every feed (${FETCHED.length})`, () => {
  test.each(faults)("that answers with %s keeps its last good generation, and its status says why", async (_, fault) => {
    mirror.failAll(fault);
    await bench.runAgain();
    const all = await parts();
    expect(all.filter(({ state }) => state !== "failed").map(({ feed, state }) => `${feed}: ${state}`)).toEqual([]);
    expect(
      all
        .filter(({ error }) => (error ?? "").length < 15 || error?.startsWith("The load failed"))
        .map(({ feed, error }) => `${feed}: ${error}`),
    ).toEqual([]);
    expect(all.filter((part) => part.generation !== 1 || part.records_count !== RECORDS).map(({ feed }) => feed)).toEqual([]);
    expect(all.filter((part) => (part.next_attempt_at?.getTime() ?? 0) < Date.now() + 200_000).map(({ feed }) => feed)).toEqual(
      [],
    );
    expect(await kept()).toEqual(EVERYTHING);
  });

  test.each([429, 503])("that answers with %i and Retry-After is left alone for so long", async (status) => {
    mirror.failAll({ status, headers: { "retry-after": String(LATER) } });
    const before = mirror.requests.length;
    await bench.runAgain();
    const all = await parts();
    const early = all.filter(
      (part) => part.state !== "failed" || (part.next_attempt_at?.getTime() ?? 0) < Date.now() + (LATER - 30) * 1000,
    );
    expect(early.map(({ feed, state, error }) => `${feed}: ${state} ${error}`)).toEqual([]);
    expect(await kept()).toEqual(EVERYTHING);
    const asked = mirror.requests.length;
    // one of them has a second address for what the first does not have
    expect(asked - before).toBeLessThan(FETCHED.length * 3);
    await bench.run();
    expect(mirror.requests.length).toBe(asked);
  });
});

test("what was noted while the clock was ahead counts for nothing: everything is asked for anew", async () => {
  const { db } = bench.database;
  await sql`UPDATE feed_parts SET succeeded_at = now() + interval '1 year', attempted_at = now() + interval '1 year',
    next_attempt_at = now() + interval '1 year'`.execute(db);
  mirror.failAll({ status: 404 });
  await bench.run();
  const waiting = (await parts()).filter(({ attempted_at }) => (attempted_at?.getTime() ?? 0) > Date.now() + 60_000);
  expect(waiting.map(({ feed }) => feed)).toEqual([]);
  expect(await kept()).toEqual(EVERYTHING);
});
