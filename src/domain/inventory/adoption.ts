const DAY_MS = 86_400_000;

/** How many hosts held a version from a day on, until its next such statement. */
export interface CountSince {
  software_id: number;
  /** `YYYY-MM-DD`, UTC. */
  day: string;
  hosts_count: number;
}

/** Versions of one title that people tell apart: several software rows (architectures, spellings) may be one version. */
export interface VersionName {
  id: number;
  version: string;
}

/** A version's number of hosts, day by day. */
export interface AdoptionSeries {
  version: string;
  hosts_counts: number[];
}

export interface Adoption {
  /** `YYYY-MM-DD`, UTC, one after the other. */
  days: string[];
  /** The versions with the most hosts on any of the days, in the order in which they were first held. */
  versions: AdoptionSeries[];
  /** All other versions together. */
  other: { versions_count: number; hosts_counts: number[] };
}

/** The days from one to another, both included. */
export function daysBetween(from: Date, to: Date): string[] {
  const days: string[] = [];
  for (let at = Date.parse(from.toISOString().slice(0, 10)); at <= to.getTime(); at += DAY_MS) {
    days.push(new Date(at).toISOString().slice(0, 10));
  }
  return days;
}

/**
 * The number of hosts on each version of a title over days, from statements that each hold until the next one; before its first
 * statement a version has no host. At most `top` versions stand for themselves.
 *
 * @param counts in the order of days
 */
export function adoptionOf(names: readonly VersionName[], counts: readonly CountSince[], days: string[], top: number): Adoption {
  const statements = Map.groupBy(counts, (count) => count.software_id);
  const byVersion = Map.groupBy(names, (name) => name.version);
  const series = [...byVersion].map(([version, software]) => ({
    version,
    hosts_counts: sums(
      software.map(({ id }) => heldOn(days, statements.get(id) ?? [])),
      days.length,
    ),
  }));
  const held = series.filter((s) => s.hosts_counts.some((count) => count > 0));
  const ranked = held.toSorted((a, b) => Math.max(...b.hosts_counts) - Math.max(...a.hosts_counts));
  const rest = ranked.slice(top);
  const versions = ranked.slice(0, top).toSorted((a, b) => firstDay(a) - firstDay(b) || compareText(a.version, b.version));
  const other = sums(
    rest.map((s) => s.hosts_counts),
    days.length,
  );
  return { days, versions, other: { versions_count: rest.length, hosts_counts: other } };
}

function heldOn(days: readonly string[], statements: readonly CountSince[]): number[] {
  let at = 0;
  let count = 0;
  return days.map((day) => {
    for (let next = statements[at]; next !== undefined && next.day <= day; next = statements[at]) {
      count = next.hosts_count;
      at += 1;
    }
    return count;
  });
}

function sums(rows: readonly number[][], length: number): number[] {
  return Array.from({ length }, (_, i) => rows.reduce((sum, row) => sum + (row[i] ?? 0), 0));
}

function firstDay(series: AdoptionSeries): number {
  return series.hosts_counts.findIndex((count) => count > 0);
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
