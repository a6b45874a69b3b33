import { normalPythonName } from "#domain/vulnerability/identity/language-packages.ts";
import type { NameKind, Provider } from "#domain/vulnerability/model.ts";
import type { VersionScheme } from "#domain/version/scheme.ts";

/** What an ecosystem of OSV's is here. */
export interface OsvEcosystem {
  /** In the common model's words: `npm`, `deb:debian:12`. */
  ecosystem: string;
  scheme: VersionScheme;
  name_kind: NameKind;
  provider: Provider;
  /** A distribution's: its records are advisories that name vulnerabilities in `upstream` and `related`. */
  distribution: boolean;
  /** The fixes come by a channel that a host may lack. */
  channel?: string;
}

const LANGUAGES: Readonly<Record<string, [ecosystem: string, scheme: VersionScheme]>> = {
  npm: ["npm", "semver"],
  PyPI: ["pypi", "pep440"],
  Go: ["go", "semver"],
  "crates.io": ["crates.io", "semver"],
  Maven: ["maven", "maven"],
  RubyGems: ["rubygems", "rubygems"],
  NuGet: ["nuget", "nuget"],
  Packagist: ["packagist", "composer"],
  Hex: ["hex", "semver"],
  Pub: ["pub", "semver"],
  Homebrew: ["homebrew", "homebrew"],
  VSCode: ["vscode", "semver"],
};

/**
 * @param text an ecosystem as OSV's records spell it: `npm`, `Debian:12`, `Ubuntu:Pro:18.04:LTS`, `Red Hat:rhel_eus:9.2::appstream`
 * @param purl the package's, which tells which of Ubuntu's pockets a version is in
 * @returns null for what no inventory is looked up in
 */
export function osvEcosystem(text: string, purl = ""): OsvEcosystem | null {
  const language = Object.hasOwn(LANGUAGES, text) ? LANGUAGES[text] : undefined;
  if (language !== undefined) {
    const [ecosystem, scheme] = language;
    return { ecosystem, scheme, name_kind: "package", provider: "osv", distribution: false };
  }
  const colon = text.indexOf(":");
  if (colon < 0) return null;
  const [distribution, release] = [text.slice(0, colon), text.slice(colon + 1)];
  return DISTRIBUTIONS[distribution]?.(release, purl) ?? null;
}

const DISTRIBUTIONS: Readonly<Record<string, (release: string, purl: string) => OsvEcosystem | null>> = {
  // 6.0 is Debian 6, while 3.0 and 3.1 are two releases; the oldest are nowhere in use
  Debian: (release) => ofRelease(/^(\d+)(?:\.0)?$/.exec(release), "deb:debian:", { scheme: "dpkg", name_kind: "source" }),
  Ubuntu: ubuntu,
  AlmaLinux: (release) => ofRelease(/^(\d+)$/.exec(release), "rpm:almalinux:", { scheme: "rpm", name_kind: "binary" }),
  "Rocky Linux": (release) => ofRelease(/^(\d+)$/.exec(release), "rpm:rocky:", { scheme: "rpm", name_kind: "source" }),
  Alpine: (release) => ofRelease(/^v?(\d+\.\d+|edge)$/.exec(release), "apk:alpine:", { scheme: "apk", name_kind: "source" }),
  "Red Hat": redHat,
  SUSE: suse,
  openSUSE: (release) =>
    ofRelease(/^Leap (\d+\.\d+)$/.exec(release), "rpm:opensuse-leap:", { scheme: "rpm", name_kind: "source" }),
};

function ofRelease(
  match: readonly (string | undefined)[] | null,
  prefix: string,
  how: Pick<OsvEcosystem, "scheme" | "name_kind"> & { provider?: Provider; channel?: string | undefined },
): OsvEcosystem | null {
  if (match?.[1] === undefined) return null;
  const { channel, provider = "osv", ...rest } = how;
  return {
    ...rest,
    provider,
    ecosystem: `${prefix}${match[1]}`,
    distribution: true,
    ...(channel === undefined ? {} : { channel }),
  };
}

