import { readFile } from "node:fs/promises";
import { isAbsolute, join, resolve } from "node:path";
import { DATABASE_USER, PASSWORD_FILE } from "./cluster.ts";
import { isPostmasterOf, readPostmasterFile } from "./postmaster.ts";

/**
 * The address of the embedded PostgreSQL of a data directory that another process of Muster runs at this moment; null when none runs. For programs on
 * the server's machine that work beside the server.
 */
export async function runningEmbeddedAddress(databaseDirectory: string, databaseName: string): Promise<string | null> {
  const directory = resolve(databaseDirectory);
  const file = await readPostmasterFile(directory);
  if (file === null || !(await isPostmasterOf(file.pid, directory))) return null;
  const password = await readFile(join(directory, PASSWORD_FILE), "utf8");
  const host = encodeURIComponent(isAbsolute(file.socketDirectory) ? file.socketDirectory : directory);
  return `postgres://${DATABASE_USER}:${password.trim()}@/${databaseName}?host=${host}&port=5432`;
}
