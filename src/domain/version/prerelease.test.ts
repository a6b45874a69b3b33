import { expect, test } from "vitest";
import { isPrerelease } from "./prerelease.ts";
import type { VersionScheme } from "./scheme.ts";

const EARLY: [VersionScheme, string][] = [
  ["generic", "3.15.0a6"],
  ["generic", "3.14.0rc2"],
  ["generic", "5.0 beta 2".replaceAll(" ", "")],
  ["generic", "140.0-beta.1"],
  ["windows", "7.1.0-rc2"],
  ["pep440", "3.15.0a6"],
  ["pep440", "2.0.dev3"],
  ["semver", "1.2.3-alpha.1"],
  ["nuget", "8.0.0-preview.7"],
  ["maven", "6.0.0-M1"],
  ["maven", "2.0-SNAPSHOT"],
  ["rubygems", "7.0.0.rc1"],
];
const RELEASED: [VersionScheme, string][] = [
  ["generic", "3.14.2"],
  ["generic", "1.0.2a"],
  ["generic", "9.8p1"],
  ["generic", "2024b"],
  ["generic", "1.1.1za"],
  ["generic", "14.0.5938.132"],
  ["windows", "10.0.19045.5371"],
  ["homebrew", "3.4.0_1"],
  ["pep440", "1.0.post1"],
  ["semver", "1.2.3+build-7"],
  ["maven", "5.3.39.RELEASE"],
  ["maven", "31.1-jre"],
  ["rubygems", "7.0.8.4"],
  // what a distribution publishes it calls a fix of its own
  ["dpkg", "1.0~rc1-1"],
  ["rpm", "4.2.0-0.3.rc1.el9"],
];

test.each(EARLY)("%s: %s comes before its release", (scheme, version) => {
  expect(isPrerelease(scheme, version)).toBe(true);
});

test.each(RELEASED)("%s: %s is a release", (scheme, version) => {
  expect(isPrerelease(scheme, version)).toBe(false);
});
