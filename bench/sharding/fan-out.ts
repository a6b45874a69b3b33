import type { Latencies } from "./measured-costs.ts";

/**
 * Milliseconds that a share (0 to 1, without 1) of answers stay below. From the median on, what exceeds it falls off exponentially, at the
 * rate at which it does between the two measured shares: 40 answers of a list say nothing of one in a thousand, and a tail that goes on is
 * the careful guess.
 */
export function quantile({ p50, p95 }: Latencies, share: number): number {
  if (share <= 0.5) return (p50 * share) / 0.5;
  const perDoubling = (p95 - p50) / Math.log2(0.5 / 0.05);
  return p50 + perDoubling * Math.log2(0.5 / (1 - share));
}

/**
 * Milliseconds that a share of lists stay below when each asks so many shards at once and waits for the slowest. Shards are taken as
 * independent: all of n stay below a time as often as one does, to the power of n.
 *
 * @param mergeMs what sending to, and merging of, each shard's page takes
 */
export function fanOut(one: Latencies, shards: number, share: number, mergeMs: number): number {
  return quantile(one, share ** (1 / shards)) + mergeMs * shards;
}