/** `22.04:LTS`, `24.10`; `Pro:…` is Ubuntu Pro. FIPS and real-time builds are other lines of the same packages, and are left out. */
function ubuntu(release: string, purl: string): OsvEcosystem | null {
  const match = /^(?:Pro:)?(\d+\.\d+)(?::LTS)?$/.exec(release);
  const channel = release.startsWith("Pro:") ? ubuntuChannel(purl) : undefined;
  return ofRelease(match, "deb:ubuntu:", { scheme: "dpkg", name_kind: "source", provider: "ubuntu-osv", channel });
}

/** The purl's `distro` is `esm-infra/bionic`, `esm-infra-legacy/trusty`, or for the first of them `trusty/esm`. */
function ubuntuChannel(purl: string): string {
  const distro = decodeURIComponent(/[?&]distro=([^&#]+)/.exec(purl)?.[1] ?? "");
  return /^(esm-[a-z-]+)\//.exec(distro)?.[1] ?? (distro.endsWith("/esm") ? "esm-infra" : "esm");
}

/** The tail of a product's CPE; EUS and its like are streams of fixes for hosts that stay at a minor release. */
function redHat(release: string): OsvEcosystem | null {
  const how = { scheme: "rpm", name_kind: "binary" } as const;
  const base = /^enterprise_linux:(\d+)(?:\.\d+)?(?::|$)/.exec(release);
  if (base !== null) return ofRelease(base, "rpm:rhel:", how);
  const match = /^rhel_(?:eus|e4s|aus|tus|els)(?:_long_life)?:(\d+)(\.\d+)?(?::|$)/.exec(release);
  const [, stream] = /^rhel_(\w{3})/.exec(release) ?? [];
  return ofRelease(match, "rpm:rhel:", { ...how, channel: `${stream}-${match?.[1]}${match?.[2] ?? ""}` });
}

/** Modules of SUSE's Enterprise Server are part of every installation; the desktop and other products are not the server. */
function suse(release: string): OsvEcosystem | null {
  const [, major, pack, ltss] =
    /^Linux Enterprise (?:Server|Server for SAP Applications|Module for [\w .-]+?) (\d+)(?: SP(\d+))?(-LTSS)?$/.exec(release) ??
    [];
  if (major === undefined) return null;
  const ecosystem = `rpm:sles:${pack === undefined ? major : `${major}.${pack}`}`;
  const channel = ltss === undefined ? {} : { channel: "ltss" };
  return { ecosystem, scheme: "rpm", name_kind: "source", provider: "osv", distribution: true, ...channel };
}

/** A package's name as software of the fleet is looked up by it. */
export function osvPackageName(ecosystem: string, name: string): string {
  if (ecosystem === "pypi") return normalPythonName(name);
  // these registries take any spelling of case for the same package
  return ["nuget", "packagist", "vscode", "pub", "hex"].includes(ecosystem) ? name.toLowerCase() : name;
}

/** The ecosystem that a folder of OSV's bucket holds; null for a distribution's, which holds one for each release. */
export function osvFolderEcosystem(folder: string): string | null {
  return Object.hasOwn(LANGUAGES, folder) ? (LANGUAGES[folder]?.[0] ?? null) : null;
}

/** Folder of OSV's bucket that holds an ecosystem; null when there is none. */
export function osvFolder(ecosystem: string): string | null {
  const language = Object.entries(LANGUAGES).find(([, [its]]) => its === ecosystem);
  if (language !== undefined) return language[0];
  const folder = FOLDERS.find(([prefix]) => ecosystem.startsWith(prefix));
  return folder?.[1] ?? null;
}

const FOLDERS: [prefix: string, folder: string][] = [
  ["deb:debian:", "Debian"],
  ["deb:ubuntu:", "Ubuntu"],
  ["rpm:almalinux:", "AlmaLinux"],
  ["rpm:rocky:", "Rocky Linux"],
  ["rpm:rhel:", "Red Hat"],
  ["rpm:sles:", "SUSE"],
  ["rpm:opensuse-leap:", "openSUSE"],
  ["apk:alpine:", "Alpine"],
];
