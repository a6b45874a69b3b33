import { type OsqueryQuery, whereTableExists } from "./query.ts";

/** Where packages put the programs that people run. */
const PROGRAM_FOLDERS = ["/usr/bin/", "/usr/sbin/", "/bin/", "/sbin/", "/usr/games/"];

/**
 * When the programs of each package were last run: the rule of `packageOpenedAt` in SQL. Here and not on the server, so that what a
 * device sends stays the same bytes from hour to hour while only access times within one day change.
 */
function lastOpened(filesTable: string): string {
  const places = PROGRAM_FOLDERS.map((folder) => `p.path LIKE '${folder}%'`).join(" OR ");
  return `SELECT p.package AS name, max(f.atime / 86400 * 86400) AS opened FROM ${filesTable} p JOIN file f ON f.path = p.path
WHERE (${places}) AND f.type = 'regular' AND f.atime > f.ctime + 60 GROUP BY p.package`;
}

/** Package managers of Linux. Every one is asked everywhere: an rpm database on Debian is rare, and true. */
export const SOFTWARE_LINUX: readonly OsqueryQuery[] = [
  {
    // removed packages whose settings are still there are listed too; "hold ok installed" counts as installed
    name: "muster_software_deb_packages",
    platforms: ["linux"],
    sql: "SELECT name, version, source, maintainer FROM deb_packages WHERE status LIKE '% ok installed' OR status = ''",
    discovery: whereTableExists("deb_packages"),
  },
  {
    name: "muster_software_rpm_packages",
    platforms: ["linux"],
    sql: "SELECT name, version, release, source, arch, epoch, vendor FROM rpm_packages",
    discovery: whereTableExists("rpm_packages"),
  },
  {
    name: "muster_software_deb_packages_opened",
    platforms: ["linux"],
    enriches: "deb_packages",
    sql: lastOpened("deb_package_files"),
    discovery: whereTableExists("deb_packages", "deb_package_files", "file"),
  },
  {
    name: "muster_software_rpm_packages_opened",
    platforms: ["linux"],
    enriches: "rpm_packages",
    sql: lastOpened("rpm_package_files"),
    discovery: whereTableExists("rpm_packages", "rpm_package_files", "file"),
  },
  {
    name: "muster_software_portage_packages",
    platforms: ["linux"],
    sql: "SELECT package, version FROM portage_packages",
    discovery: whereTableExists("portage_packages"),
  },
  {
    name: "muster_software_pacman_packages",
    platforms: ["linux"],
    sql: "SELECT name, version, arch FROM fleetd_pacman_packages",
    discovery: whereTableExists("fleetd_pacman_packages"),
  },
];
