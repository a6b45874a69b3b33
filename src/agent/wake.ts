import type { Clock } from "./system/clock.ts";

/** A place to wait for reasons to act: those that come while nobody waits are kept, the same reason twice is one. */
export class Wake<Reason> {
  readonly #clock: Clock;
  #reasons = new Set<Reason>();
  #notify: (() => void) | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  wake(reason: Reason): void {
    this.#reasons.add(reason);
    this.#notify?.();
  }

  /** Waits for at least one reason, `ms` milliseconds or the signal, and takes all reasons there are. */
  async wait(ms: number, signal: AbortSignal): Promise<Set<Reason>> {
    if (this.#reasons.size === 0 && !signal.aborted) {
      const early = new AbortController();
      this.#notify = () => early.abort();
      await this.#clock.sleep(ms, AbortSignal.any([early.signal, signal]));
      this.#notify = null;
    }
    return this.take();
  }

  take(): Set<Reason> {
    const reasons = this.#reasons;
    this.#reasons = new Set();
    return reasons;
  }
}
