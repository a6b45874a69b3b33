import { emptySoftwareEntry } from "#domain/software/software.ts";
import type { SoftwareEntry } from "#domain/software/software.ts";

/**
 * Packages of apk's database of what is installed (apk-package(5), "installed database"): paragraphs of one-letter fields. `P` is
 * the name, `V` the version with Alpine's revision, `A` the architecture, `o` the package it was built from (`origin`). A
 * paragraph without a name or version is no package: apk never writes one.
 *
 * Name, version and arch are the identity, as for pacman; it must not change.
 */
export function parseApkInstalled(text: string): SoftwareEntry[] {
  const entries: SoftwareEntry[] = [];
  for (const paragraph of text.split(/\n\n+/)) {
    const fields = new Map<string, string>();
    for (const line of paragraph.split("\n")) {
      // Lines of files (F, R, a, Z) follow the package's own; what was said first is the package's.
      if (line.charAt(1) === ":" && "PVAo".includes(line.charAt(0)) && !fields.has(line.charAt(0))) {
        fields.set(line.charAt(0), line.slice(2).trim());
      }
    }
    const name = fields.get("P") ?? "";
    const version = fields.get("V") ?? "";
    if (name === "" || version === "") continue;
    // Sub-packages always have the version of their origin: one build makes them all.
    const facts = { source_package: fields.get("o") || name, source_version: version };
    entries.push({ ...emptySoftwareEntry("apk_packages"), name, version, arch: fields.get("A") ?? "", facts });
  }
  return entries;
}
