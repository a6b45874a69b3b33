import { collectChromeExtensions } from "./chrome_extensions/collect.ts";
import { collectFirefoxAddons } from "./firefox_addons/collect.ts";
import { collectGoBinaries } from "./go_binaries/collect.ts";
import { collectJavaArchives } from "./java_archives/collect.ts";
import { collectJetbrainsPlugins } from "./jetbrains_plugins/collect.ts";
import { collectRustBinaries } from "./rust_binaries/collect.ts";
import { LIMITS_SEARCHING } from "./source.ts";
import type { Source } from "./source.ts";
import { collectVscodeExtensions } from "./vscode_extensions/collect.ts";

/** What is found alike on Linux, macOS and Windows: files in homes and in configured directories; no program is run for it. */
export const SOURCES_EVERYWHERE: readonly Source[] = [
  { source: "chrome_extensions", collect: collectChromeExtensions },
  { source: "firefox_addons", collect: collectFirefoxAddons },
  { source: "vscode_extensions", collect: collectVscodeExtensions },
  { source: "jetbrains_plugins", collect: collectJetbrainsPlugins },
  { source: "go_binaries", collect: collectGoBinaries, limits: LIMITS_SEARCHING },
  { source: "rust_binaries", collect: collectRustBinaries, limits: LIMITS_SEARCHING },
  // An archive inside an archive is inflated as a whole, at most three at a time.
  { source: "java_archives", collect: collectJavaArchives, limits: { ...LIMITS_SEARCHING, memory_bytes_max: 256 * 1024 * 1024 } },
];
