import { collectDebPackages, isDpkgBusy } from "./deb_packages/collect.ts";
import { collectNpmPackages } from "./npm_packages/collect.ts";
import { collectPythonPackages } from "./python_packages/collect.ts";
import { collectRpmPackages, isRpmBusy } from "./rpm_packages/collect.ts";
import type { Source } from "./source.ts";

/** Every source the agent collects, one folder each. Their order is the order of collection. */
export const COLLECTED_SOURCES: readonly Source[] = [
  { source: "deb_packages", collect: collectDebPackages, busy: isDpkgBusy },
  { source: "rpm_packages", collect: collectRpmPackages, busy: isRpmBusy },
  // Python packages are named after the debs that are installed, so they wait for dpkg too.
  { source: "python_packages", collect: collectPythonPackages, busy: isDpkgBusy },
  { source: "npm_packages", collect: collectNpmPackages },
];
