import type { FleetNeeds } from "../feed.ts";

/** Ubuntu's releases by the code names that its data is kept under. */
const CODENAMES: Readonly<Record<string, string>> = {
  dapper: "6.06",
  edgy: "6.10",
  feisty: "7.04",
  gutsy: "7.10",
  hardy: "8.04",
  intrepid: "8.10",
  jaunty: "9.04",
  karmic: "9.10",
  lucid: "10.04",
  maverick: "10.10",
  natty: "11.04",
  oneiric: "11.10",
  precise: "12.04",
  quantal: "12.10",
  raring: "13.04",
  saucy: "13.10",
  trusty: "14.04",
  utopic: "14.10",
  vivid: "15.04",
  wily: "15.10",
  xenial: "16.04",
  yakkety: "16.10",
  zesty: "17.04",
  artful: "17.10",
  bionic: "18.04",
  cosmic: "18.10",
  disco: "19.04",
  eoan: "19.10",
  focal: "20.04",
  groovy: "20.10",
  hirsute: "21.04",
  impish: "21.10",
  jammy: "22.04",
  kinetic: "22.10",
  lunar: "23.04",
  mantic: "23.10",
  noble: "24.04",
  oracular: "24.10",
  plucky: "25.04",
  questing: "25.10",
  resolute: "26.04",
};

/** `jammy` → `22.04`; null for a name that is no release. */
export function ubuntuVersion(codename: string): string | null {
  return CODENAMES[codename] ?? null;
}

/** Code names of the releases that the fleet's Ubuntu software is looked up in: the parts of Ubuntu's feeds. */
export function ubuntuReleases(fleet: FleetNeeds): string[] {
  const versions = new Set<string>();
  for (const ecosystem of fleet.ecosystems)
    if (ecosystem.startsWith("deb:ubuntu:")) versions.add(ecosystem.slice("deb:ubuntu:".length));
  for (const { name } of fleet.scopes) if (name.startsWith("ubuntu:")) versions.add(name.slice("ubuntu:".length));
  return Object.keys(CODENAMES).filter((codename) => versions.has(CODENAMES[codename] ?? ""));
}

/**
 * The channel that a fix comes by when it is not the public archive, from the pocket where it is told (`esm-apps/jammy`), else from the
 * version: updates of Ubuntu Pro are marked `+esm1` (main archive, esm-infra) or `~esm1` (community archive, esm-apps).
 */
export function ubuntuChannel(version: string, pocket = ""): string | undefined {
  const named = /esm-infra-legacy|esm-infra|esm-apps|ros-esm|fips-updates|fips-preview|fips|realtime/u.exec(pocket)?.[0];
  if (named !== undefined) return named === "esm-infra-legacy" ? "esm-infra-legacy" : named;
  if (/\+esm\d/u.test(version)) return "esm-infra";
  if (/~esm\d/u.test(version)) return "esm-apps";
  return /fips/iu.test(version) ? "fips-updates" : undefined;
}
