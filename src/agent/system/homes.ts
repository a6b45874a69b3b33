import { join } from "node:path";
import { readText } from "./files.ts";

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

/** The home directories that /etc/passwd names, without the root prefix, in order and distinct. */
export async function homeDirectories(root: string): Promise<string[]> {
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
