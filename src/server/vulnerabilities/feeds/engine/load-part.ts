import { setTimeout as delay } from "node:timers/promises";
import type { PoolClient } from "pg";
import { Kysely, PostgresDialect, type PostgresPool } from "kysely";
import type { EpssScore, LifeCycle } from "#domain/vulnerability/model.ts";
import { isRetryable } from "#server/database/retry.ts";
import type { Database, Tables } from "#server/database/tables.ts";
import { FeedError, type Feed, type FeedItems, type SyncResult } from "../feed.ts";
import type { FeedLimits } from "../formats/limits.ts";
import type { Tally } from "../formats/tally.ts";
import { leftOutOf, type LeftOutEntry } from "./left-out.ts";
import {
  lifeCyclesApply,
  loadedDigests,
  scoresQueue,
  stageCreate,
  stagedRecordsApply,
  stagedScoresApply,
  stageFinish,
  StageWriter,
  transactionBegin,
  transactionCommit,
  transactionRollback,
  type StageTable,
} from "./load-store.ts";
import { copyRow } from "./copy-text.ts";
import { partSucceed, type FeedPart, type PartSuccess } from "./part-store.ts";
import type { ProgressReporter } from "./progress.ts";
import { RowCounter, takeLifeCycles, takeRecords, takeScores } from "./take-rows.ts";

/** A load that leaves fewer than this share of the records is refused: publishers lose files, they do not retract a fifth of history. */
const SHRINK_MIN = 0.8;
/** Parts with fewer records than this may shrink as they like. */
const SHRINK_FROM = 20;

export interface LoadOptions {
  client: PoolClient;
  feed: Feed;
  part: FeedPart;
  limits: FeedLimits;
  progress: ProgressReporter;
  /** What parsers left out, complete when all items were taken. */
  tally: Tally;
  /** What is to be remembered when the load is good, asked when all items were taken. */
  success(): Omit<PartSuccess, "loaded"> & { bytes: number };
}

export interface Loaded {
  records: number;
  changed: number;
  bad: number;
}

/**
 * Loads what a feed brings into the database: every row is checked, compared with what is there, and only the difference is written, in
 * one transaction. Until it commits everybody reads the last good generation, and any failure leaves that.
 *
 * @throws {FeedError} when the data is not to be trusted
 */
export async function loadPart(
  options: LoadOptions,
  result: Exclude<SyncResult<unknown>, { mode: "unchanged" }>,
): Promise<Loaded> {
  const { client, feed } = options;
  const counter = new RowCounter(options.limits.records, options.progress);
  options.progress.phase("reading");
  await stageCreate(client);
  const apply = await stage(options, result, counter);
  options.progress.phase("writing");
  try {
    const { changed, total } = await swapped(options, result, apply, counter);
    if (feed.kind === "scores") await scoresQueue(client);
    await stageCreate(client);
    return { records: total, changed, bad: counter.bad };
  } finally {
    options.progress.phase(`done: ${feed.name}`);
  }
}

/** Tries of the transaction that swaps: matching takes keys from the queues that it fills, and one of the two may have to give way. */
const SWAP_TRIES = 6;

/** Swaps generations; a conflict with who reads the queues, or with another load, starts the transaction over from what is staged. */
async function swapped(
  options: LoadOptions,
  result: Parameters<typeof loadPart>[1],
  apply: Apply,
  counter: RowCounter,
): Promise<Awaited<ReturnType<Apply>>> {
  for (let attempt = 1; ; attempt++) {
    try {
      // oxlint-disable-next-line no-await-in-loop -- a retry after a conflict
      return await swapOnce(options, result, apply, counter);
    } catch (error) {
      if (attempt >= SWAP_TRIES || !isRetryable(error)) throw error;
      // oxlint-disable-next-line no-await-in-loop -- each further away than the last
      await delay(attempt * 100 * (1 + Math.random()));
    }
  }
}

