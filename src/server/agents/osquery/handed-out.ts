/** For so long a batch is not handed out to the same host again, unless its results came. */
export const HANDED_OUT_MS = 60_000;
const HOSTS_MAX = 200_000;

interface Mark {
  at: number;
  batch: string;
}

/**
 * Remembers which hosts this process handed a batch to, so that a host whose answer cannot be taken just now (or that drops the
 * batch) does not run all queries again at every poll.
 *
 * Only a courtesy to the device, and therefore in memory: another process, or this one after a restart, hands the batch out once
 * more at worst, and results are idempotent. What decides whether a report is due is in the database.
 */
export class HandedOut {
  readonly #marks = new Map<number, Mark>();

  /**
   * May the batch go to the host now? False while an earlier hand-out of the same batch is unanswered and fresh.
   *
   * @param reportedAt the host's last accepted report, which answers every hand-out before it
   */
  allows(hostId: number, batch: string, reportedAt: Date | null, now: Date): boolean {
    const mark = this.#marks.get(hostId);
    if (mark === undefined || mark.batch !== batch) return true;
    const isAnswered = reportedAt !== null && reportedAt.getTime() >= mark.at;
    return isAnswered || Math.abs(now.getTime() - mark.at) >= HANDED_OUT_MS;
  }

  /** The batch was handed out, or its results were just taken (which the database shows a moment later). */
  mark(hostId: number, batch: string, now: Date): void {
    this.#marks.delete(hostId);
    this.#marks.set(hostId, { at: now.getTime(), batch });
    if (this.#marks.size <= HOSTS_MAX) return;
    for (const oldest of this.#marks.keys()) {
      this.#marks.delete(oldest);
      break;
    }
  }
}
