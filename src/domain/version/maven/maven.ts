import type { VersionOrder } from "../scheme.ts";
import { compareKeys, numberKey, VERSION_CHARACTERS_MAX } from "../sort-key.ts";

/** A number as a key to sort by, or a word by rank and text; `dotted`: stands behind a dot and not behind a hyphen. */
interface Token {
  dotted: boolean;
  /** null: a word. */
  number: string | null;
  rank: number;
  word: string;
}

const PIECE = /([.\-_]?)(\d+|[^\d.\-_]+)?/g;
const RANKS: Record<string, number> = {
  alpha: 0,
  beta: 1,
  milestone: 2,
  rc: 3,
  cr: 3,
  snapshot: 4,
  "": 5,
  final: 5,
  ga: 5,
  release: 5,
  sp: 6,
};
const RANK_RELEASE = 5;
/** Words that the specification does not know come after those it does, by alphabet. */
const RANK_UNKNOWN = 7;
const SHORT: Record<string, string> = { a: "alpha", b: "beta", m: "milestone" };
const ZERO = numberKey("");

/**
 * Maven's version order specification (maven.apache.org, POM reference): tokens between dots, hyphens and changes from digits to
 * letters; `alpha`, `beta`, `milestone`, `rc`, `snapshot`, the release, `sp`, other words, `-1`, `.1`.
 */
export const mavenOrder: VersionOrder<readonly Token[]> = {
  parse(version) {
    const text = version.trim().toLowerCase();
    if (text === "" || text.length > VERSION_CHARACTERS_MAX || !/^[\u0021-\u007e]+$/.test(text)) return null;
    return trimmed(tokens(text));
  },
  compare(a, b) {
    const length = Math.max(a.length, b.length);
    for (let i = 0; i < length; i++) {
      const order = compareTokens(a[i] ?? nothingLike(b[i]), b[i] ?? nothingLike(a[i]));
      if (order !== 0) return order;
    }
    return 0;
  },
};

function tokens(text: string): Token[] {
  const found: Token[] = [];
  for (const [piece, separator = "", value = "0"] of text.matchAll(PIECE)) {
    if (piece === "") continue;
    const isNumber = /^\d/.test(value);
    // a change between digits and letters counts as a hyphen
    const dotted = separator === "." || found.length === 0;
    found.push(isNumber ? { dotted, number: numberKey(value), rank: 0, word: "" } : wordToken(dotted, value, text));
  }
  return found;
}

function wordToken(dotted: boolean, value: string, _text: string): Token {
  const word = SHORT[value] ?? value;
  const rank = RANKS[word] ?? RANK_UNKNOWN;
  return { dotted, number: null, rank, word: rank === RANK_UNKNOWN ? word : "" };
}

function isNothing(token: Token): boolean {
  return token.number === null ? token.rank === RANK_RELEASE : token.number === ZERO;
}

/** Without the zeros and empty words at the end, and before each hyphen. */
function trimmed(all: readonly Token[]): Token[] {
  const kept: Token[] = [];
  for (const token of all) {
    if (!token.dotted) while (kept.length > 0 && isNothing(kept.at(-1) as Token)) kept.pop();
    kept.push(token);
  }
  while (kept.length > 0 && isNothing(kept.at(-1) as Token)) kept.pop();
  return kept;
}

/** What stands in for a missing token: 0 against a number behind a dot, the release against all else. */
function nothingLike(other: Token | undefined): Token {
  if (other?.dotted === true && other.number !== null) return { dotted: true, number: ZERO, rank: 0, word: "" };
  return { dotted: false, number: null, rank: RANK_RELEASE, word: "" };
}

function compareTokens(a: Token, b: Token): number {
  if (a.number === null || b.number === null) {
    if (a.number !== b.number) return a.number === null ? -1 : 1;
    return Math.sign(a.rank - b.rank) || compareKeys(a.word, b.word);
  }
  if (a.dotted !== b.dotted) return a.dotted ? 1 : -1;
  return compareKeys(a.number, b.number);
}
