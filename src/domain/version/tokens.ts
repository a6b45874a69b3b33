import { numberKey, wordKey } from "./sort-key.ts";

/** A run of digits (by its text), or a word by its rank among words. */
export type Token = { digits: string } | { rank: WordRank; text: string; count: string };
export type WordRank = (typeof WORD_RANK)[keyof typeof WORD_RANK];

/** Words from below; the end stands between `candidate` and `word`. */
export const WORD_RANK = { development: 1, alpha: 2, beta: 3, preview: 4, candidate: 5, word: 7, patch: 8 } as const;
const END = "\u0006";
const NUMBER = "\u0009";

/**
 * Tokens as a key to sort by, position by position: words before the release, the end, other words, numbers. Zeros right before a word
 * or the end do not count, so `1.0` is `1.0.0`, and `1.0-rc1` is `1.0.0-rc1`.
 */
export function tokensKey(tokens: readonly Token[]): string {
  let key = "";
  let zeros = "";
  for (const token of tokens) {
    if ("digits" in token) {
      zeros += NUMBER + numberKey(token.digits);
      if (!/[1-9]/.test(token.digits)) continue;
      key += zeros;
    } else {
      key += String.fromCharCode(token.rank) + wordKey(token.text) + numberKey(token.count);
    }
    zeros = "";
  }
  return key + END;
}
