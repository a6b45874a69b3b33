import type { SoftwareEntry } from "#domain/software/software.ts";
import type { CollectionSettings, SoftwareRow } from "#protocol/agent/messages.ts";
import { NO_SETTINGS, planOf } from "./collection/plan.ts";
import type { SourcePlan } from "./collection/plan.ts";
import type { Collector } from "./collection/collector.ts";
import { wireRow } from "./rows.ts";
import type { Source } from "./sources/source.ts";
import type { Clock } from "./system/clock.ts";

/** A source that failed is tried again after this long at the latest, however seldom it is collected. */
const FAILURE_INTERVAL_SECONDS_MAX = 3600;
/** At a full report, a source is collected again when this much of its interval is over: the next report may be an hour away. */
const NEARLY = 0.85;

/** What is known of one source: the digest of what the last collection found, or why it failed. */
export interface SourceState {
  source: string;
  digest: string | null;
  failure: string | null;
  rows: number;
  markers: string[];
}

export interface InventoryDeps {
  sources: readonly Source[];
  root: string;
  platform: string;
  collector: Collector;
  clock: Clock;
}

/**
 * What this device holds, source by source. Between check-ins only digests are kept: rows are let go of after they were sent
 * and read again when the server wants them, because a device's memory is not the agent's.
 */
export class Inventory {
  readonly #deps: InventoryDeps;
  readonly #states = new Map<string, SourceState>();
  readonly #rows = new Map<string, SoftwareEntry[]>();
  /** When each source was last collected, in the clock's milliseconds; absent for those that are due. */
  readonly #collectedAt = new Map<string, number>();
  #plans: Map<string, SourcePlan>;

  constructor(deps: InventoryDeps) {
    this.#deps = deps;
    this.#plans = this.#plansOf(NO_SETTINGS);
  }

  /** The sources that are switched on, in the order of collection. */
  get sources(): readonly Source[] {
    return this.#deps.sources.filter((source) => this.#plans.get(source.source)?.enabled === true);
  }

  /** The states of the sources that are switched on and were collected once. */
  states(): SourceState[] {
    return [...this.#states.values()];
  }

  /**
   * Takes over settings: sources that are off are forgotten, so that no check-in names them; those whose settings changed are
   * due at once.
   */
  configure(settings: CollectionSettings): void {
    const before = this.#plans;
    this.#plans = this.#plansOf(settings);
    for (const [source, plan] of this.#plans) {
      if (JSON.stringify(plan) === JSON.stringify(before.get(source))) continue;
      this.#collectedAt.delete(source);
      if (!plan.enabled) this.#forget(source);
    }
  }

  #plansOf(settings: CollectionSettings): Map<string, SourcePlan> {
    return new Map(this.#deps.sources.map((source) => [source.source, planOf(source, settings)]));
  }

  /** Sources to collect now because their own interval is over; with a full report also those that are due soon or with each. */
  due(withFullReport: boolean): string[] {
    const now = this.#deps.clock.now();
    return this.sources
      .map(({ source }) => source)
      .filter((source) => {
        const at = this.#collectedAt.get(source);
        if (at === undefined) return true;
        const interval = this.#intervalMs(source);
        return withFullReport ? now - at >= interval * NEARLY : interval > 0 && now - at >= interval;
      });
  }

  /** Milliseconds until the next source is due by its own interval; null when all are collected with full reports only. */
  untilDue(): number | null {
    const now = this.#deps.clock.now();
    const waits = this.sources
      .map(({ source }) => {
        const at = this.#collectedAt.get(source);
        const interval = this.#intervalMs(source);
        return at === undefined ? 0 : interval === 0 ? Infinity : at + interval - now;
      })
      .filter((wait) => wait !== Infinity);
    return waits.length === 0 ? null : Math.max(0, Math.min(...waits));
  }

  #intervalMs(source: string): number {
    const seconds = this.#plans.get(source)?.limits.interval_seconds ?? 0;
    const failed = typeof this.#states.get(source)?.failure === "string";
    return 1000 * (failed ? Math.min(seconds, FAILURE_INTERVAL_SECONDS_MAX) : seconds);
  }

  /** Collects the named sources again, one after the other. Failures are kept as states; nothing is thrown for them. */
  async collect(sources: Iterable<string>, signal: AbortSignal): Promise<void> {
    const names = new Set(sources);
    for (const { source } of this.sources) {
      if (!names.has(source)) continue;
      signal.throwIfAborted();
      await this.#collectOne(source, signal);
    }
  }

  async #collectOne(source: string, signal: AbortSignal): Promise<void> {
    const plan = this.#plans.get(source);
    if (plan === undefined) return;
    const { root, platform, collector, clock } = this.#deps;
    const result = await collector.collect({ source, root, platform, roots: plan.roots, limits: plan.limits }, signal);
    // Settings may have come meanwhile: what was found by others is not kept, and the source is due.
    if (this.#plans.get(source) !== plan && JSON.stringify(this.#plans.get(source)) !== JSON.stringify(plan)) return;
    this.#collectedAt.set(source, clock.now());
    if (result.ok) {
      const { rows, digest, markers } = result;
      this.#rows.set(source, rows);
      this.#states.set(source, { source, digest, failure: null, rows: rows.length, markers });
      return;
    }
    const markers = this.#states.get(source)?.markers ?? [];
    this.#rows.delete(source);
    this.#states.set(source, { source, digest: null, failure: result.failure, rows: 0, markers });
  }

  #forget(source: string): void {
    this.#states.delete(source);
    this.#rows.delete(source);
  }

  /** The rows of a source for the wire, collected again if they were let go of; null when that fails or it is unknown. */
  async rows(source: string, signal: AbortSignal): Promise<SoftwareRow[] | null> {
    if (!this.#rows.has(source)) await this.collect([source], signal);
    return this.#rows.get(source)?.map(wireRow) ?? null;
  }

  /** Lets go of all rows; digests stay. */
  release(): void {
    this.#rows.clear();
  }
}
