import type { DevicesDeps } from "./deps.ts";
import type { AgentKind } from "./enrollee.ts";
import { reportTimesForward, seenTimesForward } from "./seen-store.ts";
import type { ReportRow, SeenRow } from "./seen-store.ts";

const FLUSH_EVERY_MS = 1000;

type SeenDeps = Pick<DevicesDeps, "db" | "now" | "log" | "metrics">;
/** `reported`: a full report of this agent was accepted, whether it changed anything or not. */
export type SeenOptions = { reported?: false; agent?: AgentKind } | { reported: boolean; agent: AgentKind };

/**
 * Gathers "this host was here" and writes it about once a second in bulk, at most one row a host: a poll costs no write of its own.
 * What is not written yet when a process dies is at most a second of seen times, and report marks, which cost one repeated (and then
 * unchanged) report.
 */
export class SeenBuffer {
  readonly #deps: SeenDeps;
  readonly #flushEveryMs: number;
  #seen = new Map<number, SeenRow>();
  #reported = new Map<string, ReportRow>();
  #timer: NodeJS.Timeout | null = null;
  #flushing: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(deps: SeenDeps, flushEveryMs = FLUSH_EVERY_MS) {
    this.#deps = deps;
    this.#flushEveryMs = flushEveryMs;
  }

  /** Notes that a host was here now. */
  seen(hostId: number, options: SeenOptions = {}): void {
    const now = this.#deps.now();
    this.#mergeSeen({ host_id: hostId, seen_at: now, reported_at: options.reported === true ? now : null });
    if (options.reported === true) this.#mergeReport({ host_id: hostId, agent: options.agent, reported_at: now });
    this.#schedule();
  }

  /** Writes what is gathered; returns when all that was noted before the call is written or has failed (then it is kept for later). */
  async flush(): Promise<void> {
    this.#flushing = this.#flushing.then(() => this.#flushOnce());
    await this.#flushing;
  }

  /** Writes the rest and stops the timer. Call it after the last agent was answered: what is noted later is not written. */
  async stop(): Promise<void> {
    this.#stopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    await this.flush();
  }

  #schedule(): void {
    if (this.#stopped || this.#timer !== null) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      void this.flush();
    }, this.#flushEveryMs);
  }

  #mergeSeen(row: SeenRow): void {
    const known = this.#seen.get(row.host_id);
    if (known === undefined) this.#seen.set(row.host_id, row);
    else {
      if (row.seen_at > known.seen_at) known.seen_at = row.seen_at;
      if (row.reported_at !== null && row.reported_at > (known.reported_at ?? 0)) known.reported_at = row.reported_at;
    }
  }

  #mergeReport(row: ReportRow): void {
    const key = `${row.host_id} ${row.agent}`;
    const known = this.#reported.get(key);
    if (known === undefined || row.reported_at > known.reported_at) this.#reported.set(key, row);
  }

  /** Two statements, each alone in its transaction: together they could wait crosswise for an enrolment, which takes the same rows. */
  async #flushOnce(): Promise<void> {
    const seen = [...this.#seen.values()];
    const reported = [...this.#reported.values()];
    this.#seen = new Map();
    this.#reported = new Map();
    await this.#write(seen, seenTimesForward, (row) => this.#mergeSeen(row));
    await this.#write(reported, reportTimesForward, (row) => this.#mergeReport(row));
  }

  async #write<R>(rows: R[], write: (db: SeenDeps["db"], rows: R[]) => Promise<void>, keep: (row: R) => void): Promise<void> {
    if (rows.length === 0) return;
    try {
      await write(this.#deps.db, rows);
    } catch (error) {
      // kept and tried again with the next flush; the buffer cannot grow past one row a host
      this.#deps.log.error({ err: error, rows: rows.length }, "could not write seen times; trying again");
      this.#deps.metrics.counter("muster_seen_flush_failures_total", "Bulk writes of seen times that failed.").inc();
      for (const row of rows) keep(row);
      this.#schedule();
    }
  }
}
