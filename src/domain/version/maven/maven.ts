import type { VersionOrder } from "../scheme.ts";
import { compareKeys, numberKey, VERSION_CHARACTERS_MAX, wordKey } from "../sort-key.ts";

const PIECE = /([.\-_]?)(\d+|[^\d.\-_]+)?/g;
// from below
const WORDS: Record<string, string> = {
  alpha: "\u0001",
  beta: "\u0002",
  milestone: "\u0003",
  rc: "\u0004",
  cr: "\u0004",
  snapshot: "\u0005",
  ga: "\u0007",
  final: "\u0007",
  release: "\u0007",
  sp: "\u0008",
};
const END = "\u0006";
const RELEASE = "\u0007";
/** Words that the specification does not know come after those it does, by alphabet. */
const OTHER_WORD = "\u0009";
const HYPHEN_NUMBER = "\u000a";
const DOT_NUMBER = "\u000b";
/** Only right before a number. */
const SHORT: Record<string, string> = { a: "alpha", b: "beta", m: "milestone" };

/**
 * Maven's version order specification (maven.apache.org, POM reference): tokens between dots, hyphens and changes from digits to
 * letters; `alpha`, `beta`, `milestone`, `rc`, `snapshot`, the release, `sp`, other words, `-1`, `.1`. Zeros and words for the release
 * do not count at the end, before a hyphen, nor before a word: there the specification's filling up with zeros runs in circles
 * (`1.0.alpha` < `1` < `1-foo` < `1.0.alpha`), this is an order.
 */
export const mavenOrder: VersionOrder<string> = {
  parse(version) {
    const text = version.trim().toLowerCase();
    if (text === "" || text.length > VERSION_CHARACTERS_MAX || !/^[\u0021-\u007e]+$/.test(text)) return null;
    return versionKey(text);
  },
  compare: compareKeys,
};

function versionKey(text: string): string {
  const pieces = [...text.matchAll(PIECE)].filter(([piece]) => piece !== "");
  let key = "";
  let nothing = "";
  for (const [i, [, separator = "", value = "0"]] of pieces.entries()) {
    const isNumber = /^\d/.test(value);
    // a change between digits and letters counts as a hyphen
    const isDotted = separator === "." || i === 0;
    const token = isNumber ? (isDotted ? DOT_NUMBER : HYPHEN_NUMBER) + numberKey(value) : wordToken(value, pieces[i + 1]);
    if (!isDotted || !isNumber) nothing = "";
    if (isNumber ? !/[1-9]/.test(value) : token === RELEASE) nothing += token;
    else {
      key += nothing + token;
      nothing = "";
    }
  }
  return key + END;
}

function wordToken(value: string, following: RegExpExecArray | undefined): string {
  const [, separator = "", after = ""] = following ?? [];
  const word = separator === "" && /^\d/.test(after) ? (SHORT[value] ?? value) : value;
  return WORDS[word] ?? OTHER_WORD + wordKey(word);
}
