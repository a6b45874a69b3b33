/**
 * The name of a title whose software has several names under one identifier: the words that all of them begin with, else the shortest.
 * "Slack Helper (GPU)" and "Slack Helper (Renderer)" share "Slack Helper". "Helper" itself stays: the application is a title of its own
 * with that name. Independent of the order of the names, and of all but the first, last and shortest of them (in code point order), so
 * that the database can answer with three names however many there are.
 *
 * @param names at least one
 */
export function commonName(names: readonly string[]): string {
  const shortest = names.toSorted(byLengthThenCodePoints)[0] ?? "";
  const first = names[0] ?? "";
  if (names.every((name) => name === first)) return first;
  const words = first.split(SPACES);
  const shared = names.reduce((count, name) => sharedWords(words, name.split(SPACES), count), words.length);
  const common = words.slice(0, shared).join(" ").replace(DANGLING, "");
  return /[\p{L}\p{N}]/u.test(common) ? common : shortest;
}

// Everything up to U+0020: what sorts between two names that share words then shares them too.
// oxlint-disable-next-line no-control-regex -- hostile names hold control characters
const SPACES = /[\u0000-\u0020]+/u;
const DANGLING = /[\s\-–—:;,.([{/|&·•_]+$/u;

function sharedWords(a: string[], b: string[], limit: number): number {
  let count = 0;
  while (count < limit && count < b.length && a[count] === b[count]) count++;
  return count;
}

/** Length in code points, then code point order, as PostgreSQL's `char_length` and collation "C" have it. */
function byLengthThenCodePoints(a: string, b: string): number {
  const [left, right] = [Array.from(a), Array.from(b)];
  if (left.length !== right.length) return left.length - right.length;
  return compareCodePoints(a, b);
}

export function compareCodePoints(a: string, b: string): number {
  const [left, right] = [Array.from(a), Array.from(b)];
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const difference = (left[i]?.codePointAt(0) ?? 0) - (right[i]?.codePointAt(0) ?? 0);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}
