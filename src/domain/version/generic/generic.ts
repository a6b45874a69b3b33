import type { VersionOrder } from "../scheme.ts";
import { compareKeys, VERSION_CHARACTERS_MAX } from "../sort-key.ts";
import { tokensKey, WORD_RANK } from "../tokens.ts";
import type { Token, WordRank } from "../tokens.ts";

/**
 * What the first number is: nothing but zeros, which begin any line of versions; a calendar year (`2023.1`); another of four digits or
 * more, which may be a year and a month (`2309`); any other. Or the version is a whole day.
 */
type Shape = "zero" | "number" | "long" | "year" | "date";
/** Shapes that may belong to one line of versions. */
const COMPARABLE: Record<Shape, readonly Shape[]> = {
  zero: ["zero", "number", "long", "year", "date"],
  number: ["zero", "number", "long"],
  long: ["zero", "number", "long", "year"],
  year: ["zero", "long", "year"],
  date: ["zero", "date"],
};
export interface GenericVersion {
  shape: Shape;
  /** To sort by. */
  key: string;
  /** A commit's hash at the end, which says nothing of the order; "" without. */
  hash: string;
}

const PREFIX = /^(?:version|ver\.?|v\.?|build|release)\s*(?=\d)/;
/** CPE names have signs escaped: `11.5\\(1\\)su5`. */
const ESCAPE = /\\(?=[^\da-z])/g;
/** A day, with or without a time and a number behind it: `2020-10-29`, `20201029`, `2023-03-20T20-16-18Z`. */
const DATE = /^(?:release\.)?((?:19|20)\d\d)([-/_]?)(0[1-9]|1[0-2])\2(0[1-9]|[12]\d|3[01])(?!\d)(?:t([\d:-]+)z)?/;
const YEAR = /^(?:19|20)\d\d(?!\d)/;
const LONG = /^0*[1-9]\d{3}/;
const HASH = /(?:^|[-.+_~ ])g?(?=[\da-f]*[a-f])(?=[\da-f]*\d)([\da-f]{7,40})$/;
const METADATA = /\+.*$/;
/** Editions of a product, not places in its order. */
const NEUTRAL = new Set(["final", "ga", "release", "stable", "esr", "lts"]);
const TOKEN = /(\d+)|([a-z]+)/g;
const ALLOWED = /^\d[\da-z .,_:;()[\]/~-]*$/;
const WORDS: Record<string, WordRank> = {
  dev: WORD_RANK.development,
  snapshot: WORD_RANK.development,
  nightly: WORD_RANK.development,
  canary: WORD_RANK.development,
  alpha: WORD_RANK.alpha,
  beta: WORD_RANK.beta,
  milestone: WORD_RANK.beta,
  preview: WORD_RANK.preview,
  pre: WORD_RANK.preview,
  insider: WORD_RANK.preview,
  eap: WORD_RANK.preview,
  rc: WORD_RANK.candidate,
  cr: WORD_RANK.candidate,
};
/** Letters that name a prerelease only with a number behind them: `3.12.0b1`, but `1.0.2b` is a patch. */
const NUMBERED: Record<string, WordRank> = { a: WORD_RANK.alpha, b: WORD_RANK.beta, m: WORD_RANK.beta, c: WORD_RANK.candidate };

/**
 * Versions as NVD and product vendors write them, of no particular scheme: numbers by value, missing ones are 0; `alpha`, `beta`, `rc`
 * and their like before the release, patch letters (`1.1.1k`, `9.5p1`) after it, a bracketed build (`5.11.1 (6602)`) as one more number;
 * what follows a `+` is left out. Nothing is guessed: a day and a number, a calendar year and a small number, and the same version of two
 * commits cannot be compared; a hash alone is no version.
 */
export const genericOrder: VersionOrder<GenericVersion> = {
  parse(version) {
    if (version.length > VERSION_CHARACTERS_MAX) return null;
    const text = version.trim().toLowerCase().replace(ESCAPE, "");
    return dateVersion(text) ?? numberVersion(text);
  },
  compare(a, b) {
    if (!COMPARABLE[a.shape].includes(b.shape)) return null;
    if (a.shape !== b.shape && (a.shape === "zero" || b.shape === "zero")) return a.shape === "zero" ? -1 : 1;
    const order = compareKeys(a.key, b.key);
    return order === 0 && a.hash !== b.hash ? null : order;
  },
};

function dateVersion(text: string): GenericVersion | null {
  const [matched, year = "", , month = "", day = "", time = ""] = DATE.exec(text) ?? [];
  if (matched === undefined) return null;
  const rest = text.slice(matched.length).match(/\d+/g) ?? [];
  const parts = [...(time.match(/\d+/g) ?? []), ...rest];
  const key = year + month + day + tokensKey(parts.map((digits) => ({ digits })));
  return { shape: "date", key, hash: "" };
}

function numberVersion(text: string): GenericVersion | null {
  const plain = text.replace(PREFIX, "").replace(METADATA, "");
  const hash = HASH.exec(plain)?.[1] ?? "";
  const withoutHash = hash === "" ? plain : plain.replace(HASH, "");
  if (!ALLOWED.test(withoutHash)) return null;
  const tokens = tokensOf(withoutHash);
  const isZero = tokens.every((token) => "digits" in token && !/[1-9]/.test(token.digits));
  return { shape: shapeOf(withoutHash, isZero), key: tokensKey(tokens), hash };
}

function shapeOf(text: string, isZero: boolean): Shape {
  if (isZero) return "zero";
  if (YEAR.test(text)) return "year";
  return LONG.test(text) ? "long" : "number";
}

function tokensOf(text: string): Token[] {
  const runs = text.match(TOKEN) ?? [];
  const tokens: Token[] = [];
  for (let i = 0; i < runs.length; i++) {
    const run = runs[i] ?? "";
    const next = runs[i + 1] ?? "";
    if (/^\d/.test(run)) tokens.push({ digits: run });
    else if (!NEUTRAL.has(run)) {
      const isNumbered = /^\d/.test(next);
      const rank = WORDS[run] ?? (isNumbered ? NUMBERED[run] : undefined);
      tokens.push({ rank: rank ?? WORD_RANK.word, text: rank === undefined ? run : "", count: isNumbered ? next : "" });
      if (isNumbered) i++;
    }
  }
  return tokens;
}
