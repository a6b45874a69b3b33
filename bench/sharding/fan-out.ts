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

/** Lists whose work grows with the hosts that one database has: they look at each, whatever the page. The others walk an index for one page. */
const READS_ALL_HOSTS =
  /online|missing|counted|summary|operating systems|by seen_time|by software_updated_at|with a (title|version)/;

export function readsAllHosts({ name }: Latencies): boolean {
  return READS_ALL_HOSTS.test(name);
}

/**
 * What a list of a larger or smaller fleet takes in one database; in proportion where it reads all hosts. One processor works on it, as in
 * the measurement.
 */
export function atSize(list: Latencies, measuredHosts: number, hosts: number): Latencies {
  if (!readsAllHosts(list)) return list;
  const factor = hosts / measuredHosts;
  return { name: list.name, p50: list.p50 * factor, p95: list.p95 * factor };
}
