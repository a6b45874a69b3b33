import { setTimeout as delay } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import type { Log } from "#server/observe/log.ts";

/** What the thread is given. */
export interface MatchingOrder {
  databaseUrl: string;
  /** Where the administrator's own catalogue of products is looked for. */
  dataDir: string;
  logLevel: string;
}

/** The heap that matching may use; what it needs does not grow with the fleet or with feeds, which are read key by key. */
const HEAP_MEGABYTES = 384;
/** A process that is stopped right after its start (tests, commands) need not start a thread. */
const START_AFTER_MS = 500;
const RESTART_AFTER_MS = 10_000;
/** A thread whose statement does not end is ended with it: the database takes back what it began. */
const STOP_MS = 5000;

/**
 * Runs matching in a thread of its own, with connections of its own: whatever a rescan takes, requests and check-ins are answered. Any
 * number of processes may do so; they take turns batch by batch.
 */
export function startMatching(order: MatchingOrder, log: Log): { stop(): Promise<void> } {
  const stop = new AbortController();
  const running = keepRunning(order, log, stop.signal);
  return {
    async stop() {
      stop.abort();
      await running;
    },
  };
}

async function keepRunning(order: MatchingOrder, log: Log, signal: AbortSignal): Promise<void> {
  for (let pause = START_AFTER_MS; !signal.aborted; pause = RESTART_AFTER_MS) {
    // oxlint-disable-next-line no-await-in-loop -- one thread after the other
    await delay(pause, undefined, { signal, ref: false }).catch(() => undefined);
    if (signal.aborted) return;
    // oxlint-disable-next-line no-await-in-loop
    const error = await runThread(order, signal);
    if (error !== null && !signal.aborted)
      log.error({ err: error }, "the matching of vulnerabilities ended; it is started again");
  }
}

/** @returns why the thread ended; null when it was told to */
async function runThread(order: MatchingOrder, signal: AbortSignal): Promise<Error | null> {
  const thread = new Worker(new URL("matching-thread.ts", import.meta.url), {
    name: "muster-matching",
    workerData: order,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MEGABYTES },
  });
  const { promise: ended, resolve } = Promise.withResolvers<Error | null>();
  const tell = (): void => {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
    thread.postMessage("stop");
    const timer = setTimeout(() => void thread.terminate(), STOP_MS);
    thread.once("exit", () => clearTimeout(timer));
  };
  thread.once("error", (error) => resolve(error instanceof Error ? error : new Error(String(error))));
  thread.once("exit", (code) => resolve(code === 0 ? null : new Error(`the thread ended with code ${code}`)));
  signal.addEventListener("abort", tell, { once: true });
  try {
    return await ended;
  } finally {
    signal.removeEventListener("abort", tell);
  }
}
