import { compareNumbers } from "../numbers.ts";
import type { VersionOrder } from "../scheme.ts";
import { compareKeys } from "../sort-key.ts";

export interface AppleVersion {
  numbers: number[];
  /** Letter of a rapid security response: `c` of `13.4.1 (c)`; "" without. */
  response: string;
}

const VERSION = /^(\d{1,15}(?:\.\d{1,15}){0,9})(?:\s*\(([a-z])\))?$/i;

/** Apple's products: numbers, what is missing is 0 (`15.3` is `15.3.0`); a rapid security response comes after the release it mends. */
export const appleOrder: VersionOrder<AppleVersion> = {
  parse(version) {
    const [matched, numbers = "", response = ""] = VERSION.exec(version.trim()) ?? [];
    if (matched === undefined) return null;
    return { numbers: numbers.split(".").map(Number), response: response.toLowerCase() };
  },
  compare: (a, b) => compareNumbers(a.numbers, b.numbers) || compareKeys(a.response, b.response),
};
