import type { VersionOrder } from "../scheme.ts";
import { compareKeys, numberKey, VERSION_CHARACTERS_MAX } from "../sort-key.ts";

const VERSION = /^(?:(\d+):)?(\d[\dA-Za-z.+~:-]*?)(?:-([\dA-Za-z.+~]+))?$/;
/** dpkg refuses larger epochs. */
const EPOCH_MAX = 2_147_483_647;
const END_OF_WORD = "\u0002";
const RUN = /(\D*)(\d*)/g;
/** Signs other than letters sort above all letters. */
const SIGN_OFFSET = 0x80;

/**
 * Debian's order, as deb-version(7) tells it: `[epoch:]upstream[-revision]`; runs without digits and runs of digits take turns, `~`
 * comes before the end, the end before letters, letters before other signs; a missing epoch or revision is 0.
 */
export const dpkgOrder: VersionOrder<string> = { parse, compare: compareKeys };

/** The version as a key to sort by; null when dpkg would refuse it. */
function parse(version: string): string | null {
  const text = version.trim();
  if (text.length > VERSION_CHARACTERS_MAX) return null;
  const [matched, epoch = "", upstream = "", revision = ""] = VERSION.exec(text) ?? [];
  if (matched === undefined || upstream === "" || upstream.endsWith("-")) return null;
  if (Number(epoch) > EPOCH_MAX) return null;
  return numberKey(epoch) + partKey(upstream) + partKey(revision);
}

function partKey(part: string): string {
  let key = "";
  for (const [run, word = "", digits = ""] of part.matchAll(RUN)) {
    if (run !== "") key += wordCodes(word) + END_OF_WORD + numberKey(digits);
  }
  // nothing is the same as a 0; closed by the end of a word, so that what goes on with `~` comes before
  return (key === "" ? END_OF_WORD + numberKey("") : key) + END_OF_WORD;
}

function wordCodes(word: string): string {
  let codes = "";
  for (let i = 0; i < word.length; i++) {
    const code = word.charCodeAt(i);
    if (code === TILDE) codes += "\u0001";
    else codes += String.fromCharCode(isLetter(code) ? code : code + SIGN_OFFSET);
  }
  return codes;
}
const TILDE = 0x7e;

function isLetter(code: number): boolean {
  return (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a);
}
