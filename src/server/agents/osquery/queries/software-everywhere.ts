import { DESKTOPS, forEveryUser, type OsqueryQuery, whereTableExists } from "./query.ts";

/** Software that is found alike on macOS, Windows and Linux: browsers, editors, languages. */
export const SOFTWARE_EVERYWHERE: readonly OsqueryQuery[] = [
  {
    name: "muster_software_chrome_extensions",
    platforms: DESKTOPS,
    sql: forEveryUser("name, version, identifier, browser_type, path", "chrome_extensions"),
    discovery: whereTableExists("chrome_extensions", "users"),
  },
  {
    name: "muster_software_firefox_addons",
    platforms: DESKTOPS,
    sql: forEveryUser("name, version, identifier, path", "firefox_addons"),
    discovery: whereTableExists("firefox_addons", "users"),
  },
  {
    name: "muster_software_vscode_extensions",
    platforms: DESKTOPS,
    sql: forEveryUser("name, version, uuid, publisher, vscode_edition, path", "vscode_extensions"),
    discovery: whereTableExists("vscode_extensions", "users"),
    since: "5.15.0",
  },
  {
    name: "muster_software_vscode_extensions_without_edition",
    platforms: DESKTOPS,
    sql: forEveryUser("name, version, uuid, publisher, path", "vscode_extensions"),
    discovery: whereTableExists("vscode_extensions", "users"),
    until: "5.15.0",
  },
  {
    name: "muster_software_jetbrains_plugins",
    platforms: DESKTOPS,
    sql: forEveryUser("name, version, vendor, product_type, path", "jetbrains_plugins"),
    discovery: whereTableExists("jetbrains_plugins", "users"),
  },
  {
    name: "muster_software_python_packages_of_users",
    platforms: DESKTOPS,
    sql: forEveryUser("name, version, path", "python_packages"),
    discovery: whereTableExists("python_packages", "users"),
    since: "5.16.0",
  },
  {
    // older agents look at the system's directories only and know no uid
    name: "muster_software_python_packages",
    platforms: DESKTOPS,
    sql: "SELECT name, version, path FROM python_packages",
    discovery: whereTableExists("python_packages"),
    until: "5.16.0",
  },
  {
    name: "muster_software_npm_packages",
    platforms: DESKTOPS,
    sql: "SELECT name, version, path FROM npm_packages",
    discovery: whereTableExists("npm_packages"),
  },
  {
    name: "muster_software_go_binaries",
    platforms: DESKTOPS,
    sql: "SELECT name, version, installed_path AS path FROM go_binaries",
    discovery: whereTableExists("go_binaries"),
  },
  {
    // Fleet's extension; its columns beyond name and version differ between versions, and `*` never names a missing one
    name: "muster_software_adobe_plugins",
    platforms: ["darwin", "windows"],
    sql: "SELECT * FROM adobe_plugins",
    discovery: whereTableExists("adobe_plugins"),
  },
];
