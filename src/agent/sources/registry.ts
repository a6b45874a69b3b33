import { SOURCES_EVERYWHERE } from "./everywhere.ts";
import { LIMITS_SEARCHING } from "./source.ts";
import type { Source } from "./source.ts";

/**
 * Every source the agent collects, one folder each. Their order is the order of collection.
 *
 * Collectors are loaded when they are called, which is in the process that collects: the agent itself, which lives on, never holds
 * them in memory.
 */
export const COLLECTED_SOURCES: readonly Source[] = [
  {
    source: "deb_packages",
    collect: async (context) => (await import("./deb_packages/collect.ts")).collectDebPackages(context),
    busy: async (root) => (await import("./deb_packages/collect.ts")).isDpkgBusy(root),
  },
  {
    source: "rpm_packages",
    collect: async (context) => (await import("./rpm_packages/collect.ts")).collectRpmPackages(context),
    busy: async (root) => (await import("./rpm_packages/collect.ts")).isRpmBusy(root),
  },
  {
    source: "apk_packages",
    collect: async (context) => (await import("./apk_packages/collect.ts")).collectApkPackages(context),
    busy: async (root) => (await import("./apk_packages/collect.ts")).isApkBusy(root),
  },
  {
    source: "pacman_packages",
    collect: async (context) => (await import("./pacman_packages/collect.ts")).collectPacmanPackages(context),
    busy: async (root) => (await import("./pacman_packages/collect.ts")).isPacmanBusy(root),
  },
  {
    source: "snap_packages",
    collect: async (context) => (await import("./snap_packages/collect.ts")).collectSnapPackages(context),
  },
  {
    source: "flatpak_packages",
    collect: async (context) => (await import("./flatpak_packages/collect.ts")).collectFlatpakPackages(context),
  },
  {
    source: "homebrew_packages",
    collect: async (context) => (await import("./homebrew_packages/collect.ts")).collectHomebrewPackages(context),
  },
  // Python packages are named after the debs that are installed, so they wait for dpkg too.
  {
    source: "python_packages",
    collect: async (context) => (await import("./python_packages/collect.ts")).collectPythonPackages(context),
    busy: async (root) => (await import("./deb_packages/collect.ts")).isDpkgBusy(root),
  },
  { source: "npm_packages", collect: async (context) => (await import("./npm_packages/collect.ts")).collectNpmPackages(context) },
  {
    source: "appimages",
    collect: async (context) => (await import("./appimages/collect.ts")).collectAppImages(context),
    limits: LIMITS_SEARCHING,
  },
  {
    source: "portable_programs",
    collect: async (context) => (await import("./portable_programs/collect.ts")).collectPortablePrograms(context),
    limits: LIMITS_SEARCHING,
  },
  ...SOURCES_EVERYWHERE,
];
