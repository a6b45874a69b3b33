import type { Feed, FleetNeeds } from "#server/vulnerabilities/feeds/feed.ts";
import type { RecognisedFile } from "#server/vulnerabilities/feeds/engine/directory.ts";

const scopes = (family: string, names: string[]) => names.map((name) => ({ name, family }));

/** One host of each kind that the corpus has data of. */
const FLEET: FleetNeeds = {
  scopes: [
    ...scopes("linux", [
      "debian:11",
      "debian:12",
      "debian:13",
      "ubuntu:16.04",
      "ubuntu:18.04",
      "ubuntu:20.04",
      "ubuntu:22.04",
      "ubuntu:24.04",
    ]),
    ...scopes("linux", [
      "rhel:7",
      "rhel:8",
      "rhel:9",
      "rocky:8",
      "rocky:9",
      "almalinux:9",
      "amzn:2",
      "amzn:2023",
      "ol:8",
      "alpine:3.21",
    ]),
    ...scopes("linux", ["sles:15.5", "opensuse-leap:15.5", "fedora:42", "arch"]),
    ...scopes("darwin", ["darwin"]),
    ...scopes("windows", ["windows"]),
  ],
  ecosystems: new Set(
    "npm pypi go crates.io maven rubygems nuget packagist hex pub homebrew vscode cpe cpe:o msrc apple deb:debian:11 deb:debian:12 deb:debian:13 deb:ubuntu:22.04 rpm:rocky:8 rpm:rocky:9 rpm:almalinux:9".split(
      " ",
    ),
  ),
  sources: new Set(["deb_packages", "rpm_packages", "programs", "apps", "npm_packages", "python_packages", "homebrew_packages"]),
  today: "2026-11-21",
};

/** The feeds with every part of a directory wanted: as for a fleet that has one host of each kind. */
export function wantEverything(feeds: readonly Feed[], files: readonly RecognisedFile[]): Feed[] {
  return feeds.map((feed) => {
    const own = files.filter((file) => file.feed.name === feed.name && file.part !== "*").map((file) => file.part);
    return { ...feed, parts: () => [...new Set([...own, ...feed.parts(FLEET)])] };
  });
}
