import type { SoftwareFacts, SoftwareIdentity } from "./software.ts";

/** The parts of a package URL (purl-spec), not yet encoded. Empty texts and an empty list of qualifiers are left out of it. */
export interface PurlParts {
  type: string;
  namespace: string;
  name: string;
  version: string;
  qualifiers: Readonly<Record<string, string>>;
}

/** The distribution whose packages a host has: osquery's word for its platform (`debian`) and the version as the host tells it (`12.5`). */
export interface Distribution {
  platform: string;
  version: string;
}

/** What a package URL is made of. */
export interface PurlSubject {
  software: SoftwareIdentity;
  facts: SoftwareFacts | null;
  /** Null where hosts of several distributions hold it, or it is unknown. */
  distribution: Distribution | null;
}

/** Names of distributions that package URLs write in another way than osquery. */
const NAMESPACES: Readonly<Record<string, string>> = { rhel: "redhat", arch: "arch", "opensuse-leap": "opensuse" };
/** How much of a distribution's version its packages depend on; the others: all of it. */
const VERSION_PARTS: Readonly<Record<string, number>> = { debian: 1, raspbian: 1, ubuntu: 2, fedora: 1, arch: 0 };
const CHROME_ID = /^[a-p]{32}$/;
const CHOCOLATEY = "https://community.chocolatey.org/api/v2";

/**
 * The package URL of a piece of software, by its source; software without an ecosystem of its own gets the type `generic`, with what
 * identifies it as a qualifier. Null for software without a name.
 *
 * Types as purl-spec defines them (github.com/package-url/purl-spec, folder `types`).
 *
 * @example purlOf({ software: { source: "npm_packages", name: "@babel/core", … }, … }) // pkg:npm/%40babel/core@7.0.0
 */
export function purlOf(subject: PurlSubject): PurlParts | null {
  if (subject.software.name === "") return null;
  return (BY_SOURCE[subject.software.source] ?? generic)(subject);
}

type Maker = (subject: PurlSubject) => PurlParts;

const BY_SOURCE: Readonly<Record<string, Maker>> = {
  deb_packages: (subject) => distributed("deb", subject, withRelease(subject.software)),
  rpm_packages: rpm,
  apk_packages: (subject) => distributed("apk", subject, withRelease(subject.software)),
  pacman_packages: (subject) => distributed("alpm", subject, withRelease(subject.software)),
  python_packages: ({ software }) => parts("pypi", { name: software.name, version: software.version }),
  npm_packages: ({ software }) => parts("npm", { ...splitLast(software.name, "/"), version: software.version }),
  go_binaries: ({ software, facts }) => module("golang", software, facts),
  rust_binaries: ({ software, facts }) => module("cargo", software, facts),
  java_archives: javaArchive,
  homebrew_packages: ({ software }) =>
    parts("brew", { ...splitLast(software.name.toLowerCase(), "/"), version: software.version }),
  chocolatey_packages: ({ software }) =>
    parts("nuget", { name: software.name, version: software.version, qualifiers: { repository_url: CHOCOLATEY } }),
  vscode_extensions: vscodeExtension,
  chrome_extensions: (subject) => {
    const id = subject.software.extension_id.toLowerCase();
    return CHROME_ID.test(id) ? parts("chrome-extension", { name: id, version: subject.software.version }) : generic(subject);
  },
};

function parts(type: string, given: Partial<Omit<PurlParts, "type">>): PurlParts {
  const { namespace = "", name = "", version = "", qualifiers = {} } = given;
  const present = Object.entries(qualifiers).filter(([, value]) => value !== "");
  return { type, namespace, name, version, qualifiers: Object.fromEntries(present) };
}

/** A package of a distribution: the namespace says whose. */
function distributed(type: string, { software, facts, distribution }: PurlSubject, version: string): PurlParts {
  const namespace = namespaceOf(distribution) || originNamespace(type, facts);
  const qualifiers = { arch: software.arch, distro: distroOf(distribution) };
  return parts(type, { namespace, name: software.name, version, qualifiers });
}

