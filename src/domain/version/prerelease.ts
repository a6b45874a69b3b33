import { parse as parsePep440 } from "@renovatebot/pep440";
import type { VersionScheme } from "./scheme.ts";

/** A word that announces a release: at the end or between separators, with its number. A single letter counts only with one: OpenSSL's `1.0.2a` is a release. */
const ANNOUNCED =
  /(?:^|[\d._+~-])(?:alpha|beta|pre|preview|dev|snapshot|nightly|canary|milestone|rc|cr)[._-]?\d*(?=$|[^a-z\d])|\d[._-]?[abm]\d+(?=$|[._+-])/i;

const RULES: Partial<Record<VersionScheme, (version: string) => boolean>> = {
  pep440: (version) => {
    const parsed = parsePep440(version) as { pre: unknown; dev: unknown } | null;
    return parsed !== null && ((parsed.pre ?? null) !== null || (parsed.dev ?? null) !== null);
  },
  // semver.org §9, NuGet the same: a hyphen after the release, before a build
  semver: hasHyphen,
  nuget: hasHyphen,
  // Gem::Version#prerelease?: any letter
  rubygems: (version) => /[a-z]/i.test(version),
  // what a distribution publishes is a release of its own, whatever its upstream calls it
  dpkg: never,
  rpm: never,
  apk: never,
  pacman: never,
};

/** Is a version one that its makers give out before the release: an alpha, a beta, a candidate? False where the text does not tell. */
export function isPrerelease(scheme: VersionScheme, version: string): boolean {
  return (RULES[scheme] ?? ((text: string) => ANNOUNCED.test(text)))(version.trim());
}

function hasHyphen(version: string): boolean {
  return (version.split("+")[0] ?? "").includes("-");
}

function never(): boolean {
  return false;
}
