import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmod, chown, mkdir, mkdtemp, open, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { DatabaseError } from "../database-error.ts";
import type { Account, Binaries } from "./binaries.ts";

export const DATABASE_USER = "muster";
export const PASSWORD_FILE = "muster.password";
/** A staging directory this old belongs to a start that was killed; initdb takes seconds. */
const STAGING_AGE_MS = 10 * 60_000;

/**
 * Makes the database directory when there is none, and returns the password of its user.
 *
 * initdb runs in a staging directory beside it, which gets its name only when complete: a start that is killed or loses power
 * half-way leaves nothing that the next one could mistake for a database.
 *
 * @throws {DatabaseError} when the directory cannot be made, is of another PostgreSQL version, or is no database
 */
export async function prepareCluster(directory: string, binaries: Binaries): Promise<string> {
  await removeOldStaging(directory);
  if (await isMissingOrEmpty(directory)) await createCluster(directory, binaries);
  const found = await readFile(join(directory, "PG_VERSION"), "utf8").catch(() => null);
  if (found === null) {
    const remedy = "restore it from a backup, or move it away to start with an empty database";
    throw new DatabaseError(`${directory} is not a complete database (PG_VERSION cannot be read); ${remedy}.`);
  }
  if (Number(found) !== binaries.major) {
    const versions = `PostgreSQL ${found.trim()}, this Muster brings ${binaries.major}`;
    throw new DatabaseError(
      `The database in ${directory} was made by ${versions}; start it with that version and dump it first.`,
    );
  }
  const password = await readFile(join(directory, PASSWORD_FILE), "utf8").catch(() => null);
  if (password === null) {
    const remedy = "restore the file from a backup";
    throw new DatabaseError(`${join(directory, PASSWORD_FILE)} is missing, without it the database cannot be used; ${remedy}.`);
  }
  return password;
}

async function isMissingOrEmpty(directory: string): Promise<boolean> {
  try {
    return (await readdir(directory)).length === 0;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return true;
    throw new DatabaseError(`The database directory ${directory} cannot be read (${(error as Error).message}).`, error);
  }
}

async function createCluster(directory: string, binaries: Binaries): Promise<void> {
  const staging = await makeStaging(directory);
  try {
    const cluster = join(staging, "cluster");
    const password = randomBytes(24).toString("base64url");
    await mkdir(cluster, { mode: 0o700 });
    await writeFile(join(staging, PASSWORD_FILE), password, { mode: 0o600 });
    await own([staging, cluster, join(staging, PASSWORD_FILE)], binaries.account);
    await runInitdb(cluster, binaries);
    await writeSynced(join(cluster, PASSWORD_FILE), password);
    await own([join(cluster, PASSWORD_FILE)], binaries.account);
    await rename(cluster, directory).catch((error: NodeJS.ErrnoException) => {
      // another start was faster and made a complete one
      if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
    });
    await syncDirectory(dirname(directory));
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

async function makeStaging(directory: string): Promise<string> {
  try {
    await mkdir(dirname(directory), { recursive: true });
    return await mkdtemp(`${directory}.new-`);
  } catch (error) {
    const remedy = "make it writable or choose another one with MUSTER_DATA_DIR";
    throw new DatabaseError(`The data directory ${dirname(directory)} is not writable; ${remedy}.`, error);
  }
}

async function own(paths: string[], account: Account): Promise<void> {
  if (account === null) return;
  await Promise.all(paths.map((path) => chown(path, account.uid, account.gid)));
}

/**
 * initdb in a directory whose ancestors its account may not be allowed to pass (a clone under /root): the working directory is
 * entered before the account changes, and `/proc/self/cwd` reaches it without passing the ancestors.
 */
async function runInitdb(cluster: string, binaries: Binaries): Promise<void> {
  const locale =
    binaries.major >= 17 ? ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"] : ["--locale=C.UTF-8"];
  const options = [`--username=${DATABASE_USER}`, `--pwfile=../${PASSWORD_FILE}`, "--encoding=UTF8", ...locale];
  const access = ["--auth-local=scram-sha-256", "--auth-host=reject"];
  const child = spawn(join(binaries.directory, "initdb"), ["-D", reachable(cluster), ...options, ...access], {
    cwd: cluster,
    env: childEnvironment(),
    detached: true,
    stdio: ["ignore", "ignore", "pipe"],
    ...binaries.account,
  });
  let errors = "";
  child.stderr.on("data", (chunk: Buffer) => (errors = (errors + chunk.toString()).slice(-2000)));
  const { promise, resolve } = Promise.withResolvers<string | null>();
  child.once("error", (error) => resolve(error.message));
  child.once("close", (code) => resolve(code === 0 ? null : (errors.trim().split("\n").at(-1) ?? `exit code ${code}`)));
  const failure = await promise;
  if (failure !== null) throw new DatabaseError(`The database could not be made in ${dirname(cluster)}: ${failure}`);
}

/** How the database's account names its working directory, whether or not it may pass the ancestors. */
export function reachable(directory: string): string {
  return process.platform === "linux" ? "/proc/self/cwd" : directory;
}

/** The little that PostgreSQL needs of the environment; Muster's own holds secrets. */
export function childEnvironment(): NodeJS.ProcessEnv {
  return { PATH: process.env["PATH"] ?? "/usr/bin:/bin", LC_ALL: "C", TZ: "UTC" };
}

async function removeOldStaging(directory: string): Promise<void> {
  const parent = dirname(directory);
  const names = await readdir(parent).catch(() => []);
  const staging = names.filter((name) => name.startsWith(`${basename(directory)}.new-`)).map((name) => join(parent, name));
  for (const path of staging) {
    const found = await stat(path).catch(() => null);
    if (found !== null && Date.now() - found.mtimeMs > STAGING_AGE_MS) await rm(path, { recursive: true, force: true });
  }
}

async function writeSynced(path: string, content: string): Promise<void> {
  const file = await open(path, "w", 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
  await chmod(path, 0o600);
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
