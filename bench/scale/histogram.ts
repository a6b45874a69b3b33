import type { Figures } from "./messages.ts";

const STEPS_PER_DECADE = 200;
const DECADES = 7;
/** Milliseconds of the first step. */
const LOWEST = 0.01;

/** Counts durations in steps that grow by 1.2 %: millions of them in a few kilobytes, exact to that. */
export class Histogram {
  readonly #steps = new Uint32Array(STEPS_PER_DECADE * DECADES + 1);
  #count = 0;
  #max = 0;

  add(ms: number): void {
    const step = Math.ceil(Math.log10(Math.max(ms, LOWEST) / LOWEST) * STEPS_PER_DECADE);
    const place = Math.min(step, this.#steps.length - 1);
    this.#steps[place] = (this.#steps[place] ?? 0) + 1;
    this.#count++;
    this.#max = Math.max(this.#max, ms);
  }

  figures(seconds: number): Figures {
    return {
      count: this.#count,
      perSecond: this.#count / seconds,
      p50: this.#at(0.5),
      p95: this.#at(0.95),
      p99: this.#at(0.99),
      max: this.#max,
    };
  }

  /** The upper end of the step that holds the nearest rank; 0 when there is none. */
  #at(share: number): number {
    let left = Math.ceil(this.#count * share);
    if (left === 0) return 0;
    for (const [step, count] of this.#steps.entries()) {
      left -= count;
      if (left <= 0) return Math.min(this.#max, LOWEST * 10 ** (step / STEPS_PER_DECADE));
    }
    return this.#max;
  }
}
