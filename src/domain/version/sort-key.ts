/**
 * Versions become texts that sort, code unit by code unit, as their scheme orders them: comparing two of them is one comparison of
 * strings. Codes stay below 256, so that the engine holds such a key in one byte a character.
 */

/** No version that packages really have is longer; what is longer is no version. Numbers fit {@link numberKey} then. */
export const VERSION_CHARACTERS_MAX = 255;

/** A number of any size: how many digits it has without leading zeros, then those. At most 255 digits. */
export function numberKey(digits: string): string {
  let start = 0;
  while (start < digits.length && digits.charCodeAt(start) === DIGIT_ZERO) start++;
  return String.fromCharCode(digits.length - start) + digits.slice(start);
}
const DIGIT_ZERO = 0x30;

/** A word of letters, closed so that `a` comes before `ab` whatever follows. */
export function wordKey(word: string): string {
  return `${word}\u0000`;
}

export function compareKeys(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
