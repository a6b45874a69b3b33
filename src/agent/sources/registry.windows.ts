import { SOURCES_EVERYWHERE } from "./everywhere.ts";
import { collectChocolateyPackages } from "./chocolatey_packages/collect.windows.ts";
import { collectPrograms } from "./programs/collect.windows.ts";
import type { Source } from "./source.ts";

/** Every source the agent collects on Windows. */
export const WINDOWS_SOURCES: readonly Source[] = [
  { source: "programs", collect: collectPrograms },
  { source: "chocolatey_packages", collect: collectChocolateyPackages },
  ...SOURCES_EVERYWHERE,
];
