import { plainText } from "../formats/plain-text.ts";
import type { Tally } from "../formats/tally.ts";

/** Something that a load left out, and why; the column `left_out` of `feed_parts` is a list of these, the most frequent first. */
export interface LeftOutEntry {
  /** A whole record that is malformed, or a statement of a record that gives no range. */
  kind: "record" | "range";
  /** A few words. */
  why: string;
  count: number;
}

/** Reasons kept one by one; the others are added up. Reasons that name values of hostile data could be without number. */
const REASONS_MAX = 40;
const WHY_LENGTH = 200;
const OTHER = "other reasons";

/**
 * What a load left out, added to what is known of the loads before where it brought changes only: a record that changes counts again then, and
 * the next load of everything counts anew.
 *
 * @param before absent: the load brought everything
 */
export function leftOutOf(records: Tally, ranges: Tally, before?: readonly LeftOutEntry[]): LeftOutEntry[] {
  const counts = new Map<string, LeftOutEntry>();
  const add = (kind: LeftOutEntry["kind"], why: string, count: number): void => {
    const entry = counts.get(`${kind} ${why}`) ?? { kind, why, count: 0 };
    entry.count += count;
    counts.set(`${kind} ${why}`, entry);
  };
  for (const { kind, why, count } of before ?? []) add(kind, why, count);
  for (const [why, count] of records) add("record", wordsOf(why), count);
  for (const [why, count] of ranges) add("range", wordsOf(why), count);
  const all = [...counts.values()].toSorted((a, b) => b.count - a.count);
  const rest = Map.groupBy(all.slice(REASONS_MAX), ({ kind }) => kind);
  const others = [...rest].map(([kind, entries]) => ({
    kind,
    why: OTHER,
    count: entries.reduce((sum, one) => sum + one.count, 0),
  }));
  return [...all.slice(0, REASONS_MAX), ...others];
}

/** A reason without the places of lists that it names: `/affected/12/ranges` is `/affected/…/ranges`. */
function wordsOf(why: string): string {
  return plainText(why.replaceAll(/\/\d+(?=\/|\s|$)/g, "/…"), WHY_LENGTH);
}
