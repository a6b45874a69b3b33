/** How versions of a package are ordered: each scheme has a folder of its own beside this file. */
export const VERSION_SCHEMES = [
  "dpkg",
  "rpm",
  "apk",
  "pacman",
  "semver",
  "pep440",
  "maven",
  "rubygems",
  "nuget",
  "composer",
  "windows",
  "apple",
  "homebrew",
  "generic",
] as const;
export type VersionScheme = (typeof VERSION_SCHEMES)[number];

/**
 * One scheme's order. A version is parsed once and compared often. `parse` gives null for a text that is no version of the scheme;
 * `compare` gives less than, equal to or more than 0, or null where the scheme does not say which of the two is newer. Where it says
 * so it is a total order.
 */
export interface VersionOrder<T> {
  parse(version: string): T | null;
  compare(a: T, b: T): number | null;
}
