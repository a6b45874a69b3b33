import { type OsqueryQuery, whereTableExists } from "./query.ts";

// Acrobat's paid and free editions dropped "DC" from their names; the registry still tells them from the old, unrelated Acrobat
const PROGRAM_COLUMNS = String.raw`name, version, publisher, install_location,
EXISTS (SELECT 1 FROM registry WHERE key = 'HKEY_LOCAL_MACHINE\SOFTWARE\Adobe\Adobe Acrobat\DC') AS acrobat_dc`;

/** Programs that were put there without an installer: executables directly in Program Files or one folder below. */
const EXECUTABLES = String.raw`FROM file
WHERE path LIKE 'C:\Program Files\%.exe' OR path LIKE 'C:\Program Files\%\%.exe'
OR path LIKE 'C:\Program Files (x86)\%.exe' OR path LIKE 'C:\Program Files (x86)\%\%.exe'`;

/** Software of Windows, and when its programs last ran. */
export const SOFTWARE_WINDOWS: readonly OsqueryQuery[] = [
  {
    name: "muster_software_programs",
    platforms: ["windows"],
    sql: `SELECT ${PROGRAM_COLUMNS}, upgrade_code FROM programs`,
    discovery: whereTableExists("programs", "registry"),
    since: "5.17.0",
  },
  {
    name: "muster_software_programs_without_upgrade_code",
    platforms: ["windows"],
    sql: `SELECT ${PROGRAM_COLUMNS} FROM programs`,
    discovery: whereTableExists("programs", "registry"),
    until: "5.17.0",
  },
  {
    /*
     * The executable's whole path is the entry of accessed_files (comma-separated, `\VOLUME{…}\DIR\NAME.EXE`) that ends with its
     * name. Cut out with plain string functions: names like NOTEPAD++.EXE make regex_match fail. `head` ends with that entry, and
     * trimming every character but the comma from its end leaves what is before it.
     */
    name: "muster_software_programs_prefetch",
    platforms: ["windows"],
    sql: String.raw`SELECT max(last_run_time) AS last_run_time, substr(head, length(rtrim(head, replace(head, ',', ''))) + 1) AS path
FROM (SELECT last_run_time, substr(accessed_files, 1, instr(accessed_files || ',', '\' || filename || ',') + length(filename)) AS head
FROM prefetch WHERE instr(accessed_files || ',', '\' || filename || ',') > 0)
GROUP BY path`,
    discovery: whereTableExists("prefetch"),
  },
  {
    name: "muster_software_programs_files",
    platforms: ["windows"],
    sql: `SELECT path, filename, file_version, product_version ${EXECUTABLES}`,
    discovery: whereTableExists("programs", "file"),
    since: "5.12.0",
  },
  {
    name: "muster_software_programs_files_without_version",
    platforms: ["windows"],
    sql: `SELECT path, filename ${EXECUTABLES}`,
    discovery: whereTableExists("programs", "file"),
    until: "5.12.0",
  },
  {
    name: "muster_software_ie_extensions",
    platforms: ["windows"],
    sql: "SELECT name, version, path FROM ie_extensions",
    discovery: whereTableExists("ie_extensions"),
  },
  {
    name: "muster_software_chocolatey_packages",
    platforms: ["windows"],
    sql: "SELECT name, version, path FROM chocolatey_packages",
    discovery: whereTableExists("chocolatey_packages"),
  },
];
