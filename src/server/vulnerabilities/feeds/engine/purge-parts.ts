import { setTimeout as delay } from "node:timers/promises";
import type { PoolClient } from "pg";
import { isRetryable } from "#server/database/retry.ts";
import type { EngineDeps } from "./engine-deps.ts";
import { loadLock, loadUnlock, transactionBegin, transactionCommit, transactionRollback } from "./load-store.ts";
import { partForget, partsToPurge, purgeBatch, type PurgeablePart } from "./purge-store.ts";

const DAY_MS = 86_400_000;
/** Days that records of a part stay after the last host that needed it has gone, and after they were loaded. */
const KEPT_DAYS = 30;
/** What people brought by hand may be for hosts that are yet to come, and nobody can fetch it again. */
const IMPORTED_KEPT_DAYS = 180;
/** Records removed in one transaction. */
const BATCH = 1000;
const TRIES = 6;

/** Parts whose records have outlived their use. Scores and life cycles are about everything, and small: they stay. */
export async function purgeableParts({ db, feeds, now }: Pick<EngineDeps, "db" | "feeds" | "now">): Promise<PurgeablePart[]> {
  const at = now().getTime();
  return await partsToPurge(db, {
    before: new Date(at - KEPT_DAYS * DAY_MS),
    importedBefore: new Date(at - IMPORTED_KEPT_DAYS * DAY_MS),
    except: feeds.filter(({ kind }) => kind !== "records").map(({ name }) => name),
  });
}

/**
 * Removes the records of parts that nothing of the fleet has needed for a long time, in small transactions. A part that is needed again
 * meanwhile keeps what is left, and is loaded anew.
 *
 * @throws when the process is to stop; what is left is removed the next time
 */
export async function purgeParts(deps: EngineDeps, signal: AbortSignal): Promise<void> {
  for (const part of await purgeableParts(deps)) {
    const client = await deps.pool.connect();
    let broken = false;
    try {
      if (!(await loadLock(client, part.id))) continue;
      const records = await purgePart(deps, client, part, signal);
      deps.log.info({ feed: part.feed, part: part.part, records }, "records of a feed that nothing needs were removed");
      await loadUnlock(client, part.id);
    } catch (error) {
      broken = true;
      throw error;
    } finally {
      client.release(broken);
    }
  }
}

async function purgePart(deps: EngineDeps, client: PoolClient, part: PurgeablePart, signal: AbortSignal): Promise<number> {
  let records = 0;
  for (;;) {
    signal.throwIfAborted();
    // oxlint-disable-next-line no-await-in-loop -- one batch after the other, so that nobody waits long for either
    const removed = await batch(client, part.id);
    if (removed === null) return records;
    records += removed;
    if (removed < BATCH) break;
  }
  await partForget(deps.db, part.id);
  return records;
}

/** One batch; what gives way to matching in a deadlock is tried again. */
async function batch(client: PoolClient, partId: number): Promise<number | null> {
  for (let attempt = 1; ; attempt += 1) {
    await transactionBegin(client);
    try {
      const removed = await purgeBatch(client, partId, BATCH);
      await transactionCommit(client);
      return removed;
    } catch (error) {
      await transactionRollback(client);
      if (attempt >= TRIES || !isRetryable(error)) throw error;
      await delay(attempt * 100 * (1 + Math.random()));
    }
  }
}
