import type { VersionOrder } from "../scheme.ts";
import { compareKeys, numberKey, VERSION_CHARACTERS_MAX } from "../sort-key.ts";
import { tokensKey, WORD_RANK } from "../tokens.ts";
import type { Token, WordRank } from "../tokens.ts";

const REVISION = /_(\d+)$/;
const TOKEN = /(alpha|beta|preview|pre|rc|patch|post|p|[ab](?=\d))(\d*)|(\d+)|([a-z]+)/gi;
const WORDS: Record<string, WordRank> = {
  alpha: WORD_RANK.alpha,
  a: WORD_RANK.alpha,
  beta: WORD_RANK.beta,
  b: WORD_RANK.beta,
  pre: WORD_RANK.preview,
  preview: WORD_RANK.preview,
  rc: WORD_RANK.candidate,
  patch: WORD_RANK.patch,
  post: WORD_RANK.patch,
  p: WORD_RANK.patch,
};

/**
 * Homebrew's formulae: the upstream version in tokens of digits and letters, then the formula's revision `_N`. `alpha`, `beta`, `pre`
 * and `rc` come before the release, other letters (`9e`, `1.1.1m`) after it, patches after those; missing numbers are 0. A version
 * without a number in front (`HEAD-1a2b3c4`, `latest`) has no place.
 */
export const homebrewOrder: VersionOrder<string> = {
  parse(version) {
    const text = version.trim();
    if (text.length > VERSION_CHARACTERS_MAX || !/^v?\d[\w.+:,~-]*$/i.test(text)) return null;
    const revision = REVISION.exec(text)?.[1] ?? "";
    return tokensKey(tokens(text.replace(/^v/i, "").replace(REVISION, ""))) + numberKey(revision);
  },
  compare: compareKeys,
};

function tokens(text: string): Token[] {
  return Array.from(text.matchAll(TOKEN), ([, word, count = "", digits, letters = ""]) => {
    if (digits !== undefined) return { digits };
    if (word !== undefined) return { rank: WORDS[word.toLowerCase()] ?? WORD_RANK.word, text: "", count };
    return { rank: WORD_RANK.word, text: letters.toLowerCase(), count: "" };
  });
}
