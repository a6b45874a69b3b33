import { SOURCES_EVERYWHERE } from "./everywhere.ts";
import { collectApkPackages, isApkBusy } from "./apk_packages/collect.ts";
import { collectAppImages } from "./appimages/collect.ts";
import { collectDebPackages, isDpkgBusy } from "./deb_packages/collect.ts";
import { collectFlatpakPackages } from "./flatpak_packages/collect.ts";
import { collectHomebrewPackages } from "./homebrew_packages/collect.ts";
import { collectNpmPackages } from "./npm_packages/collect.ts";
import { collectPacmanPackages, isPacmanBusy } from "./pacman_packages/collect.ts";
import { collectPortablePrograms } from "./portable_programs/collect.ts";
import { collectPythonPackages } from "./python_packages/collect.ts";
import { collectRpmPackages, isRpmBusy } from "./rpm_packages/collect.ts";
import { collectSnapPackages } from "./snap_packages/collect.ts";
import { LIMITS_SEARCHING } from "./source.ts";
import type { Source } from "./source.ts";

/** Every source the agent collects, one folder each. Their order is the order of collection. */
export const COLLECTED_SOURCES: readonly Source[] = [
  { source: "deb_packages", collect: collectDebPackages, busy: isDpkgBusy },
  { source: "rpm_packages", collect: collectRpmPackages, busy: isRpmBusy },
  { source: "apk_packages", collect: collectApkPackages, busy: isApkBusy },
  { source: "pacman_packages", collect: collectPacmanPackages, busy: isPacmanBusy },
  { source: "snap_packages", collect: collectSnapPackages },
  { source: "flatpak_packages", collect: collectFlatpakPackages },
  { source: "homebrew_packages", collect: collectHomebrewPackages },
  // Python packages are named after the debs that are installed, so they wait for dpkg too.
  { source: "python_packages", collect: collectPythonPackages, busy: isDpkgBusy },
  { source: "npm_packages", collect: collectNpmPackages },
  { source: "appimages", collect: collectAppImages, limits: LIMITS_SEARCHING },
  { source: "portable_programs", collect: collectPortablePrograms, limits: LIMITS_SEARCHING },
  ...SOURCES_EVERYWHERE,
];
