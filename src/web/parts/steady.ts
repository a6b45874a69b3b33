/**
 * New rows in the order in which the old ones stand, so that a refresh does not move a row that somebody is about to click.
 * Only when both are the same set; otherwise the new order holds (rows came or went: the page says so itself).
 */
export function steadyOrder<T>(previous: readonly T[], next: readonly T[], idOf: (row: T) => number): readonly T[] {
  if (previous.length !== next.length) return next;
  const byId = new Map(next.map((row) => [idOf(row), row]));
  const kept = previous.flatMap((row) => byId.get(idOf(row)) ?? []);
  return kept.length === next.length ? kept : next;
}
