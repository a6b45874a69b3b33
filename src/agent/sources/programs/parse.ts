import { emptySoftwareEntry, type SoftwareEntry } from "#domain/software/software.ts";
import type { RegistryKey } from "../../formats/registry-file.ts";

/** An MSI product code or upgrade code as people and osquery write it: a GUID in braces. */
const GUID = /^\{[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\}$/i;

/**
 * Programs, as the uninstall keys of the registry list them: one for each subkey directly below `uninstallKey` that has a display
 * name. Named and identified as osquery's table `programs` does: everything that is there counts, also hidden components and updates.
 *
 * @param upgradeCodes upgrade code by product code, both as GUIDs in braces, upper case ({@link parseUpgradeCodes})
 * @param installedBy the user whose key it is, "" for the machine's
 */
export function parseUninstallKeys(
  keys: RegistryKey[],
  uninstallKey: string,
  upgradeCodes: ReadonlyMap<string, string>,
  installedBy = "",
): SoftwareEntry[] {
  const entries: SoftwareEntry[] = [];
  for (const { path, values } of keys) {
    const name = subkeyName(path, uninstallKey);
    if (name === null) continue;
    const text = (value: string) => String(values.get(value) ?? "");
    if (text("DisplayName") === "") continue;
    const location = text("InstallLocation");
    entries.push({
      ...emptySoftwareEntry("programs"),
      name: text("DisplayName"),
      version: text("DisplayVersion"),
      vendor: text("Publisher"),
      upgrade_code: upgradeCodes.get(name.toUpperCase()) ?? "",
      installed_paths: location === "" ? [] : [location],
      installed_by: installedBy,
    });
  }
  return entries;
}

/** The last part of a key's path when it lies directly below another key; registry paths know no case. */
function subkeyName(path: string, parent: string): string | null {
  const prefix = `${parent.toLowerCase()}\\`;
  if (!path.toLowerCase().startsWith(prefix)) return null;
  const rest = path.slice(prefix.length);
  return rest === "" || rest.includes("\\") ? null : rest;
}

/**
 * Upgrade codes by product code, from Windows Installer's `UpgradeCodes` key: a subkey for each upgrade code, with a value named
 * after each product; both packed.
 */
export function parseUpgradeCodes(keys: RegistryKey[], parent: string): Map<string, string> {
  const codes = new Map<string, string>();
  for (const { path, values } of keys) {
    const upgrade = unpackGuid(subkeyName(path, parent) ?? "");
    if (upgrade === null) continue;
    for (const packed of values.keys()) {
      const product = unpackGuid(packed);
      if (product !== null) codes.set(product, upgrade);
    }
  }
  return codes;
}

/**
 * Windows Installer writes GUIDs packed: 32 digits, the first three groups reversed digit by digit, the rest pair by pair.
 *
 * @example unpackGuid("6EFF6F6BE3F2E3D2381AB4A194C80706") // '{B6F6FFE6-…}'
 */
export function unpackGuid(packed: string): string | null {
  if (!/^[0-9a-f]{32}$/i.test(packed)) return null;
  const reversed = (from: number, to: number) => packed.slice(from, to).split("").toReversed().join("");
  const pairs = (from: number, to: number) => packed.slice(from, to).replaceAll(/(.)(.)/g, "$2$1");
  const groups = [reversed(0, 8), reversed(8, 12), reversed(12, 16), pairs(16, 20), pairs(20, 32)];
  const guid = `{${groups.join("-")}}`.toUpperCase();
  return GUID.test(guid) ? guid : null;
}

/**
 * Store packages (AppX, MSIX) of one user, from the package repository in the registry: a key for each, named
 * `Name_Version_Architecture_Resource_Publisher`. A display name that is only a reference into the package's resources
 * (`@{…}`, `ms-resource:…`) says nothing here; the package's own name is taken then.
 */
export function parseAppxPackages(keys: RegistryKey[], parent: string, installedBy: string): SoftwareEntry[] {
  const entries: SoftwareEntry[] = [];
  for (const { path, values } of keys) {
    const match = /^([^_]+)_(\d+(?:\.\d+){1,3})_([^_]*)_([^_]*)_([a-z0-9]{13})$/i.exec(subkeyName(path, parent) ?? "");
    if (match === null) continue;
    const [, name = "", version = ""] = match;
    const display = String(values.get("DisplayName") ?? "");
    const root = String(values.get("PackageRootFolder") ?? "");
    entries.push({
      ...emptySoftwareEntry("programs"),
      name: display === "" || display.startsWith("@{") || display.startsWith("ms-resource:") ? name : display,
      version,
      installed_paths: root === "" ? [] : [root],
      installed_by: installedBy,
    });
  }
  return entries;
}

/** The SIDs of people among the keys directly below `HKEY_USERS`: local and domain accounts, not services, not their `_Classes`. */
export function userSids(paths: string[]): string[] {
  const sids = paths.map((path) => /^HKEY_USERS\\(S-1-(?:5-21|12-1)(?:-\d+)+)$/i.exec(path)?.[1]);
  return [...new Set(sids.filter((sid) => sid !== undefined))];
}

/** Names of accounts by SID, from the profile list: the last part of the profile's directory. */
export function profileNames(keys: RegistryKey[], parent: string): Map<string, string> {
  const names = new Map<string, string>();
  for (const { path, values } of keys) {
    const sid = subkeyName(path, parent);
    const directory = String(values.get("ProfileImagePath") ?? "");
    if (sid !== null && directory !== "") names.set(sid, directory.slice(directory.lastIndexOf("\\") + 1));
  }
  return names;
}
