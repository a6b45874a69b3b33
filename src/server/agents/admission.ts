import { HttpError } from "../http/errors.ts";

export interface AdmissionLimits {
  /** Reports worked on at once. */
  concurrency: number;
  /** Bytes of bodies that wait; one body is always let in, whatever its size. */
  waitingBytesMax: number;
  /** A report that waited so long is refused: its agent gives up after 16 s, and would send it again while it is still worked on. */
  waitMs: number;
}

/** Lets a bounded number of reports in at a time; the others wait in order, and past the bounds are refused with 503. */
export interface Admission {
  run<T>(bytes: number, work: () => Promise<T>): Promise<T>;
  /** Reports that wait now. */
  waiting(): number;
}

interface Waiter {
  start: () => void;
  bytes: number;
}

const RETRY_SECONDS = 10;

/**
 * Back-pressure for heavy writes (reference osquery-remote.md §1: an agent waits 16 s for an answer). A refused report is not lost:
 * the agent keeps it and sends it with the next one.
 */
export function createAdmission(limits: AdmissionLimits): Admission {
  const waiters: Waiter[] = [];
  let running = 0;
  let waitingBytes = 0;

  function leave(waiter: Waiter): void {
    const at = waiters.indexOf(waiter);
    if (at === -1) return;
    waiters.splice(at, 1);
    waitingBytes -= waiter.bytes;
  }

  async function enter(bytes: number): Promise<void> {
    if (running < limits.concurrency) {
      running++;
      return;
    }
    if (waiters.length > 0 && waitingBytes + bytes > limits.waitingBytesMax) throw busy();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiter: Waiter = { start: resolve, bytes };
    waiters.push(waiter);
    waitingBytes += bytes;
    const timer = setTimeout(() => {
      leave(waiter);
      reject(busy());
    }, limits.waitMs);
    await promise.finally(() => clearTimeout(timer));
  }

  /** Hands the place on without giving it up in between, so that nobody overtakes. */
  function exit(): void {
    const next = waiters[0];
    if (next === undefined) {
      running--;
      return;
    }
    leave(next);
    next.start();
  }

  return {
    async run(bytes, work) {
      await enter(bytes);
      try {
        return await work();
      } finally {
        exit();
      }
    },
    waiting: () => waiters.length,
  };
}

function busy(): HttpError {
  return new HttpError(
    503,
    [{ name: "base", reason: "The server is busy with other reports; send this one again." }],
    RETRY_SECONDS,
  );
}
