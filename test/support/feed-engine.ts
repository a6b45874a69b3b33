import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLog } from "#server/observe/log.ts";
import type { EngineDeps } from "#server/vulnerabilities/feeds/engine/engine-deps.ts";
import { runLoads } from "#server/vulnerabilities/feeds/engine/run-loads.ts";
import { partList, type FeedPart } from "#server/vulnerabilities/feeds/engine/part-store.ts";
import type { Feed, FeedItem, FeedIo, SyncResult } from "#server/vulnerabilities/feeds/feed.ts";
import { FEED_LIMITS } from "#server/vulnerabilities/feeds/formats/limits.ts";
import { PartIo } from "#server/vulnerabilities/feeds/engine/feed-io.ts";
import type { PartMemory } from "#server/vulnerabilities/feeds/engine/part-store.ts";
import { ProgressReporter } from "#server/vulnerabilities/feeds/engine/progress.ts";
import type { FeedMirror } from "./feed-mirror.ts";
import { testDatabase, type TestDatabase } from "./postgres.ts";

/** Impatient, so that tests do not wait. */
const IMPATIENT = { attempts: 3, pauseMs: 5, retryAfterMs: 1500, stallMs: 10_000, restMs: 0 };

export interface EngineBench {
  database: TestDatabase;
  deps: EngineDeps;
  /** Moves the clock. */
  pass(seconds: number): void;
  /** Loads what is due, in this process. */
  run(): Promise<number>;
  /** Makes every part due, then loads. */
  runAgain(): Promise<number>;
  part(feed: string, part?: string): Promise<FeedPart>;
  close(): Promise<void>;
}

/** The feeds' engine on a database and a data directory of its own, with the publishers of a mirror or the files of a directory. */
export async function feedEngine(options: {
  feeds: readonly Feed[];
  mirror?: FeedMirror;
  feedsDir?: string;
  env?: Record<string, string>;
  /** False: as with MUSTER_FEEDS=off. */
  fetching?: boolean;
}): Promise<EngineBench> {
  const database = await testDatabase();
  const dataDir = await mkdtemp(join(tmpdir(), "muster-feeds-"));
  let offset = 0;
  const feeds = options.fetching ?? true;
  const config = { dataDir, feedsDir: options.feedsDir ?? null, feedsMirror: options.mirror?.url ?? null, feeds };
  const now = (): Date => new Date(Date.now() + offset);
  const { db, pool } = database;
  const log = createLog("silent");
  const deps: EngineDeps = { db, pool, feeds: options.feeds, config, options: options.env ?? {}, retry: IMPATIENT, now, log };
  const run = async (): Promise<number> => await runLoads(deps, new AbortController().signal);
  return {
    database,
    deps,
    pass: (seconds) => void (offset += seconds * 1000),
    run,
    async runAgain() {
      await db.updateTable("feed_parts").set({ next_attempt_at: null }).execute();
      return await run();
    },
    async part(feed, part = "all") {
      const found = (await partList(db)).find((row) => row.feed === feed && row.part === part);
      if (found === undefined) throw new Error(`no part ${part} of ${feed}`);
      return found;
    },
    async close() {
      await database.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** What one `sync` of a feed brings, without a database: its mode, its items, and what it wants remembered. */
export async function syncOnce<Row>(
  feed: { sync(part: string, io: FeedIo): Promise<SyncResult<Row>> },
  part: string,
  mirror: FeedMirror,
  options: { memory?: PartMemory; lastSuccess?: Date; now?: Date; env?: Record<string, string> } = {},
): Promise<{ mode: SyncResult<Row>["mode"]; items: FeedItem<Row>[]; memory: PartMemory }> {
  const directory = await mkdtemp(join(tmpdir(), "muster-sync-"));
  const io = new PartIo({
    memory: options.memory ?? {},
    lastSuccess: options.lastSuccess ?? null,
    now: options.now ?? new Date(),
    limits: FEED_LIMITS,
    directory,
    mirror: mirror.url,
    options: options.env ?? {},
    retry: IMPATIENT,
    signal: new AbortController().signal,
    progress: new ProgressReporter(async () => undefined),
    tally: new Map(),
  });
  try {
    const result = await feed.sync(part, io);
    const items: FeedItem<Row>[] = [];
    if (result.mode !== "unchanged") for await (const item of result.items) items.push(item);
    const cursor = result.mode === "unchanged" ? result.cursor : result.cursor?.();
    return { mode: result.mode, items, memory: { feed: cursor ?? options.memory?.feed, urls: io.urls } };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
