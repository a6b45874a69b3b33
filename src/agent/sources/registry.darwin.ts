import { SOURCES_EVERYWHERE } from "./everywhere.ts";
import { collectApps } from "./apps/collect.darwin.ts";
import { collectHomebrewPackages } from "./homebrew_packages/collect.ts";
import { collectNpmPackages } from "./npm_packages/collect.ts";
import { collectPackageReceipts } from "./package_receipts/collect.darwin.ts";
import { collectPythonPackages } from "./python_packages/collect.ts";
import { collectSafariExtensions } from "./safari_extensions/collect.darwin.ts";
import { LIMITS_SEARCHING } from "./source.ts";
import type { Source } from "./source.ts";

/** Every source the agent collects on macOS. */
export const DARWIN_SOURCES: readonly Source[] = [
  { source: "apps", collect: collectApps, limits: { ...LIMITS_SEARCHING, interval_seconds: 3600 } },
  { source: "safari_extensions", collect: collectSafariExtensions },
  { source: "package_receipts", collect: collectPackageReceipts },
  { source: "homebrew_packages", collect: collectHomebrewPackages },
  { source: "python_packages", collect: collectPythonPackages },
  { source: "npm_packages", collect: collectNpmPackages },
  ...SOURCES_EVERYWHERE,
];
