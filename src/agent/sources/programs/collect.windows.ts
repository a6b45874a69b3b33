import type { SoftwareEntry } from "#domain/software/software.ts";
import type { RegistryKey } from "../../formats/registry-file.ts";
import { exportKey, subkeysOf } from "../../system/registry.windows.ts";
import { checkRows, checkTime } from "../source.ts";
import type { CollectContext, Collected } from "../source.ts";
import { parseAppxPackages, parseUninstallKeys, parseUpgradeCodes, profileNames, userSids } from "./parse.ts";

const UNINSTALL = String.raw`SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall`;
const INSTALLER = String.raw`HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows\CurrentVersion\Installer\UpgradeCodes`;
const PROFILES = String.raw`HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows NT\CurrentVersion\ProfileList`;
const APPX = String.raw`Local Settings\Software\Microsoft\Windows\CurrentVersion\AppModel\Repository\Packages`;
const VIEWS = ["64", "32"] as const;

/**
 * The programs of this Windows machine: the uninstall keys of both registry views and of every user who is logged in or whose hive is
 * loaded, with the upgrade codes of Windows Installer; and the Store packages of those users.
 */
export async function collectPrograms(context: CollectContext): Promise<Collected> {
  const codes = parseUpgradeCodes(await exportKey(INSTALLER, "64", context.signal), INSTALLER);
  const entries: SoftwareEntry[] = [];
  for (const view of VIEWS) {
    const key = `HKEY_LOCAL_MACHINE\\${UNINSTALL}`;
    entries.push(...parseUninstallKeys(await exportKey(key, view, context.signal), key, codes));
  }
  const names = profileNames(await exportKey(PROFILES, "64", context.signal), PROFILES);
  for (const sid of userSids(await usersKeys(context))) {
    checkTime(context.signal);
    entries.push(...(await programsOfUser(context, sid, names.get(sid) ?? "", codes)));
    checkRows(entries.length);
  }
  // the registry is no file that could be watched: the source is read again at its interval
  return { entries, markers: [] };
}

async function usersKeys(context: CollectContext): Promise<RegistryKey[]> {
  const paths = await subkeysOf("HKEY_USERS", context.signal);
  return paths.map((path) => ({ path, values: new Map() }));
}

async function programsOfUser(
  { signal }: CollectContext,
  sid: string,
  user: string,
  codes: ReadonlyMap<string, string>,
): Promise<SoftwareEntry[]> {
  const entries: SoftwareEntry[] = [];
  for (const view of VIEWS) {
    const key = `HKEY_USERS\\${sid}\\${UNINSTALL}`;
    entries.push(...parseUninstallKeys(await exportKey(key, view, signal), key, codes, user));
  }
  const packages = `HKEY_USERS\\${sid}_Classes\\${APPX}`;
  entries.push(...parseAppxPackages(await exportKey(packages, "64", signal), packages, user));
  return entries;
}
