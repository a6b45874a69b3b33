import { numberKey, wordKey } from "./sort-key.ts";

// from below
const END = "\u0001";
const NUMBER = "\u0002";
const WORD = "\u0003";

/** Identifiers of a prerelease as a key: numbers before words, numbers by value, words by their characters, fewer before more. */
export function identifiersKey(identifiers: readonly string[]): string {
  const parts = identifiers.map((text) => (/^\d+$/.test(text) ? NUMBER + numberKey(text) : WORD + wordKey(text)));
  return parts.join("") + END;
}
