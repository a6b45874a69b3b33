import type { VersionOrder } from "../scheme.ts";
import { compareKeys, numberKey, VERSION_CHARACTERS_MAX, wordKey } from "../sort-key.ts";

/** Keys to sort by. */
export interface PacmanVersion {
  /** Epoch and version. */
  version: string;
  /** null: not told. */
  release: string | null;
}

const VERSION = /^(?:(\d*):)?([^\s:-]*[\dA-Za-z])(?:-([^\s:-]*[\dA-Za-z]))?$/;
const SEGMENT = /([^\dA-Za-z]*)(?:(\d+)|([A-Za-z]+))/g;
// from below: letters that stand right behind digits, the end, digits, what stands behind one sign, behind two, …
const LETTERS = "\u0001";
const END = "\u0002";
const DIGITS = "\u0003";

/**
 * Arch's order (vercmp(8)): like rpm's, but letters right behind digits come before the end (`1.0rc` before `1.0` before `1.0.a`), and
 * more separators come after fewer. Where one side tells no release, releases are not compared. A version that ends with a separator
 * is refused: with it pacman's own comparison runs in circles.
 */
export const pacmanOrder: VersionOrder<PacmanVersion> = {
  parse,
  compare(a, b) {
    const order = compareKeys(a.version, b.version);
    return order !== 0 || a.release === null || b.release === null ? order : compareKeys(a.release, b.release);
  },
};

function parse(text: string): PacmanVersion | null {
  const trimmed = text.trim();
  if (trimmed.length > VERSION_CHARACTERS_MAX) return null;
  const [matched, epoch = "", version = "", release] = VERSION.exec(trimmed) ?? [];
  if (matched === undefined) return null;
  return { version: numberKey(epoch) + partKey(version), release: release === undefined ? null : partKey(release) };
}

function partKey(part: string): string {
  let key = "";
  for (const [, separators = "", digits, letters = ""] of part.matchAll(SEGMENT)) {
    if (separators !== "") key += String.fromCharCode(DIGITS.charCodeAt(0) + separators.length);
    key += digits === undefined ? LETTERS + wordKey(letters) : DIGITS + numberKey(digits);
  }
  return key + END;
}
