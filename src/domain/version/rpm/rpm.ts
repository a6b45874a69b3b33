import type { VersionOrder } from "../scheme.ts";
import { compareKeys, numberKey, VERSION_CHARACTERS_MAX, wordKey } from "../sort-key.ts";

/** Keys to sort by. */
export interface RpmVersion {
  epoch: string;
  version: string;
  /** null: not told. */
  release: string | null;
}

// osquery and rpm itself write `(none)` for an epoch that a package lacks
const VERSION = /^(?:(\d*|\(none\)):)?([^\s:-]+)(?:-([^\s:-]+))?$/;
const SEGMENT = /\d+|[A-Za-z]+|~|\^/g;
// from below: `~`, the end, `^`, letters, digits
const TILDE = "\u0001";
const END = "\u0002";
const CARET = "\u0003";
const LETTERS = "\u0004";
const DIGITS = "\u0005";

/**
 * rpm's order of `[epoch:]version[-release]` (rpm's documentation "Dependencies" and `rpmvercmp`): a missing epoch is 0; where one side
 * tells no release, releases are not compared. So `1.0` equals both `1.0-1` and `1.0-2`: a version without release stands for all of
 * its releases, and only versions that tell one are totally ordered. Module builds (`.module_el8+…`) are ordered like any other.
 */
export const rpmOrder: VersionOrder<RpmVersion> = {
  parse,
  compare: (a, b) => compareKeys(a.epoch, b.epoch) || withoutEpoch(a, b),
};

/**
 * Compares rpm versions of which an epoch may be unknown: an osquery row and a source package's file name may lack it.
 *
 * @param facts.epoch_known false: the epochs of both are left out
 */
export function compareRpm(a: RpmVersion, b: RpmVersion, facts: { epoch_known: boolean }): number {
  return (facts.epoch_known ? compareKeys(a.epoch, b.epoch) : 0) || withoutEpoch(a, b);
}

function withoutEpoch(a: RpmVersion, b: RpmVersion): number {
  const order = compareKeys(a.version, b.version);
  return order !== 0 || a.release === null || b.release === null ? order : compareKeys(a.release, b.release);
}

function parse(text: string): RpmVersion | null {
  const trimmed = text.trim();
  if (trimmed.length > VERSION_CHARACTERS_MAX) return null;
  const [matched, epoch = "", version = "", release] = VERSION.exec(trimmed) ?? [];
  if (matched === undefined || !/[\dA-Za-z]/.test(version)) return null;
  return {
    epoch: numberKey(epoch === "(none)" ? "" : epoch),
    version: partKey(version),
    release: release === undefined ? null : partKey(release),
  };
}

function partKey(part: string): string {
  let key = "";
  for (const [segment] of part.matchAll(SEGMENT)) key += segmentKey(segment);
  return key + END;
}

function segmentKey(segment: string): string {
  if (segment === "~") return TILDE;
  if (segment === "^") return CARET;
  const code = segment.charCodeAt(0);
  return code <= CODE_NINE ? DIGITS + numberKey(segment) : LETTERS + wordKey(segment);
}
const CODE_NINE = 0x39;
