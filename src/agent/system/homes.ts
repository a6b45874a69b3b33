import { stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { readText } from "./files.ts";
import { darwinHomes } from "./homes.darwin.ts";

const PASSWD_BYTES_MAX = 1024 * 1024;
/** Home directories of accounts that people or build tools use; more would be a directory service, not a device. */
const HOMES_MAX = 200;
/** Homes of system accounts that are no homes. */
const NOT_HOMES = new Set([
  "/",
  "/nonexistent",
  "/bin",
  "/sbin",
  "/usr/bin",
  "/usr/sbin",
  "/dev",
  "/proc",
  "/run",
  "/var/run",
  "/var/empty",
]);

/**
 * The home directories that /etc/passwd names (on macOS those in /Users), without the root prefix, in order and distinct.
 *
 * @param platform osquery's `os_version.platform`
 */
export async function homeDirectories(root: string, platform = "linux"): Promise<string[]> {
  if (platform === "darwin") return darwinHomes(root);
  return parseHomes((await readText(join(root, "/etc/passwd"), PASSWD_BYTES_MAX)) ?? "");
}

/** {@link homeDirectories} of the text of a passwd(5) file. */
export function parseHomes(passwd: string): string[] {
  const homes = passwd
    .split("\n")
    .map((line) => line.split(":")[5] ?? "")
    .filter((home) => home.startsWith("/") && !home.includes("/../") && !NOT_HOMES.has(home));
  return [...new Set(homes)].slice(0, HOMES_MAX);
}

/** An account of passwd(5), with what tells whose a file is. */
export interface Account {
  user: string;
  uid: number;
  home: string;
  /** A person's account or root's, not a service's. */
  person: boolean;
}

/**
 * The accounts of a device: those of /etc/passwd; on macOS, which keeps people elsewhere, those who have a home in /Users.
 *
 * @param platform osquery's `os_version.platform`
 */
export async function accounts(root: string, platform = "linux"): Promise<Account[]> {
  if (platform === "darwin") return darwinAccounts(root);
  return parseAccounts((await readText(join(root, "/etc/passwd"), PASSWD_BYTES_MAX)) ?? "");
}

/** {@link accounts} of the text of a passwd(5) file; lines that are none are left out. */
export function parseAccounts(passwd: string): Account[] {
  const found: Account[] = [];
  for (const line of passwd.split("\n")) {
    const [user = "", , uid = "", , , home = ""] = line.split(":");
    if (user !== "" && /^\d{1,10}$/.test(uid)) found.push({ user, uid: Number(uid), home, person: isPerson(Number(uid)) });
  }
  return found;
}

async function darwinAccounts(root: string): Promise<Account[]> {
  const homes = await darwinHomes(root);
  return Promise.all(
    homes.map(async (home) => {
      const { uid } = await stat(join(root, home));
      return { user: basename(home), uid, home, person: true };
    }),
  );
}

/** Accounts of people begin here (login.defs(5), UID_MIN); below are root and those of services. */
const PERSON_UID_MIN = 1000;
const NOBODY_UID = 65_534;

function isPerson(uid: number): boolean {
  return uid === 0 || (uid >= PERSON_UID_MIN && uid !== NOBODY_UID);
}

/**
 * Who installed what lies at a path, when it lies in the home directory of a person or of root: that account. "" elsewhere: what
 * lies in a directory of the system says nothing about who put it there.
 */
export function homeOwner(known: readonly Account[], path: string): string {
  let owner = "";
  let length = 0;
  for (const { user, home, person } of known) {
    if (!person || NOT_HOMES.has(home) || home.length <= length || !path.startsWith(`${home}/`)) continue;
    owner = user;
    length = home.length;
  }
  return owner;
}
