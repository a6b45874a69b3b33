import { parse as parsePep440 } from "@renovatebot/pep440";
import type { VersionOrder } from "../scheme.ts";
import { compareKeys, numberKey, VERSION_CHARACTERS_MAX, wordKey } from "../sort-key.ts";

// from below, for each of pre, post, dev: what there is, or that there is nothing
const PRE_DEV_ONLY = "\u0001";
const PRE_WORDS: Record<string, string> = { a: "\u0002", b: "\u0003", rc: "\u0004" };
const PRE_NOTHING = "\u0005";
const NOTHING_BELOW = "\u0001";
const SOMETHING = "\u0002";
const NOTHING_ABOVE = "\u0003";
// parts of the release number and of the local label
const END = "\u0001";
const WORD = "\u0002";
const NUMBER = "\u0003";

/**
 * PEP 440: `[epoch!]release[{a|b|rc}N][.postN][.devN][+local]`, all of its spellings; `.devN` before `aN`, `bN`, `rcN`, the release,
 * `.postN`; a local label after the version without. Versions from before PEP 440 (`2004d`) are refused.
 */
export const pep440Order: VersionOrder<string> = { parse, compare: compareKeys };

function parse(version: string): string | null {
  const text = version.trim();
  if (text.length > VERSION_CHARACTERS_MAX || HAS_LARGE_NUMBER.test(text)) return null;
  const parsed = parsePep440(text);
  if (parsed === null) return null;
  const { epoch, release, pre, post, dev, local } = parsed as unknown as Parsed;
  return [
    number(epoch),
    releaseKey(release),
    preKey(pre, post !== null, dev !== null),
    post === null ? NOTHING_BELOW : SOMETHING + number(post[1]),
    dev === null ? NOTHING_ABOVE : SOMETHING + number(dev[1]),
    localKey(local),
  ].join("");
}
/** The library holds numbers as doubles: beyond 15 digits it could not tell neighbours apart. */
const HAS_LARGE_NUMBER = /[1-9]\d{15}/;

/** What the library really gives; its declaration says a text where it gives a number. */
interface Parsed {
  epoch: number;
  release: number[];
  pre: [string, number] | null;
  post: [string, number] | null;
  dev: [string, number] | null;
  local: (string | number)[] | null;
}

function number(value: number): string {
  return numberKey(String(value));
}

/** Zeros at the end do not count: `1.0` is `1`. */
function releaseKey(release: readonly number[]): string {
  const length = release.findLastIndex((part) => part !== 0) + 1;
  return release
    .slice(0, length)
    .map((part) => NUMBER + number(part))
    .concat(END)
    .join("");
}

function preKey(pre: Parsed["pre"], hasPost: boolean, hasDev: boolean): string {
  if (pre !== null) return (PRE_WORDS[pre[0]] ?? PRE_NOTHING) + number(pre[1]);
  return hasDev && !hasPost ? PRE_DEV_ONLY : PRE_NOTHING;
}

/** Words before numbers, fewer parts before more, no label before any. */
function localKey(local: Parsed["local"]): string {
  const parts = (local ?? []).map((part) => (typeof part === "number" ? NUMBER + number(part) : WORD + wordKey(part)));
  return (local === null ? NOTHING_BELOW : SOMETHING) + parts.join("") + END;
}
