import { ShapeError } from "#domain/vulnerability/loose-json.ts";
import { FEED_LIMITS } from "../formats/limits.ts";
import { plainText } from "../formats/plain-text.ts";
import { FeedError, type Feed, type SyncResult } from "../feed.ts";
import type { Tally } from "../formats/tally.ts";
import { messageOf } from "../formats/unpacked.ts";
import { filesOfPart, fingerprintOf, itemsOfFiles, type RecognisedFile } from "./directory.ts";
import { downloadsDirectory, type EngineDeps } from "./engine-deps.ts";
import { PartIo } from "./feed-io.ts";
import { loadLock, loadUnlock } from "./load-store.ts";
import { loadPart, type LoadOptions } from "./load-part.ts";
import {
  isFromFuture,
  partBegin,
  partFail,
  partGet,
  partProgress,
  partRelease,
  PARSERS_REVISION,
  partSucceed,
  type FeedPart,
  type PartMemory,
  type PartOrigin,
} from "./part-store.ts";
import { ProgressReporter } from "./progress.ts";

/** After the first failure a part is tried again in five minutes, then later and later, at most a day. */
const RETRY_SECONDS = 300;
const RETRY_SECONDS_MAX = 86_400;
const URLS_MAX = 128;
const REASON_LENGTH = 2000;
/** A publisher with more than was asked for at once is asked again so soon. */
const MORE_SECONDS = 60;

/** What a load is made from, and what is remembered when it is good. */
export interface LoadSource {
  origin: PartOrigin;
  open(context: { part: FeedPart; progress: ProgressReporter; signal: AbortSignal; tally: Tally }): Promise<Opened>;
}

interface Opened {
  result: SyncResult<unknown>;
  memory(): PartMemory;
  bytes(): number;
  close(): Promise<void>;
  /** As {@link Opened.close} after a failure: what other parts would take of it is forgotten, too. */
  discard(): Promise<void>;
}

type SyncOutcome = "ok" | "unchanged" | "failed" | "busy";

/**
 * Loads one part from a source and records how it went. Never throws for what is wrong with the feed: that is the part's status.
 *
 * @throws when the process is to stop; the part is then as it was
 */
export async function syncPart(
  deps: EngineDeps,
  partId: number,
  source: LoadSource,
  signal: AbortSignal,
): Promise<{ outcome: SyncOutcome; error: string | null }> {
  const client = await deps.pool.connect();
  let broken = false;
  try {
    if (!(await loadLock(client, partId))) return { outcome: "busy", error: null };
    const part = await partGet(deps.db, partId);
    const feed = deps.feeds.find((one) => one.name === part?.feed);
    if (part === undefined || feed === undefined) return { outcome: "unchanged", error: null };
    return await attempt(deps, { client, feed, part }, source, signal);
  } catch (error) {
    broken = true;
    throw error;
  } finally {
    if (!broken) await loadUnlock(client, partId).catch(() => (broken = true));
    client.release(broken);
  }
}

type Target = Pick<LoadOptions, "client" | "feed" | "part">;

async function attempt(deps: EngineDeps, target: Target, source: LoadSource, signal: AbortSignal) {
  const { feed, part } = target;
  const { db, log } = deps;
  const progress = new ProgressReporter((state) => partProgress(db, part.id, state));
  await partBegin(db, part.id, deps.now(), retryAt(deps.now(), part.failures + 1));
  const startedAt = performance.now();
  const tally: Tally = new Map();
  let opened: Opened | null = null;
  let isGood = false;
  try {
    opened = await source.open({ part, progress, signal, tally });
    const outcome = await take(deps, { ...target, progress, tally }, source.origin, opened, signal);
    const milliseconds = Math.round(performance.now() - startedAt);
    log.info({ feed: feed.name, part: part.part, outcome, milliseconds }, "vulnerability feed");
    isGood = true;
    return { outcome, error: null };
  } catch (error) {
    await progress.settle();
    if (signal.aborted) {
      await partRelease(db, part);
      throw error;
    }
    const reason = reasonOf(error, source.origin);
    if (error instanceof FeedError || error instanceof ShapeError)
      log.warn({ feed: feed.name, part: part.part, reason }, "vulnerability feed failed");
    else log.error({ feed: feed.name, part: part.part, err: error }, "vulnerability feed failed");
    const wait = error instanceof FeedError ? error.retryAfterSeconds : null;
    await partFail(db, part.id, reason, retryAt(deps.now(), part.failures + 1, wait));
    return { outcome: "failed" as const, error: reason };
  } finally {
    await progress.settle();
    await (isGood ? opened?.close() : opened?.discard());
  }
}

