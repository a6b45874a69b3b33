/** When a host's next full report is due. Pure: the time comes in, no clock is read. */

/** Share of the interval by which hosts may differ, so that a fleet that started together drifts apart. */
export const JITTER_SHARE = 0.1;

const MULTIPLIER = 0x9e3779b1; // 2^32 divided by the golden ratio: spreads consecutive ids evenly

/**
 * Seconds between two full reports of a host: the configured interval and up to {@link JITTER_SHARE} more, always the same for
 * one host. 0 stays 0: every check-in is a full one.
 */
export function reportIntervalSeconds(hostId: number, intervalSeconds: number): number {
  const share = (Math.imul(hostId, MULTIPLIER) >>> 0) / 2 ** 32;
  return Math.round(intervalSeconds * (1 + JITTER_SHARE * share));
}

export interface ReportScheduleInput {
  host_id: number;
  /** The last full report that was accepted; null before the first. */
  reported_at: Date | null;
  /** Someone asked for a report now. */
  refetch_requested: boolean;
  intervalSeconds: number;
  now: Date;
}

/**
 * Is a full report due? Always when none was accepted yet, when one was asked for, and when the interval is 0. A `reported_at` that
 * lies in the future by more than an interval (the server's clock was wrong) does not silence the host: it counts as due.
 */
export function isReportDue({ host_id, reported_at, refetch_requested, intervalSeconds, now }: ReportScheduleInput): boolean {
  if (reported_at === null || refetch_requested || intervalSeconds === 0) return true;
  const age = (now.getTime() - reported_at.getTime()) / 1000;
  const interval = reportIntervalSeconds(host_id, intervalSeconds);
  return age >= interval || age < -interval;
}