function rpm(subject: PurlSubject): PurlParts {
  const made = distributed("rpm", subject, withRelease(subject.software));
  const epoch = subject.facts?.epoch ?? "";
  return parts("rpm", { ...made, qualifiers: { ...made.qualifiers, epoch: epoch === "0" ? "" : epoch } });
}

function withRelease({ version, release }: SoftwareIdentity): string {
  return release === "" ? version : `${version}-${release}`;
}

function namespaceOf(distribution: Distribution | null): string {
  if (distribution === null) return "";
  return NAMESPACES[distribution.platform] ?? distribution.platform;
}

/** Whose a deb package is when its hosts do not tell, from what it says of itself. */
function originNamespace(type: string, facts: SoftwareFacts | null): string {
  if (type !== "deb") return type === "alpm" ? "arch" : type === "apk" ? "alpine" : "";
  const origin = facts?.origin ?? "";
  return /ubuntu/i.test(origin) ? "ubuntu" : /debian/i.test(origin) ? "debian" : "";
}

/** The qualifier `distro`, as scanners read it: `debian-12`, `ubuntu-22.04`. */
function distroOf(distribution: Distribution | null): string {
  if (distribution === null || distribution.platform === "") return "";
  const [number = ""] = /\d+(\.\d+)*/.exec(distribution.version) ?? [];
  const kept = number.split(".").slice(0, VERSION_PARTS[distribution.platform]).join(".");
  return kept === "" ? distribution.platform : `${distribution.platform}-${kept}`;
}

/** What Go's linker writes as the version of a module that no release was built from: a package URL has none then. */
const UNRELEASED = "(devel)";

/** A built program: its module or crate, as its build information tells, else a generic name. */
function module(type: "golang" | "cargo", software: SoftwareIdentity, facts: SoftwareFacts | null): PurlParts {
  const path = facts?.source_package ?? "";
  const told = facts?.source_version || software.version;
  const version = told === UNRELEASED ? "" : told;
  if (path === "") return generic({ software, facts, distribution: null });
  return type === "cargo"
    ? parts(type, { name: path, version })
    : parts(type, { ...splitLast(path.toLowerCase(), "/"), version });
}

function javaArchive(subject: PurlSubject): PurlParts {
  const { software } = subject;
  const at = software.name.indexOf(":");
  if (at <= 0 || at === software.name.length - 1) return generic(subject);
  return parts("maven", { namespace: software.name.slice(0, at), name: software.name.slice(at + 1), version: software.version });
}

/**
 * An extension's name is `<publisher's id>.<name>`, both without dots in the publisher's part; its vendor is the publisher's name for people
 * ("Microsoft"), which stands for the id only where the name has none.
 */
function vscodeExtension(subject: PurlSubject): PurlParts {
  const { software } = subject;
  const { namespace, name } = splitFirst(software.name.toLowerCase(), ".");
  const publisher = namespace || software.vendor.toLowerCase();
  if (publisher === "" || /\s/.test(publisher)) return generic(subject);
  return parts("vscode-extension", { namespace: publisher, name, version: software.version });
}

function generic({ software }: PurlSubject): PurlParts {
  const { name, arch, bundle_identifier, upgrade_code, application_id, extension_id, extension_for } = software;
  return parts("generic", {
    name,
    version: withRelease(software),
    qualifiers: { arch, bundle_identifier, upgrade_code, application_id, extension_id, extension_for },
  });
}

function splitLast(text: string, mark: string): { namespace: string; name: string } {
  const at = text.lastIndexOf(mark);
  return at <= 0 || at === text.length - 1
    ? { namespace: "", name: text }
    : { namespace: text.slice(0, at), name: text.slice(at + 1) };
}

function splitFirst(text: string, mark: string): { namespace: string; name: string } {
  const at = text.indexOf(mark);
  return at <= 0 || at === text.length - 1
    ? { namespace: "", name: text }
    : { namespace: text.slice(0, at), name: text.slice(at + 1) };
}
