import type { PartProgress } from "./part-store.ts";

const EVERY_MS = 1000;

/** Tells how far a load is, at most once a second and never two at a time: what is told is only for people. */
export class ProgressReporter {
  readonly #tell: (progress: PartProgress) => Promise<void>;
  readonly #state: PartProgress = { phase: "starting", bytes: 0, bytes_total: null, records: 0, changed: 0 };
  #toldAt = Number.NEGATIVE_INFINITY;
  #telling = Promise.resolve();
  #busy = false;

  /** @param tell may fail; that is no failure of the load */
  constructor(tell: (progress: PartProgress) => Promise<void>) {
    this.#tell = tell;
  }

  phase(phase: string): void {
    this.#state.phase = phase.slice(0, 200);
    this.#look();
  }

  bytes(bytes: number, total: number | null): void {
    this.#state.bytes = bytes;
    this.#state.bytes_total = total;
    this.#look();
  }

  records(records: number, changed: number): void {
    this.#state.records = records;
    this.#state.changed = changed;
    this.#look();
  }

  /** Resolves when nothing is being told any more. */
  async settle(): Promise<void> {
    this.#toldAt = Number.POSITIVE_INFINITY;
    await this.#telling;
  }

  #look(): void {
    const now = performance.now();
    if (this.#busy || now - this.#toldAt < EVERY_MS) return;
    this.#toldAt = now;
    this.#busy = true;
    this.#telling = this.#tell({ ...this.#state })
      .catch(() => undefined)
      .finally(() => (this.#busy = false));
  }
}