/** What is wrong, with what to do where the publisher cannot mend it by itself. */
function reasonOf(error: unknown, origin: PartOrigin): string {
  const known = error instanceof FeedError || error instanceof ShapeError;
  // messages quote the data
  const message = plainText(known ? error.message : `The load failed: ${messageOf(error)}`, REASON_LENGTH);
  if (origin !== "directory") return message;
  return `${message.replace(/[.\s]+$/, "")}. Put a good file in its place: it is read again when it changes.`;
}

async function take(
  deps: EngineDeps,
  target: Target & Pick<LoadOptions, "progress" | "tally">,
  origin: PartOrigin,
  opened: Opened,
  signal: AbortSignal,
): Promise<"ok" | "unchanged"> {
  const { feed, part } = target;
  const { result } = opened;
  const nextAt = (): Date | null => {
    if (origin !== "publisher") return null;
    const hasMore = result.mode !== "unchanged" && result.more?.() === true;
    const seconds = hasMore ? Math.min(MORE_SECONDS, feed.everySeconds) : feed.everySeconds;
    return later(deps.now(), seconds * (1 + Math.random() / 10));
  };
  const success = () => ({ now: deps.now(), nextAt: nextAt(), origin, memory: opened.memory(), bytes: opened.bytes() });
  if (result.mode === "unchanged") {
    const { bytes: _bytes, ...unchanged } = success();
    await partSucceed(deps.db, part.id, { ...unchanged, loaded: null });
    return "unchanged";
  }
  const limits = { ...FEED_LIMITS, ...feed.limits };
  const items = stoppable(result.items as AsyncIterable<unknown>, signal);
  await loadPart({ ...target, limits, success }, { ...result, items });
  return "ok";
}

async function* stoppable<T>(items: AsyncIterable<T> | Iterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  for await (const item of items) {
    signal.throwIfAborted();
    yield item;
  }
}

/** When a part is tried again after so many failures in a row: later each time, with a tenth at random, never before `wait` seconds. */
export function retryAt(now: Date, failures: number, wait: number | null = null): Date {
  const seconds = Math.min(RETRY_SECONDS * 2 ** Math.max(0, failures - 1), RETRY_SECONDS_MAX);
  return later(now, Math.max(seconds * (1 + Math.random() / 10), wait ?? 0));
}

function later(now: Date, seconds: number): Date {
  return new Date(now.getTime() + seconds * 1000);
}

/** Asks the publisher. What was loaded from elsewhere, or is to be loaded anew, is asked for without a memory. */
export function publisherSource(deps: EngineDeps, feed: Feed): LoadSource {
  return {
    origin: "publisher",
    async open({ part, progress, signal, tally }) {
      const known = (part.cursor ?? {}) as PartMemory;
      const older = known.parsers !== PARSERS_REVISION;
      const anew =
        part.origin !== "publisher" ||
        part.succeeded_at === null ||
        part.accept_shrink ||
        older ||
        isFromFuture(part, deps.now());
      const before = anew ? {} : known;
      const io = new PartIo({
        memory: before,
        lastSuccess: anew ? null : part.succeeded_at,
        now: deps.now(),
        limits: { ...FEED_LIMITS, ...feed.limits },
        directory: downloadsDirectory(deps.config),
        mirror: deps.config.feedsMirror,
        options: deps.options,
        retry: deps.retry,
        signal,
        progress,
        tally,
      });
      try {
        const result = await feed.sync(part.part, io);
        const cursor = () => (result.mode === "unchanged" ? result.cursor : result.cursor?.()) ?? before.feed;
        const urls = () => (result.mode === "full" ? io.urls : lastOf({ ...before.urls, ...io.urls }));
        return {
          result,
          memory: () => ({ feed: cursor(), urls: urls(), parsers: PARSERS_REVISION }),
          bytes: () => io.bytes,
          close: () => io.close(),
          discard: () => io.discard(),
        };
      } catch (error) {
        await io.discard();
        throw error;
      }
    },
  };
}

/** Addresses change with dates and versions: only the latest are remembered. */
function lastOf(urls: NonNullable<PartMemory["urls"]>): NonNullable<PartMemory["urls"]> {
  return Object.fromEntries(Object.entries(urls).slice(-URLS_MAX));
}

/** Reads files of a directory. */
export function filesSource(feed: Feed, part: string, files: readonly RecognisedFile[], origin: PartOrigin): LoadSource {
  const own = filesOfPart(files, feed.name, part);
  return {
    origin,
    open: async ({ part: row, progress, tally }) => ({
      result: {
        mode: "full",
        items: itemsOfFiles(own, part, { limits: { ...FEED_LIMITS, ...feed.limits }, tally }, (name) =>
          progress.phase(`reading ${name}`),
        ),
      },
      memory: () =>
        // what is imported does not make a directory's files new again
        origin === "import" ? { files: (row.cursor as PartMemory | null)?.files ?? "" } : { files: fingerprintOf(own) },
      bytes: () => own.reduce((sum, file) => sum + file.bytes, 0),
      close: async () => undefined,
      discard: async () => undefined,
    }),
  };
}
