import type { SoftwareEntry, SoftwareFacts } from "./software.ts";

/**
 * The facts beside a deb's identity, the same whichever agent read them. `Source: glibc (2.36-9)` names the source package, with its
 * version where that differs from the binary package's; without the field the package is its own source (deb-control(5), "Source").
 */
export function debFacts(deb: { name: string; version: string; source: string; origin: string }): SoftwareFacts {
  const [, source_package = deb.name, source_version = deb.version] = /^(\S+)(?:\s+\(([^)]*)\))?/.exec(deb.source.trim()) ?? [];
  const facts: SoftwareFacts = { source_package, source_version };
  const epoch = /^(\d+):/.exec(deb.version)?.[1];
  if (epoch !== undefined) facts.epoch = epoch;
  if (deb.origin !== "") facts.origin = deb.origin;
  return facts;
}

/** What `origin` says of a deb that is of an archive which is no distribution's, by the archive's own name: `LP-PPA-deadsnakes`. */
export function archiveOrigin(name: string): string {
  return `archive ${name}`;
}

/** The archive that {@link archiveOrigin} names; null when the origin names none. */
export function foreignArchive(origin: string): string | null {
  return /^archive (.+)$/.exec(origin)?.[1] ?? null;
}

/** The module stream that `origin` says an rpm is of (`nodejs:16`); null when it says none. */
export function moduleOrigin(origin: string): string | null {
  return /^module (\S+:\S+)$/.exec(origin)?.[1] ?? null;
}

/**
 * The facts beside an rpm's identity; null when there are none. `bash-5.1.8-6.el9_1.src.rpm` is source package `bash`, version
 * `5.1.8-6.el9_1` (neither version nor release holds a dash). A package without an epoch has epoch 0, which is left out. The module that a
 * package is of (`nodejs:16:8050020211206113934:c5368500`) is its origin.
 *
 * @param epoch as text; "" when there is none
 */
export function rpmFacts(rpm: { source_rpm: string; epoch: string; modularity_label?: string }): SoftwareFacts | null {
  const facts: SoftwareFacts = {};
  const [, source_package, source_version] = /^(.+)-([^-]+-[^-]+)\.(?:no)?src\.rpm$/.exec(rpm.source_rpm) ?? [];
  if (source_package !== undefined && source_version !== undefined) Object.assign(facts, { source_package, source_version });
  if (rpm.epoch !== "" && rpm.epoch !== "0") facts.epoch = rpm.epoch;
  const module = /^[\w.+-]+:[\w.+-]+/.exec(rpm.modularity_label ?? "")?.[0];
  if (module !== undefined) facts.origin = `module ${module}`;
  return Object.keys(facts).length === 0 ? null : facts;
}

/** An epoch as packages have them; more is a broken reading (a signing key's date). */
const EPOCH = /^[1-9]\d?$/;

/**
 * Tells epoch 0 of the rpms that have none, where the report tells epochs at all: rpm leaves an absent epoch out, and so does a reader that
 * knows none. Every installation of Red Hat's family has packages with an epoch (dbus, openssl); a report without a single one is of a
 * reader that does not tell them, and nothing is added to it.
 *
 * @param entries all rows of the source `rpm_packages`
 */
export function tellEpochs(entries: readonly SoftwareEntry[]): SoftwareEntry[] {
  if (!entries.some((entry) => EPOCH.test(entry.facts?.epoch ?? ""))) return [...entries];
  return entries.map((entry) => (entry.facts?.epoch === undefined ? { ...entry, facts: { ...entry.facts, epoch: "0" } } : entry));
}

/** What `origin` says of a library whose files belong to a package of the distribution: that package's advisories are about it. */
export const DISTRIBUTION_ORIGIN = "distribution";

/** Directories that only the distribution's packages write to: its policy for Python (Debian, and PEP 668) and Node. */
const OWNED_EVERYWHERE =
  /^\/usr\/(?:lib\/python[\d.]*\/dist-packages|share\/nodejs|lib\/nodejs|share\/npm|share\/python-wheels)\//;
/** `pip` as root writes to /usr/local there; Debian's own packages are in dist-packages. */
const OWNED_BESIDE_DEBIAN = /^\/usr\/(?:lib(?:64)?\/python[\d.]*\/site-packages|lib(?:64)?\/node_modules\/npm)\//;

/**
 * Marks the Python and npm packages that the distribution installed: those of which every copy lies in a directory of its package manager.
 * One that is also installed elsewhere is the ecosystem's too.
 *
 * @param platform osquery's `os_version.platform`
 * @param entries all rows of the source `python_packages` or `npm_packages`
 */
export function markDistributionLibraries(platform: string, entries: readonly SoftwareEntry[]): SoftwareEntry[] {
  if (platform === "darwin" || platform === "windows" || platform === "chrome") return [...entries];
  const isDebian = DEBIAN_PLATFORMS.has(platform);
  const isOwned = (path: string): boolean => OWNED_EVERYWHERE.test(path) || (!isDebian && OWNED_BESIDE_DEBIAN.test(path));
  const elsewhere = new Set(entries.filter((entry) => !isOwnedEntry(entry, isOwned)).map(nameAndVersion));
  if (elsewhere.size === entries.length) return [...entries];
  return entries.map((entry) =>
    isOwnedEntry(entry, isOwned) && !elsewhere.has(nameAndVersion(entry))
      ? { ...entry, facts: { ...entry.facts, origin: DISTRIBUTION_ORIGIN } }
      : entry,
  );
}

const DEBIAN_PLATFORMS: ReadonlySet<string> = new Set(["debian", "ubuntu", "raspbian", "linuxmint", "pop", "kali"]);

function isOwnedEntry({ installed_paths }: SoftwareEntry, isOwned: (path: string) => boolean): boolean {
  return installed_paths.length > 0 && installed_paths.every(isOwned);
}

function nameAndVersion({ name, version }: SoftwareEntry): string {
  return `${name}\n${version}`;
}
