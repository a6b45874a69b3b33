import type { DevicesDeps } from "./deps.ts";
import { seenTimesForward } from "./seen-store.ts";
import type { SeenRow } from "./seen-store.ts";

const FLUSH_EVERY_MS = 1000;

/**
 * Gathers "this host was here" and writes it about once a second in one statement, at most one row a host: a poll costs no write of its
 * own. What is not written yet when a process dies is at most a second of seen times, and a report mark, which costs one repeated
 * (and then unchanged) report.
 */
export class SeenBuffer {
  readonly #deps: Pick<DevicesDeps, "db" | "now" | "log" | "metrics">;
  readonly #flushEveryMs: number;
  #rows = new Map<number, SeenRow>();
  #timer: NodeJS.Timeout | null = null;
  #flushing: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(deps: Pick<DevicesDeps, "db" | "now" | "log" | "metrics">, flushEveryMs = FLUSH_EVERY_MS) {
    this.#deps = deps;
    this.#flushEveryMs = flushEveryMs;
  }

  /** Notes that a host was here now; `reported`: its full report was accepted, whether it changed anything or not. */
  seen(hostId: number, options: { reported?: boolean } = {}): void {
    const now = this.#deps.now();
    this.#merge({ host_id: hostId, seen_at: now, reported_at: options.reported === true ? now : null });
    this.#schedule();
  }

  /** Writes what is gathered; returns when all that was noted before the call is written or has failed (then it is kept for later). */
  async flush(): Promise<void> {
    this.#flushing = this.#flushing.then(() => this.#flushOnce());
    await this.#flushing;
  }

  /** Writes the rest and stops the timer. Later signs of life are dropped. */
  async stop(): Promise<void> {
    this.#stopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    await this.flush();
  }

  #schedule(): void {
    if (this.#stopped || this.#timer !== null || this.#rows.size === 0) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      void this.flush();
    }, this.#flushEveryMs);
  }

  #merge(row: SeenRow): void {
    const known = this.#rows.get(row.host_id);
    if (known === undefined) {
      this.#rows.set(row.host_id, row);
      return;
    }
    if (row.seen_at > known.seen_at) known.seen_at = row.seen_at;
    if (row.reported_at !== null && (known.reported_at === null || row.reported_at > known.reported_at)) {
      known.reported_at = row.reported_at;
    }
  }

  async #flushOnce(): Promise<void> {
    const rows = [...this.#rows.values()];
    if (rows.length === 0) return;
    this.#rows = new Map();
    try {
      await seenTimesForward(this.#deps.db, rows);
    } catch (error) {
      // kept and tried again with the next flush; the buffer cannot grow past one row a host
      this.#deps.log.error({ err: error, hosts: rows.length }, "could not write seen times; trying again");
      this.#deps.metrics.counter("muster_seen_flush_failures_total", "Bulk writes of seen times that failed.").inc();
      for (const row of rows) this.#merge(row);
      this.#schedule();
    }
  }
}
