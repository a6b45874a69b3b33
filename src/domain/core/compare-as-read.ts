/** Words that stand before a release: `1.0rc1` comes before `1.0`. Other letters stand after it, as in OpenSSL's `1.0.2a`. */
const BEFORE_RELEASE = new Set(["alpha", "beta", "rc", "pre", "preview", "dev", "snapshot", "canary", "~"]);
const TOKEN = /\d+|[a-z]+|~/g;

/**
 * Orders two versions as people read them, whatever scheme they are from: runs of digits count as numbers, runs of letters as words,
 * everything else only separates; what is missing counts as zeros, so `1.0` equals `1.0.0`. A simple comparison for filters and labels:
 * a package manager's own rules (epochs, a distribution's suffixes) are not its business, `src/domain/version` has them. Unlike those it always has an answer: a label must
 * hold or not hold a host, whatever text the host sent (`22.04.3 LTS (Jammy Jellyfish)`).
 *
 * @returns less than, equal to or greater than 0, as `a` is older, the same or newer
 */
export function compareAsRead(a: string, b: string): number {
  const left = tokens(a);
  const right = tokens(b);
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const order = compareTokens(left[i] ?? "", right[i] ?? "");
    if (order !== 0) return order;
  }
  return 0;
}

function tokens(version: string): string[] {
  return version.toLowerCase().match(TOKEN) ?? [];
}

/** From below: words before the release, what is missing or zero, other words, numbers. */
function compareTokens(a: string, b: string): number {
  const [rankA, rankB] = [rank(a), rank(b)];
  if (rankA !== rankB) return rankA - rankB;
  if (rankA === RANK_NOTHING) return 0;
  if (rankA === RANK_NUMBER) return compareNumbers(a, b);
  return a < b ? -1 : Number(a > b);
}

const RANK_BEFORE_RELEASE = 0;
const RANK_NOTHING = 1;
const RANK_WORD = 2;
const RANK_NUMBER = 3;

function rank(token: string): number {
  if (BEFORE_RELEASE.has(token)) return RANK_BEFORE_RELEASE;
  // missing, or all zeros: equal to each other
  if (/^0*$/.test(token)) return RANK_NOTHING;
  return /^\d/.test(token) ? RANK_NUMBER : RANK_WORD;
}

/** As numbers of any length: by length without leading zeros, then digit by digit. */
function compareNumbers(a: string, b: string): number {
  const [x, y] = [a.replace(/^0+/, ""), b.replace(/^0+/, "")];
  if (x.length !== y.length) return x.length - y.length;
  return x < y ? -1 : Number(x > y);
}
