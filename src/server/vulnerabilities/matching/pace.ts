/** How long a step should last, milliseconds: new software waits for the one that is under way when it comes. */
const STEP_MS = 400;
/** A step that lasted less than this part of that could have taken on more. */
const QUICK = 0.5;

/**
 * How much the steps of one kind of work take on: as much as is good for it while steps are quick, less where they last longer than new
 * software should wait (a machine that others keep busy, rows that cost more than others).
 */
export class Pace {
  readonly #most: number;
  readonly #least: number;
  #size: number;

  /** @param limits.first what the first step takes on, where the most would be too much for work that is not known yet */
  constructor({ most, least, first = most }: { most: number; least: number; first?: number }) {
    this.#most = most;
    this.#least = least;
    this.#size = first;
  }

  /** What the next step takes on. */
  get size(): number {
    return this.#size;
  }

  /**
   * Does a step and learns from how long it took; one that failed or waited teaches the same, one that had nothing to do teaches nothing.
   *
   * @param work does as much as it is told to, and returns how much that was
   */
  async step(work: (size: number) => Promise<number>, clock: () => number = () => performance.now()): Promise<number> {
    const from = clock();
    let done = -1;
    try {
      done = await work(this.#size);
      return done;
    } finally {
      if (done !== 0) this.#took(clock() - from);
    }
  }

  #took(milliseconds: number): void {
    if (milliseconds > STEP_MS) this.#size = Math.max(this.#least, Math.floor((this.#size * STEP_MS) / milliseconds));
    else if (milliseconds < STEP_MS * QUICK) this.#size = Math.min(this.#most, this.#size * 2);
  }
}
