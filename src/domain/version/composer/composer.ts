import type { VersionOrder } from "../scheme.ts";
import { compareKeys, numberKey, VERSION_CHARACTERS_MAX } from "../sort-key.ts";

// a run of digits is taken whole or not at all: else a long one could be cut up in very many ways
const MODIFIER = String.raw`(?:[._-]?(stable|beta|b|rc|alpha|a|patch|pl|p)((?:[.-]?\d+(?!\d))*))?([.-]?dev)?`;
const VERSION = new RegExp(String.raw`^v?(\d+(?:\.\d+){0,3})${MODIFIER}$`, "i");
const DATE = new RegExp(String.raw`^v?(\d{4}(?:[.:-]?\d{2}){1,6}(?:[.:-]?\d{1,3}){0,2})${MODIFIER}$`, "i");
const STABILITY: Record<string, string> = {
  alpha: "\u0001",
  a: "\u0001",
  beta: "\u0002",
  b: "\u0002",
  rc: "\u0003",
  "": "\u0004",
  stable: "\u0004",
  patch: "\u0005",
  pl: "\u0005",
  p: "\u0005",
};
/** Of a version that is nothing but `-dev`: before its `alpha`. */
const STABILITY_DEVELOPMENT = "\u0000";
const DEVELOPMENT = "\u0001";
const RELEASED = "\u0002";
const END = "\u0001";
const NUMBER = "\u0002";
const PARTS = 4;

/**
 * Composer (getcomposer.org, "Versions and constraints", and its normal form of four numbers): `alpha`, `beta`, `RC`, the release,
 * `patch`; `-dev` before what it leads to. A branch (`dev-main`, `2.x-dev`) has no place among releases.
 */
export const composerOrder: VersionOrder<string> = {
  parse(version) {
    const text = version.trim().replace(/\+[\w.-]*$/, "");
    if (text.length > VERSION_CHARACTERS_MAX) return null;
    const [matched, numbers = "", word = "", count = "", dev] = VERSION.exec(text) ?? DATE.exec(text) ?? [];
    if (matched === undefined) return null;
    const parts = withoutZeros(numbers.split(/[.:-]/));
    return [
      listKey(parts.length > PARTS ? parts : padded(parts)),
      word === "" && dev !== undefined ? STABILITY_DEVELOPMENT : (STABILITY[word.toLowerCase()] ?? ""),
      listKey(count.match(/\d+/g) ?? []),
      dev === undefined ? RELEASED : DEVELOPMENT,
    ].join("");
  },
  compare: compareKeys,
};

function withoutZeros(parts: readonly string[]): string[] {
  return parts.slice(0, parts.findLastIndex((part) => /[1-9]/.test(part)) + 1);
}

function padded(parts: readonly string[]): string[] {
  return Array.from({ length: PARTS }, (_, i) => parts[i] ?? "");
}

function listKey(parts: readonly string[]): string {
  return parts.map((part) => NUMBER + numberKey(part)).join("") + END;
}
