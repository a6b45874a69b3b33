import { compareNumbers } from "../numbers.ts";
import type { VersionOrder } from "../scheme.ts";

const VERSION = /^\d{1,15}(?:\.\d{1,15}){0,3}$/;

/**
 * Windows builds and file versions: up to four numbers, what is missing is 0. That builds of different branches (`10.0.19045` and
 * `10.0.22621`) do not fix each other's vulnerabilities is a range's `branch` to say, not the order's.
 */
export const windowsOrder: VersionOrder<readonly number[]> = {
  parse(version) {
    const text = version.trim();
    return VERSION.test(text) ? text.split(".").map(Number) : null;
  },
  compare: compareNumbers,
};
