/** Signals older than this are of no use to a poll that is just beginning: its own read of the database is newer. */
const RECENT_MS = 60_000;

interface SignalSource {
  subscribe(channel: string, listener: (payload: string) => void): () => void;
}

/**
 * Holds agents' polls until their host is signalled. A poll reads the database once, at its start; a signal that comes between that
 * read and the wait is not missed, because the poll names the moment from which on it wants to hear ({@link mark}).
 */
export class PollHub {
  readonly #unsubscribe: () => void;
  readonly #waiters = new Map<number, Set<(woken: boolean) => void>>();
  /** Host → number and time of its last signal; oldest first. */
  readonly #recent = new Map<number, { number: number; at: number }>();
  #number = 0;
  #closed = false;

  constructor(signals: SignalSource, channel: string) {
    this.#unsubscribe = signals.subscribe(channel, (payload) => this.#signalled(Number(payload)));
  }

  /** The present moment: pass it to {@link wait} to hear of every signal from here on. */
  mark(): number {
    return this.#number;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Polls that are held now. */
  get held(): number {
    let count = 0;
    for (const waiting of this.#waiters.values()) count += waiting.size;
    return count;
  }

  /**
   * Waits for a signal to this host after `mark`.
   *
   * @returns true when there was one; false after `milliseconds`, when `signal` aborts, and when the hub closes
   */
  async wait(hostId: number, mark: number, milliseconds: number, signal: AbortSignal): Promise<boolean> {
    if ((this.#recent.get(hostId)?.number ?? 0) > mark) return true;
    if (this.#closed || signal.aborted || milliseconds <= 0) return false;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const timer = setTimeout(() => resolve(false), milliseconds);
    const abort = () => resolve(false);
    signal.addEventListener("abort", abort, { once: true });
    const waiting = this.#waiters.get(hostId) ?? new Set();
    this.#waiters.set(hostId, waiting.add(resolve));
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", abort);
      waiting.delete(resolve);
      if (waiting.size === 0 && this.#waiters.get(hostId) === waiting) this.#waiters.delete(hostId);
    }
  }

  /** Ends all waits at once, and every later one. */
  close(): void {
    this.#closed = true;
    this.#unsubscribe();
    for (const waiting of this.#waiters.values()) for (const resolve of waiting) resolve(false);
  }

  #signalled(hostId: number): void {
    const at = performance.now();
    for (const [old, signal] of this.#recent) {
      if (at - signal.at < RECENT_MS) break;
      this.#recent.delete(old);
    }
    this.#recent.delete(hostId);
    this.#recent.set(hostId, { number: ++this.#number, at });
    for (const resolve of this.#waiters.get(hostId) ?? []) resolve(true);
  }
}
