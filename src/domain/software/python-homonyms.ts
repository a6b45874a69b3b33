import type { SoftwareEntry } from "./software.ts";

/** Platforms (osquery's `os_version.platform`) on which distribution packages carry Python packages as `python3-…`. */
const PLATFORMS = new Set(["debian", "ubuntu"]);

/**
 * Python packages as Fleet names them on Debian and Ubuntu (reference osquery-remote.md §10): `python3-<lower-case name>`, the
 * spelling of the distribution's advisories, and left out where a deb of that name is installed, since both are one thing. On
 * other platforms the rows stay as they are. Every agent's report goes through this one rule, so that a host with two agents
 * has one name for a package.
 *
 * @param platform osquery's `os_version.platform`
 * @param entries rows of the source `python_packages`, named as their metadata says
 * @param debNames names of the installed deb packages
 */
export function namePythonPackages(
  platform: string,
  entries: readonly SoftwareEntry[],
  debNames: ReadonlySet<string>,
): SoftwareEntry[] {
  if (!PLATFORMS.has(platform)) return [...entries];
  return entries
    .map((entry) => (entry.name === "" ? entry : { ...entry, name: `python3-${entry.name.toLowerCase()}` }))
    .filter((entry) => !debNames.has(entry.name));
}
