const DAY_MS = 86_400_000;

/**
 * The moment since which software must have been opened, or installed and never opened, not to count as unopened for `days` days.
 * The beginning of a day (UTC), so that a list of now and a summary of today's draw the line at the same place.
 */
export function openingCutoff(now: Date, days: number): Date {
  return new Date(Math.floor(now.getTime() / DAY_MS) * DAY_MS - days * DAY_MS);
}
