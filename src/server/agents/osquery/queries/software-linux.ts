import { type OsqueryQuery, whereTableExists } from "./query.ts";

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
