import { join } from "node:path";
import type { SoftwareEntry } from "#domain/software/software.ts";
import { FormatError, type ByteSource } from "../../formats/byte-source.ts";
import { readExecutable, readSection } from "../../formats/executable.ts";
import { FileRefusedError, isForbidden, readText } from "../../system/files.ts";
import { userHomes } from "../../system/users.ts";
import { findPrograms } from "../find-programs.ts";
import { checkRows, checkTime } from "../source.ts";
import type { CollectContext, Collected } from "../source.ts";
import { crateEntry, parseAuditableSection, parseCargoInstalls } from "./parse.ts";
import type { RustCrate } from "./parse.ts";

const SECTION = ".dep-v0";
const SECTION_BYTES_MAX = 1024 * 1024;
const RECORD = ".crates2.json";
const RECORD_BYTES_MAX = 16 * 1024 * 1024;

/**
 * The Rust programs of this device that no package brought, with the crates they are built from, of those that carry the list
 * (cargo-auditable, or cargo's own option); and what `cargo install` recorded of the others.
 */
export async function collectRustBinaries(context: CollectContext): Promise<Collected> {
  const rows = new Map<string, SoftwareEntry>();
  const add = (entry: SoftwareEntry) => {
    const key = `${entry.name}\n${entry.version}`;
    const known = rows.get(key);
    if (known === undefined) rows.set(key, entry);
    else known.installed_paths.push(...entry.installed_paths);
    checkRows(rows.size);
  };
  const { found, markers } = await findPrograms(context, readCrates);
  for (const { path, user, value } of found) {
    for (const crate of value) add(crateEntry(crate, [path], user));
  }
  const records = await installRecords(context);
  for (const record of records) for (const entry of await installedCrates(context, record)) add(entry);
  return { entries: [...rows.values()], markers: [...records.map(({ path }) => path), ...markers] };
}

async function readCrates(file: ByteSource): Promise<RustCrate[] | null> {
  const executable = await readExecutable(file);
  if (executable === null) return null;
  try {
    const section = await readSection(executable, SECTION, SECTION_BYTES_MAX);
    return section === null ? null : parseAuditableSection(section);
  } catch (error) {
    if (error instanceof FormatError) return null;
    throw error;
  }
}

interface InstallRecord {
  /** Of the file; its programs are in `bin` beside it. */
  path: string;
  directory: string;
  user: string;
}

/** Cargo's records: of every user, and of `cargo install --root /usr/local`. */
async function installRecords({ root, platform }: CollectContext): Promise<InstallRecord[]> {
  const homes = await userHomes(root, platform);
  const directories = [
    ...homes.map(({ user, home }) => ({ user, directory: `${home}/.cargo` })),
    { user: "", directory: "/usr/local" },
  ];
  return directories.map(({ user, directory }) => ({ user, directory, path: `${directory}/${RECORD}` }));
}

async function installedCrates({ root, signal }: CollectContext, record: InstallRecord): Promise<SoftwareEntry[]> {
  checkTime(signal);
  const installs = parseCargoInstalls(await readRecord(join(root, record.path)));
  return installs.map(({ programs, ...crate }) =>
    crateEntry(
      crate,
      programs.map((program) => `${record.directory}/bin/${program}`),
      record.user,
    ),
  );
}

async function readRecord(path: string): Promise<string> {
  try {
    return (await readText(path, RECORD_BYTES_MAX)) ?? "";
  } catch (error) {
    if (isForbidden(error) || error instanceof FileRefusedError) return "";
    throw error;
  }
}
