import type { Source } from "./source.ts";

/** The sources of each platform, loaded only where they are needed. */
const REGISTRIES = {
  linux: async () => (await import("./registry.ts")).COLLECTED_SOURCES,
  darwin: async () => (await import("./registry.darwin.ts")).DARWIN_SOURCES,
  windows: async () => (await import("./registry.windows.ts")).WINDOWS_SOURCES,
} satisfies Record<string, () => Promise<readonly Source[]>>;

/** The name of a platform's list of sources. */
export type RegistryName = keyof typeof REGISTRIES;

export function loadRegistry(name: RegistryName): Promise<readonly Source[]> {
  return REGISTRIES[name]();
}
