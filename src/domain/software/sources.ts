/**
 * Every value `source` may take, with the words people read and the platforms that report it. The values are Fleet's, so that
 * its clients understand them; a source is a place software was found in, not a kind of file.
 */
export interface SourceDescription {
  source: string;
  label: string;
  platforms: readonly Platform[];
}

/** Muster's platform families. A host's `platform` (osquery's word: `ubuntu`, `darwin`, …) belongs to one of them. */
export type Platform = "linux" | "darwin" | "windows" | "chrome";

export const SOURCES: readonly SourceDescription[] = [
  { source: "apps", label: "Application (macOS)", platforms: ["darwin"] },
  { source: "homebrew_packages", label: "Homebrew package", platforms: ["darwin", "linux"] },
  { source: "safari_extensions", label: "Safari extension", platforms: ["darwin"] },
  {
    source: "chrome_extensions",
    label: "Browser extension (Chrome family)",
    platforms: ["darwin", "windows", "linux", "chrome"],
  },
  { source: "firefox_addons", label: "Browser extension (Firefox)", platforms: ["darwin", "windows", "linux"] },
  { source: "ie_extensions", label: "Browser extension (Internet Explorer)", platforms: ["windows"] },
  { source: "vscode_extensions", label: "IDE extension (VS Code family)", platforms: ["darwin", "windows", "linux"] },
  { source: "jetbrains_plugins", label: "IDE plugin (JetBrains)", platforms: ["darwin", "windows", "linux"] },
  { source: "python_packages", label: "Python package", platforms: ["darwin", "windows", "linux"] },
  { source: "npm_packages", label: "npm package", platforms: ["darwin", "windows", "linux"] },
  { source: "deb_packages", label: "Package (deb)", platforms: ["linux"] },
  { source: "rpm_packages", label: "Package (rpm)", platforms: ["linux"] },
  { source: "apk_packages", label: "Package (apk)", platforms: ["linux"] },
  { source: "portage_packages", label: "Package (Portage)", platforms: ["linux"] },
  { source: "pacman_packages", label: "Package (pacman)", platforms: ["linux"] },
  { source: "programs", label: "Program (Windows)", platforms: ["windows"] },
  { source: "chocolatey_packages", label: "Package (Chocolatey)", platforms: ["windows"] },
  { source: "snap_packages", label: "Snap", platforms: ["linux"] },
  { source: "flatpak_packages", label: "Flatpak", platforms: ["linux"] },
  { source: "appimages", label: "AppImage", platforms: ["linux"] },
  { source: "portable_programs", label: "Portable program", platforms: ["linux"] },
  { source: "package_receipts", label: "Installer receipt (macOS)", platforms: ["darwin"] },
  { source: "go_binaries", label: "Go binary", platforms: ["darwin", "windows", "linux"] },
  { source: "rust_binaries", label: "Rust binary", platforms: ["darwin", "windows", "linux"] },
  { source: "java_archives", label: "Java archive", platforms: ["darwin", "windows", "linux"] },
  { source: "adobe_plugins", label: "Adobe plug-in", platforms: ["darwin", "windows"] },
];

/** Found by Muster's agent on every platform it runs on. */
const AGENT_SOURCES_EVERYWHERE = [
  "chrome_extensions",
  "firefox_addons",
  "vscode_extensions",
  "jetbrains_plugins",
  "go_binaries",
  "rust_binaries",
  "java_archives",
];

/**
 * What Muster's own agent reports, by platform family. On a host that runs osquery beside it, its report of these sources is the one
 * that counts.
 */
export const MUSTER_AGENT_SOURCES: Readonly<Record<"linux" | "darwin" | "windows", readonly string[]>> = {
  linux: [
    "deb_packages",
    "rpm_packages",
    "apk_packages",
    "pacman_packages",
    "snap_packages",
    "flatpak_packages",
    "homebrew_packages",
    "appimages",
    "portable_programs",
    "python_packages",
    "npm_packages",
    ...AGENT_SOURCES_EVERYWHERE,
  ],
  darwin: [
    "apps",
    "safari_extensions",
    "package_receipts",
    "homebrew_packages",
    "python_packages",
    "npm_packages",
    ...AGENT_SOURCES_EVERYWHERE,
  ],
  windows: ["programs", "chocolatey_packages", ...AGENT_SOURCES_EVERYWHERE],
};

/** Is this source Muster's own agent's on a host of this platform family (see {@link MUSTER_AGENT_SOURCES})? */
export function isMusterAgentSource(family: Platform | null, source: string): boolean {
  return family !== null && family !== "chrome" && MUSTER_AGENT_SOURCES[family].includes(source);
}

const LABELS = new Map(SOURCES.map((s) => [s.source, s.label]));

/** The words for a source; an unknown one (a newer agent's) is shown as it is. */
export function sourceLabel(source: string): string {
  return LABELS.get(source) ?? source;
}

export function isKnownSource(source: string): boolean {
  return LABELS.has(source);
}

const NON_LINUX: Record<string, Platform> = { darwin: "darwin", windows: "windows", chrome: "chrome" };
const MOBILE = new Set(["ios", "ipados", "android"]);

/** The family of a host's `platform`. Every distribution name that is not another system's is Linux; mobile and "" are null. */
export function platformFamily(platform: string): Platform | null {
  if (platform === "" || MOBILE.has(platform)) return null;
  return NON_LINUX[platform] ?? "linux";
}
