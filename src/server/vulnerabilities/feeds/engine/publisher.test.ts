import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, expect, test } from "vitest";
import { feedEngine } from "#test/support/feed-engine.ts";
import { feedMirror, type FeedMirror } from "#test/support/feed-mirror.ts";
import { DELTA, FULL, LINE_FEED as FEED, lines, parseLines, records } from "#test/support/line-feed.ts";
import { syncWhole, type FeedInput, type FeedIo, type FeedItem, type SyncResult } from "../feed.ts";
import { count } from "../formats/tally.ts";

let mirror: FeedMirror;

beforeEach(async () => {
  mirror = await feedMirror();
});
afterEach(() => mirror.close());

function serve(items: readonly unknown[]): void {
  mirror.serve(FULL, gzipSync(lines(items)));
}

test("what a parser leaves out is counted with its reason: anew by a load of everything, added by changes", async () => {
  const changes = async (io: FeedIo): Promise<SyncResult> => ({ mode: "delta", items: withGap(await io.get(DELTA)) });
  async function* withGap(input: FeedInput): AsyncGenerator<FeedItem> {
    count(input.tally, "versions that are no versions", 2);
    yield* parseLines(input);
  }
  const all = syncWhole(() => [FULL], withGap);
  const sync = async (part: string, io: FeedIo) => await (io.lastSuccess === null ? all(part, io) : changes(io));
  const other = await feedEngine({ feeds: [{ ...FEED, sync }], mirror });
  serve(records(3));
  mirror.serve(DELTA, lines(records(1, "7.0")));
  await other.run();
  expect((await other.part("lines")).left_out).toEqual([{ kind: "range", why: "versions that are no versions", count: 2 }]);
  await other.runAgain();
  expect((await other.part("lines")).left_out).toEqual([{ kind: "range", why: "versions that are no versions", count: 4 }]);
  await other.close();
});

test("redirects are followed, without a key to another host, and not for ever", async () => {
  const keyed = {
    ...FEED,
    sync: async (_: string, io: FeedIo): Promise<SyncResult> => {
      const file = await io.get(FULL, { headers: { apiKey: "secret", accept: "application/json" } });
      return { mode: "full", items: parseLines(file) };
    },
  };
  const elsewhere = await feedMirror();
  elsewhere.serve("https://elsewhere.example/all", gzipSync(lines(records(3))));
  const other = await feedEngine({ feeds: [keyed], mirror });
  mirror.fail(FULL, { status: 302, headers: { location: `${elsewhere.url}/elsewhere.example/all` } });
  await other.run();
  expect(await other.part("lines")).toMatchObject({ state: "ok", records_count: 3 });
  expect(mirror.requests.at(-1)?.headers).toMatchObject({ apikey: "secret" });
  expect(elsewhere.requests.at(-1)?.headers).toMatchObject({ accept: "application/json" });
  expect(elsewhere.requests.at(-1)?.headers).not.toHaveProperty("apikey");
  mirror.fail(FULL, { status: 302, headers: { location: new URL(FULL).pathname.replace("/", "/feeds.example/") } });
  await other.runAgain();
  expect((await other.part("lines")).error).toMatch(/redirects more than 5 times/);
  await Promise.all([other.close(), elsewhere.close()]);
});

test("a publisher with more than was asked for at once is asked again after a minute", async () => {
  const much = { ...FEED, sync: async (part: string, io: FeedIo) => ({ ...(await FEED.sync(part, io)), more: () => true }) };
  const other = await feedEngine({ feeds: [much], mirror });
  serve(records(3));
  await other.run();
  const wait = ((await other.part("lines")).next_attempt_at?.getTime() ?? 0) - Date.now();
  expect(wait).toBeGreaterThan(55_000);
  expect(wait).toBeLessThan(70_000);
  await other.close();
});
