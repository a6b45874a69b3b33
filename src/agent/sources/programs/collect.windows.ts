import type { SoftwareEntry } from "#domain/software/software.ts";
import { createRegistry, type Registry } from "../../system/registry.windows.ts";
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
export async function collectPrograms(context: CollectContext, registry: Registry = createRegistry()): Promise<Collected> {
  const { signal } = context;
  const codes = parseUpgradeCodes(await registry.exportKey(INSTALLER, "64", signal), INSTALLER);
  const entries: SoftwareEntry[] = [];
  for (const view of VIEWS) {
    const key = `HKEY_LOCAL_MACHINE\\${UNINSTALL}`;
    entries.push(...parseUninstallKeys(await registry.exportKey(key, view, signal), key, codes));
  }
  const names = profileNames(await registry.exportKey(PROFILES, "64", signal), PROFILES);
  for (const sid of userSids(await registry.subkeysOf("HKEY_USERS", "64", signal))) {
    checkTime(signal);
    entries.push(...(await programsOfUser(registry, signal, { sid, name: names.get(sid) ?? "" }, codes)));
    checkRows(entries.length);
  }
  // the registry is no file that could be watched: the source is read again at its interval
  return { entries, markers: [] };
}

async function programsOfUser(
  registry: Registry,
  signal: AbortSignal,
  user: { sid: string; name: string },
  codes: ReadonlyMap<string, string>,
): Promise<SoftwareEntry[]> {
  const entries: SoftwareEntry[] = [];
  for (const view of VIEWS) {
    const key = `HKEY_USERS\\${user.sid}\\${UNINSTALL}`;
    entries.push(...parseUninstallKeys(await registry.exportKey(key, view, signal), key, codes, user.name));
  }
  const packages = `HKEY_USERS\\${user.sid}_Classes\\${APPX}`;
  entries.push(...parseAppxPackages(await registry.exportKey(packages, "64", signal), packages, user.name));
  return entries;
}
