const FIRST_MS = 1000;
const CAP_MS = 5 * 60 * 1000;
/** Longest wait a server may ask for by Retry-After; a wrong header must not silence a device for days. */
const RETRY_AFTER_MAX_MS = 60 * 60 * 1000;

/**
 * How long to wait before the next attempt: exponential with full jitter (a random part of the whole range), so that a fleet
 * does not come back in one moment after an outage. A server's Retry-After is the least wait, with jitter on top.
 *
 * @param failures consecutive failures so far, from 1
 * @param random a number from 0 to 1 (1 excluded)
 */
export function backoffMs(failures: number, random: number, retryAfterSeconds: number | null): number {
  const range = Math.min(CAP_MS, FIRST_MS * 2 ** Math.min(failures - 1, 20));
  const wait = Math.round(range * random);
  if (retryAfterSeconds === null) return Math.max(wait, FIRST_MS / 2);
  return Math.min(Math.max(0, retryAfterSeconds) * 1000, RETRY_AFTER_MAX_MS) + wait;
}
