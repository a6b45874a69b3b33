import type { FleetNeeds } from "../feed.ts";

/** Debian's suites, and the number under which a fleet's hosts report them; sid is `unstable`. */
const SUITES: Readonly<Record<string, string>> = {
  lenny: "5",
  squeeze: "6",
  wheezy: "7",
  jessie: "8",
  stretch: "9",
  buster: "10",
  bullseye: "11",
  bookworm: "12",
  trixie: "13",
  forky: "14",
  duke: "15",
  sid: "unstable",
};

/** `bookworm` → `deb:debian:12`; null for a suite that is none. */
export function debianEcosystem(suite: string): string | null {
  const release = SUITES[suite];
  return release === undefined ? null : `deb:debian:${release}`;
}

/** Suites of the releases that the fleet's Debian software is looked up in: the parts of Debian's feeds. */
export function debianSuites(fleet: FleetNeeds): string[] {
  const releases = new Set<string>();
  for (const ecosystem of fleet.ecosystems)
    if (ecosystem.startsWith("deb:debian:")) releases.add(ecosystem.slice("deb:debian:".length));
  for (const { name } of fleet.scopes) if (name.startsWith("debian:")) releases.add(name.slice("debian:".length));
  return Object.keys(SUITES).filter((suite) => releases.has(SUITES[suite] ?? ""));
}
