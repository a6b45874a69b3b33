import { dirname, join } from "node:path";
import { tellEpochs } from "#domain/software/package-facts.ts";
import { ProgramError, programPath, runProgram } from "../../system/exec.ts";
import { fileMark } from "../../system/files.ts";
import { isLocked } from "../../system/locks.ts";
import { checkRows, CollectError } from "../source.ts";
import type { CollectContext, Collected } from "../source.ts";
import { dnfInstalledBy } from "./installed-by.ts";
import { parseRpmQuery, RPM_QUERY_FORMATS } from "./parse.ts";

/** Where distributions keep the database; the second since Fedora 36 and in SUSE. */
const DIRECTORIES = ["/var/lib/rpm", "/usr/lib/sysimage/rpm"];
/** Its main file by kind of database: sqlite, ndb, Berkeley DB. Journals beside it change on every read and tell nothing. */
const FILES = ["rpmdb.sqlite", "Packages.db", "Packages"];
const DATABASES = DIRECTORIES.flatMap((directory) => FILES.map((file) => `${directory}/${file}`));

const TIMEOUT_MS = 60_000;
const OUTPUT_BYTES_MAX = 64 * 1024 * 1024;

/**
 * The packages of the rpm database, by rpm itself: its three database formats are no interface. With who asked dnf for them, where that
 * is known. None on a machine without a
 * database (a Debian machine may well have the tool).
 */
export async function collectRpmPackages(context: CollectContext): Promise<Collected> {
  const { root, signal } = context;
  const marks = await Promise.all(DATABASES.map((path) => fileMark(join(root, path))));
  const found = DATABASES[marks.findIndex((mark) => mark !== "absent")];
  if (found === undefined) return { entries: [], markers: DATABASES };
  if ((await programPath("rpm")) === null) {
    throw new CollectError("program_failed", "There is an rpm database but no /usr/bin/rpm to read it.");
  }
  try {
    const entries = tellEpochs(parseRpmQuery(await queryRpm(join(root, dirname(found)), signal)));
    checkRows(entries.length);
    const installedBy = await dnfInstalledBy(context);
    return { entries: entries.map((e) => ({ ...e, installed_by: installedBy.get(e.name) ?? "" })), markers: DATABASES };
  } catch (error) {
    if (error instanceof ProgramError) throw new CollectError("program_failed", error.message);
    throw error;
  }
}

/** What rpm answers in the fullest format that it knows. */
async function queryRpm(database: string, signal: AbortSignal): Promise<string> {
  const [full = "", plain = ""] = RPM_QUERY_FORMATS;
  // The path is named because Debian's rpm would look into the home directory instead.
  const args = ["-qa", "--dbpath", database, "--queryformat"];
  const limits = { timeoutMs: TIMEOUT_MS, outputBytesMax: OUTPUT_BYTES_MAX, signal };
  try {
    return await runProgram("rpm", [...args, full], limits);
  } catch (error) {
    if (!(error instanceof ProgramError) || signal.aborted) throw error;
    return await runProgram("rpm", [...args, plain], limits);
  }
}

/** True while an rpm transaction runs: rpm holds a lock beside its database for the time. */
export async function isRpmBusy(root: string): Promise<boolean> {
  return isLocked(DIRECTORIES.map((directory) => join(root, directory, ".rpm.lock")));
}
