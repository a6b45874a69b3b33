import { chmod, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import type { CliIo } from "./io.ts";
import { variable } from "./io.ts";
import { CliError, EXIT } from "./exit-codes.ts";

export interface Login {
  token: string;
  email: string;
}

/** What `muster login` keeps: one token a server, and which server was logged in to last. */
export interface Logins {
  server: string | null;
  logins: Record<string, Login>;
}

/** The file of saved logins: in the user's configuration directory, as the platform has it. */
export function loginsFile(io: CliIo): string {
  const home = variable(io, "HOME") ?? homedir();
  const windows = process.platform === "win32" ? variable(io, "APPDATA") : undefined;
  return join(variable(io, "XDG_CONFIG_HOME") ?? windows ?? join(home, ".config"), "muster", "logins.json");
}

/** @throws {CliError} when the file exists and is not what {@link saveLogins} wrote. */
export async function readLogins(io: CliIo): Promise<Logins> {
  const file = loginsFile(io);
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return { server: null, logins: {} };
    throw new CliError(EXIT.failure, `Cannot read the saved logins in ${file}: ${(error as Error).message}.`, error);
  }
  const logins = parseLogins(text);
  if (logins === null) throw new CliError(EXIT.failure, `${file} does not hold saved logins; delete it and log in again.`);
  return logins;
}

function parseLogins(text: string): Logins | null {
  try {
    const value = JSON.parse(text) as Partial<Logins> | null;
    const sound = typeof value?.logins === "object" && value.logins !== null && Object.values(value.logins).every(isLogin);
    return sound ? { server: typeof value.server === "string" ? value.server : null, logins: value.logins ?? {} } : null;
  } catch {
    return null;
  }
}

function isLogin(value: unknown): value is Login {
  return typeof value === "object" && value !== null && "token" in value && typeof value.token === "string";
}

/**
 * Writes the logins so that no other user can read them at any moment, and so that a crash leaves the old file or the new one.
 *
 * @throws {CliError} when the directory cannot be written.
 */
export async function saveLogins(io: CliIo, logins: Logins): Promise<void> {
  const file = loginsFile(io);
  const fresh = `${file}.${process.pid}.new`;
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await writeFile(fresh, `${JSON.stringify(logins, null, 2)}\n`, { mode: 0o600, flag: "w" });
    await chmod(fresh, 0o600); // a file of that name that was there before would have kept its mode
    await rename(fresh, file);
  } catch (error) {
    await rm(fresh, { force: true }).catch(() => undefined);
    throw new CliError(EXIT.failure, `Cannot keep the login in ${file}: ${(error as Error).message}.`, error);
  }
}
