import type { FleetNeeds } from "../feed.ts";

/** Major releases of Red Hat Enterprise Linux that something in the fleet is looked up in, also for those that are built of it. */
export function redhatReleases(fleet: FleetNeeds): string[] {
  const releases = new Set<string>();
  for (const ecosystem of fleet.ecosystems) addRelease(releases, /^rpm:rhel:(\d+)$/u.exec(ecosystem));
  for (const { name } of fleet.scopes) addRelease(releases, /^(?:rhel|centos|redhat):(\d+)/u.exec(name));
  return [...releases].toSorted();
}

function addRelease(releases: Set<string>, match: RegExpExecArray | null): void {
  if (match?.[1] !== undefined) releases.add(match[1]);
}

interface RedhatPlatform {
  /** Major release: `9`. */
  release: string;
  /** `eus-9.4`; absent: the main stream. */
  channel?: string;
}

/** Products beside the main repositories whose packages have names of their own, so that they can be looked up with them. */
const ADD_ONS = new Set([
  "rhel_software_collections",
  "rhel_extras",
  "rhel_extras_rt",
  "rhel_dotnet",
  "devtools",
  "rhel_devtools",
]);

/**
 * Which release and stream of Red Hat Enterprise Linux a CPE names; null for every other product: its packages may have the names of the
 * main repositories at other versions.
 *
 * `cpe:/a:redhat:rhel_eus:9.4::appstream` is the extended stream of 9.4; `enterprise_linux:9` and (from release 10 on)
 * `enterprise_linux:10.0` are the main stream.
 */
export function redhatPlatform(cpe: string): RedhatPlatform | null {
  const [, , vendor, product = "", version = "", , edition = ""] = cpe.replace("cpe:/", "cpe:").split(":");
  if (vendor !== "redhat") return null;
  if (product === "enterprise_linux") return /^\d/u.test(version) ? { release: version.split(".")[0] ?? "" } : null;
  if (ADD_ONS.has(product)) {
    const release = /^el(\d+)/u.exec(edition)?.[1] ?? (product.startsWith("rhel_extras") ? version : null);
    return release === null ? null : { release };
  }
  const stream = /^(?:rhel|enterprise_linux)_(aus|e4s|els|eus|eus_long_life|elp|tus)$/u.exec(product)?.[1];
  if (stream === undefined || !/^\d/u.test(version)) return null;
  return {
    release: version.split(".")[0] ?? "",
    channel: `${stream === "elp" || stream === "eus_long_life" ? "eus-long-life" : stream}-${version}`,
  };
}
