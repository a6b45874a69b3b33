import type { SoftwareEntry } from "./software.ts";

/** Platforms (osquery's `os_version.platform`) on which distribution packages carry Python packages as `python3-…`. */
const PLATFORMS = new Set(["debian", "ubuntu"]);

const PREFIX = "python3-";

/** Packages of PyPI that are called so themselves, on every platform. */
const REAL_NAMES = new Set([
  "python3-openid",
  "python3-saml",
  "python3-xlib",
  "python3-protobuf",
  "python3-ldap3",
  "python3-logstash",
]);

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
    .map((entry) => (entry.name === "" ? entry : { ...entry, name: `${PREFIX}${entry.name.toLowerCase()}` }))
    .filter((entry) => !debNames.has(entry.name));
}

/** The name that PyPI has for a package, of the one that {@link namePythonPackages} may have given it. */
export function packagedPythonName(name: string): string {
  return name.startsWith(PREFIX) && !REAL_NAMES.has(name.toLowerCase()) ? name.slice(PREFIX.length) : name;
}
