/** A value of an Apple property list. Dates are Unix seconds; data and what else has no plain form is null. */
export type PlistValue = string | number | boolean | null | PlistValue[] | PlistDictionary;
export interface PlistDictionary {
  [key: string]: PlistValue;
}

/** Why a property list could not be read. */
export class PlistError extends Error {
  override readonly name = "PlistError";
}

/** Most values of one list: an application's own has hundreds. */
export const PLIST_VALUES_MAX = 100_000;
export const PLIST_DEPTH_MAX = 64;

/** Whether a value is a dictionary. */
export function isDictionary(value: PlistValue | undefined): value is PlistDictionary {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
