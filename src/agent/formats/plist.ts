import { parseBinaryPlist } from "./plist-binary.ts";
import { isDictionary, type PlistDictionary, type PlistValue } from "./plist-value.ts";
import { parseXmlPlist } from "./plist-xml.ts";

/**
 * Reads a property list in either of Apple's common forms, by its first bytes (plist(5)).
 *
 * @throws PlistError when it is neither, is damaged, or is larger or deeper than any honest one
 */
export function parsePlist(bytes: Uint8Array): PlistValue {
  const start = new TextDecoder("latin1").decode(bytes.subarray(0, 8));
  if (start.startsWith("bplist0")) return parseBinaryPlist(bytes);
  return parseXmlPlist(new TextDecoder("utf-8").decode(bytes));
}

/** The dictionary that a property list's root is; an empty one when it is something else. */
export function plistDictionary(bytes: Uint8Array): PlistDictionary {
  const value = parsePlist(bytes);
  return isDictionary(value) ? value : {};
}

/** A dictionary's text under a key; numbers as text (some vendors write versions as numbers), "" for anything else. */
export function plistText(dictionary: PlistDictionary, key: string): string {
  const value = dictionary[key];
  if (typeof value === "string") return value;
  return typeof value === "number" ? String(value) : "";
}