async function swapOnce(
  options: LoadOptions,
  result: Parameters<typeof loadPart>[1],
  apply: Apply,
  counter: RowCounter,
): Promise<Awaited<ReturnType<Apply>>> {
  const { client, part, tally } = options;
  await transactionBegin(client);
  try {
    const { changed, total } = await apply();
    const { bytes, ...success } = options.success();
    const loaded = {
      records: total,
      changed: changed > 0,
      bytes,
      dataAsOf: result.dataAsOf?.() ?? null,
      bad: counter.bad,
      badRecord: counter.badRecord,
      leftOut: leftOutOf(counter.badReasons, tally, result.mode === "delta" ? (part.left_out as LeftOutEntry[]) : undefined),
    };
    await partSucceed(databaseOf(client), part.id, { ...success, loaded });
    await transactionCommit(client);
    return { changed, total };
  } catch (error) {
    await transactionRollback(client);
    throw error;
  }
}

type Apply = () => Promise<{ changed: number; total: number }>;

async function stage(options: LoadOptions, result: Parameters<typeof loadPart>[1], counter: RowCounter): Promise<Apply> {
  const { client, feed, part } = options;
  const before = part.records_count;
  if (feed.kind === "records") return await stageRecords(options, result.mode, result.items as FeedItems, counter);
  if (result.mode === "delta") throw new FeedError(`${feed.title} comes whole, not as changes.`);
  if (feed.kind === "scores") {
    await staged(client, "feed_stage_scores", (sink) => takeScores(result.items as FeedItems<EpssScore>, counter, sink));
    refuseShrink(part, before, counter.records);
    return async () => ({ changed: await stagedScoresApply(client), total: counter.records });
  }
  const cycles = await takeLifeCycles(result.items as FeedItems<LifeCycle>, counter);
  refuseShrink(part, before, counter.records);
  return async () => ({ changed: await lifeCyclesApply(client, JSON.stringify(cycles)), total: counter.records });
}

async function stageRecords(options: LoadOptions, mode: "full" | "delta", items: FeedItems, counter: RowCounter): Promise<Apply> {
  const { client, part } = options;
  const known = await loadedDigests(client, part.id);
  const before = known.size;
  const taken = await staged(client, "feed_stage", (sink) => takeRecords(items, known, counter, sink));
  const gone = mode === "full" ? [...known.keys()] : [...taken.gone].filter((name) => known.has(name));
  const total = mode === "full" ? taken.count : known.size - gone.length + taken.count;
  refuseShrink(part, before, total);
  await staged(client, "feed_stage_gone", async (sink) => {
    for (const name of gone) await sink.write(copyRow([name]));
  });
  await stageFinish(client, taken.repeated);
  const changed = taken.staged + gone.length;
  return async () => {
    if (changed > 0) await stagedRecordsApply(client, part.id);
    return { changed, total };
  };
}

/** @throws {FeedError} when so much is missing that the publisher's data, not the world, must have changed */
function refuseShrink(part: FeedPart, before: number, after: number): void {
  if (part.accept_shrink || before < SHRINK_FROM || after >= before * SHRINK_MIN) return;
  throw new FeedError(
    `Only ${after} of ${before} records are left, which looks like a broken feed; the last good ones stay. If it is right: ` +
      `muster feeds sync ${part.feed} --accept-shrink`,
  );
}

async function staged<T>(client: PoolClient, table: StageTable, work: (sink: StageWriter) => Promise<T>): Promise<T> {
  const writer = new StageWriter(client, table);
  try {
    const done = await work(writer);
    await writer.end();
    return done;
  } catch (error) {
    await writer.abort();
    throw error;
  }
}

/** The query builder on a connection that somebody else holds, for statements of its transaction. */
function databaseOf(client: PoolClient): Database {
  const lent = { query: client.query.bind(client), release: () => undefined };
  const pool = { connect: async () => lent, end: async () => undefined } as unknown as PostgresPool;
  return new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
}
