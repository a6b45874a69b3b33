import type { HostDetails } from "#protocol/agent/messages.ts";

/**
 * Facts that change all the time say nothing new by themselves: the space left counts in steps of a hundredth of the disk, the
 * uptime not at all. Two details with equal keys need not be sent twice.
 */
export function hostDetailsKey(details: HostDetails): string {
  const step = Math.max(1, details.disk_total_bytes / 100);
  return JSON.stringify({ ...details, uptime_seconds: 0, disk_available_bytes: Math.round(details.disk_available_bytes / step) });
}
