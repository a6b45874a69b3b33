import { join } from "node:path";
import { platformFamily } from "#domain/software/sources.ts";
import { readText } from "./files.ts";
import { darwinHomes } from "./homes.darwin.ts";
import { parseHomes } from "./homes.ts";
import { windowsHomes } from "./homes.windows.ts";

const PASSWD_BYTES_MAX = 1024 * 1024;

/** A person's account: its name, which is who installed what is found in the home directory. */
export interface UserHome {
  user: string;
  /** Below the root. */
  home: string;
}

/**
 * The accounts of a device that somebody can log in to, with their home directories, each directory once. Accounts without a shell
 * have no editors or browsers; osquery's queries leave them out too (queries/query.ts).
 *
 * @param platform osquery's `os_version.platform`
 */
export async function userHomes(root: string, platform: string): Promise<UserHome[]> {
  const family = platformFamily(platform);
  if (family === "darwin") return (await darwinHomes(root)).map(namedByDirectory);
  if (family === "windows") return (await windowsHomes(root)).map(namedByDirectory);
  return parseUserHomes((await readText(join(root, "/etc/passwd"), PASSWD_BYTES_MAX)) ?? "");
}

/** The names of a Linux device's accounts by their numbers (passwd(5)); of several with one number the first. */
export async function userNames(root: string): Promise<Map<number, string>> {
  const names = new Map<number, string>();
  for (const line of ((await readText(join(root, "/etc/passwd"), PASSWD_BYTES_MAX)) ?? "").split("\n")) {
    const [user = "", , uid = ""] = line.split(":");
    if (user !== "" && /^\d{1,10}$/.test(uid) && !names.has(Number(uid))) names.set(Number(uid), user);
  }
  return names;
}

/** {@link userHomes} of the text of a passwd(5) file. */
export function parseUserHomes(passwd: string): UserHome[] {
  const homes = new Set(parseHomes(passwd));
  const users: UserHome[] = [];
  for (const line of passwd.split("\n")) {
    const [user = "", , , , , home = "", shell = ""] = line.split(":");
    if (user === "" || !homes.has(home) || /\/(?:nologin|false)$/.test(shell)) continue;
    homes.delete(home);
    users.push({ user, home });
  }
  return users;
}

function namedByDirectory(home: string): UserHome {
  return { user: home.slice(Math.max(home.lastIndexOf("/"), home.lastIndexOf("\\")) + 1), home };
}
