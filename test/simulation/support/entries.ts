import { emptySoftwareEntry } from "#domain/software/software.ts";
import type { SoftwareEntry } from "#domain/software/software.ts";
import type { Holdings } from "./muster-device.ts";

/** A Debian package. */
export function deb(name: string, version = "1.0-1", more: Partial<SoftwareEntry> = {}): SoftwareEntry {
  return { ...emptySoftwareEntry("deb_packages"), name, version, ...more };
}

/** `count` packages `<name>-<i>`. */
export function debs(count: number, name = "package", version = "1.0-1"): SoftwareEntry[] {
  return Array.from({ length: count }, (_, i) => deb(`${name}-${i}`, version));
}

export function holding(...entries: SoftwareEntry[]): Holdings {
  return Map.groupBy(entries, ({ source }) => source);
}
