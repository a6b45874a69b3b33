import { setTimeout as delay } from "node:timers/promises";

/** Time and waiting, given to whatever needs them so that tests can run hours in milliseconds. */
export interface Clock {
  /** Milliseconds since a fixed moment, whatever is done to the time of day: a device's clock may be set years back at its start. */
  now(): number;
  /** Resolves after `ms` milliseconds, or at once when the signal aborts. Never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  async sleep(ms, signal) {
    try {
      await delay(ms, undefined, signal === undefined ? {} : { signal });
    } catch (error) {
      // Waiting ends early when the signal aborts: that is its purpose, not a failure.
      if (!(error instanceof Error && error.name === "AbortError")) throw error;
    }
  },
};
