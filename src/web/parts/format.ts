/** Numbers, sizes and times in words. Pure: the present moment is always given. */

const COUNT = new Intl.NumberFormat("en");
const EXACT = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "long" });
const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY_SECONDS = 24 * HOUR;

/** `12,431` */
export function formatCount(n: number): string {
  return COUNT.format(n);
}

/** `1 device`, `12,431 devices` */
export function countOf(n: number, one: string, many = `${one}s`): string {
  return `${formatCount(n)} ${n === 1 ? one : many}`;
}

/** `16 GB`, `3.8 TB`: base 1024, as machines are sold and as people compare. Zero is unknown: "". */
export function formatBytes(bytes: number): string {
  if (!Number.isFinite(bytes) || bytes <= 0) return "";
  const units = ["B", "KB", "MB", "GB", "TB", "PB"];
  const power = Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 1024 ** power;
  return `${value >= 100 || Number.isInteger(value) ? Math.round(value) : value.toFixed(1)} ${units[power]}`;
}

/** Seconds as `3 d 4 h`, `12 min`, `40 s`; at most two units. */
export function formatDuration(seconds: number): string {
  const s = Math.max(0, Math.floor(seconds));
  if (s < MINUTE) return `${s} s`;
  if (s < HOUR) return `${Math.floor(s / MINUTE)} min`;
  if (s < DAY_SECONDS) return twoUnits(s, HOUR, "h", MINUTE, "min");
  return twoUnits(s, DAY_SECONDS, "d", HOUR, "h");
}

function twoUnits(s: number, big: number, bigName: string, small: number, smallName: string): string {
  const rest = Math.floor((s % big) / small);
  return `${formatCount(Math.floor(s / big))} ${bigName}${rest === 0 ? "" : ` ${rest} ${smallName}`}`;
}

/** Parses an API time; null when absent or the "never" that Fleet's clients send (year 2000 and before). */
export function parseTime(time: string | null | undefined): Date | null {
  if (time === null || time === undefined || time === "") return null;
  const date = new Date(time);
  return Number.isNaN(date.getTime()) || date.getUTCFullYear() <= 2000 ? null : date;
}

/** `just now`, `3 min ago`, `yesterday`, `12 d ago`, and from 60 days on the date. The future (clock skew) is `just now`. */
export function relativeTime(date: Date, now: Date): string {
  const seconds = (now.getTime() - date.getTime()) / 1000;
  if (seconds < 10) return "just now";
  if (seconds < MINUTE) return `${Math.floor(seconds)} s ago`;
  if (seconds < HOUR) return `${Math.floor(seconds / MINUTE)} min ago`;
  if (seconds < DAY_SECONDS) return `${Math.floor(seconds / HOUR)} h ago`;
  const days = Math.floor(seconds / DAY_SECONDS);
  if (days === 1) return "yesterday";
  return days < 60 ? `${days} d ago` : DAY.format(date);
}

/** The exact time in the reader's zone, with the zone. */
export function exactTime(date: Date): string {
  return EXACT.format(date);
}

/** Milliseconds until `relativeTime` may read differently. */
export function relativeTimeLasts(date: Date, now: Date): number {
  const seconds = Math.abs(now.getTime() - date.getTime()) / 1000;
  if (seconds < MINUTE) return 5_000;
  return seconds < HOUR ? 20_000 : 300_000;
}
