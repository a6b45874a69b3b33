import { identifiersKey } from "../identifiers.ts";
import type { VersionOrder } from "../scheme.ts";
import { compareKeys, numberKey, VERSION_CHARACTERS_MAX } from "../sort-key.ts";

const VERSION = /^v?(\d+(?:\.\d+){0,3})(?:-([\dA-Za-z-]+(?:\.[\dA-Za-z-]+)*))?(?:\+[\dA-Za-z.-]*)?$/i;
const RELEASE = "\u00ff";
const PARTS = 4;

/** NuGet: up to four numbers, missing ones are 0; prereleases as Semantic Versioning has them, regardless of case; metadata left out. */
export const nugetOrder: VersionOrder<string> = {
  parse(version) {
    const text = version.trim();
    if (text.length > VERSION_CHARACTERS_MAX) return null;
    const [matched, numbers = "", prerelease] = VERSION.exec(text) ?? [];
    if (matched === undefined) return null;
    const parts = numbers.split(".");
    const key = Array.from({ length: PARTS }, (_, i) => numberKey(parts[i] ?? "")).join("");
    return key + (prerelease === undefined ? RELEASE : identifiersKey(prerelease.toLowerCase().split(".")));
  },
  compare: compareKeys,
};
