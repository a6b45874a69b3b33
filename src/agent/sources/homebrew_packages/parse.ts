import { emptySoftwareEntry } from "#domain/software/software.ts";
import type { SoftwareEntry } from "#domain/software/software.ts";

/** Names and versions are those of directories; these begin with a dot: `.keepme`, `.metadata`. */
export function isHomebrewName(name: string): boolean {
  return name !== "" && !name.startsWith(".");
}

/**
 * One version of a formula or cask as a row. As osquery has it (table `homebrew_packages`): the name is that of the directory in
 * the Cellar or Caskroom, the version that of the directory in it, with Homebrew's own revision (`1.2.3_1`), and the path is the
 * former's. Name and version are the identity, which must not change.
 *
 * @param tap where the formula came from, of the receipt; "" when unknown
 */
export function homebrewEntry(path: string, version: string, tap: string, installedBy: string): SoftwareEntry {
  return {
    ...emptySoftwareEntry("homebrew_packages"),
    name: path.slice(path.lastIndexOf("/") + 1),
    version,
    installed_paths: [path],
    installed_by: installedBy,
    facts: tap === "" ? null : { origin: tap },
  };
}

/** The tap (repository of formulae) in a keg's INSTALL_RECEIPT.json; "" when it does not say. */
export function receiptTap(text: string): string {
  try {
    const receipt = JSON.parse(text) as { source?: { tap?: unknown } | null } | null;
    const tap = receipt?.source?.tap;
    return typeof tap === "string" ? tap : "";
  } catch {
    return "";
  }
}
