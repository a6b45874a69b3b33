import type { VersionOrder } from "../scheme.ts";
import { compareKeys, numberKey, VERSION_CHARACTERS_MAX, wordKey } from "../sort-key.ts";

const VERSION = /^(\d+)((?:\.\d+)*)([a-z]?)((?:_(?:alpha|beta|pre|rc|cvs|svn|git|hg|p)\d*)*)(?:~([\da-f]+))?(?:-r(\d+))?$/;
const SUFFIX = /_([a-z]+)(\d*)/g;

// from below: what may follow the numbers
const SUFFIXES: Record<string, string> = {
  alpha: "\u0001",
  beta: "\u0002",
  pre: "\u0003",
  rc: "\u0004",
  cvs: "\u0009",
  svn: "\u000a",
  git: "\u000b",
  hg: "\u000c",
  p: "\u000d",
};
const END = "\u0005";
const REVISION = "\u0006";
const COMMIT = "\u0007";
const SUFFIX_NUMBER = "\u0008";
const LETTER = "\u000e";
const NUMBER = "\u000f";

/**
 * Alpine's order (apk-tools, apk-package(5)): numbers, a letter, suffixes of which `_alpha`, `_beta`, `_pre`, `_rc` come before the
 * release and the others after it, a commit's hash, the package's revision. A number with a leading zero after the first dot is
 * compared as a text. Nothing comes before `-r0`.
 */
export const apkOrder: VersionOrder<string> = { parse, compare: compareKeys };

function parse(version: string): string | null {
  const text = version.trim();
  if (text.length > VERSION_CHARACTERS_MAX) return null;
  const [matched, first = "", numbers = "", letter = "", suffixes = "", commit, revision] = VERSION.exec(text) ?? [];
  if (matched === undefined) return null;
  let key = numberKey(first);
  for (const number of numbers.split(".").slice(1)) key += NUMBER + laterNumberKey(number);
  if (letter !== "") key += LETTER + letter;
  for (const [, suffix = "", number = ""] of suffixes.matchAll(SUFFIX)) {
    key += (SUFFIXES[suffix] ?? "") + (number === "" ? "" : SUFFIX_NUMBER + numberKey(number));
  }
  if (commit !== undefined) key += COMMIT + wordKey(commit);
  if (revision !== undefined) key += REVISION + numberKey(revision);
  return key + END;
}

function laterNumberKey(digits: string): string {
  return digits.startsWith("0") ? `\u0001${wordKey(digits)}` : `\u0002${numberKey(digits)}`;
}
