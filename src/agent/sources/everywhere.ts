import { LIMITS_SEARCHING } from "./source.ts";
import type { Source } from "./source.ts";

/** What is found alike on Linux, macOS and Windows: files in homes and in configured directories; no program is run for it. Loaded when called (registry.ts). */
export const SOURCES_EVERYWHERE: readonly Source[] = [
  {
    source: "chrome_extensions",
    collect: async (context) => (await import("./chrome_extensions/collect.ts")).collectChromeExtensions(context),
  },
  {
    source: "firefox_addons",
    collect: async (context) => (await import("./firefox_addons/collect.ts")).collectFirefoxAddons(context),
  },
  {
    source: "vscode_extensions",
    collect: async (context) => (await import("./vscode_extensions/collect.ts")).collectVscodeExtensions(context),
  },
  {
    source: "jetbrains_plugins",
    collect: async (context) => (await import("./jetbrains_plugins/collect.ts")).collectJetbrainsPlugins(context),
  },
  {
    source: "go_binaries",
    collect: async (context) => (await import("./go_binaries/collect.ts")).collectGoBinaries(context),
    limits: LIMITS_SEARCHING,
  },
  {
    source: "rust_binaries",
    collect: async (context) => (await import("./rust_binaries/collect.ts")).collectRustBinaries(context),
    limits: LIMITS_SEARCHING,
  },
  // An archive inside an archive is inflated as a whole, at most three at a time.
  {
    source: "java_archives",
    collect: async (context) => (await import("./java_archives/collect.ts")).collectJavaArchives(context),
    limits: { ...LIMITS_SEARCHING, memory_bytes_max: 256 * 1024 * 1024 },
  },
];
