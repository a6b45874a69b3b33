/** The last millisecond of a day (`YYYY-MM-DD`) in the reader's zone, or the present moment when the day is not over. */
export function endOfDay(day: string, now: Date): Date {
  const [year = 0, month = 1, date = 1] = day.split("-").map(Number);
  const end = new Date(year, month - 1, date + 1, 0, 0, 0, -1);
  return end < now ? end : now;
}

function two(n: number): string {
  return String(n).padStart(2, "0");
}

/** Today in the reader's zone, as native date inputs write it. */
export function today(now: Date): string {
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
}
