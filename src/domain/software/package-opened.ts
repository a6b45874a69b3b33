const DAY_SECONDS = 86_400;

/**
 * When a package's program was last run, by the times of its file (Unix seconds). The access time only says so when it is later than
 * the change time: unpacking sets both, and where access times are switched off they stay what unpacking made them. Null: not known
 * to have been run since it was installed.
 *
 * In whole days: file systems keep access times no more exactly than that by default (mount(8), `relatime`), and a finer time
 * would be a change to record for every program, every hour.
 */
export function packageOpenedAt(accessed: number, changed: number): number | null {
  // unpacking takes a while, and reads what it wrote
  if (accessed <= changed + 60) return null;
  return Math.floor(accessed / DAY_SECONDS) * DAY_SECONDS;
}
