import { forEveryUser, type OsqueryQuery, whereTableExists, whereTableIsMissing } from "./query.ts";

/** Software of macOS, and what is known of the signatures of its apps. */
export const SOFTWARE_DARWIN: readonly OsqueryQuery[] = [
  {
    name: "muster_software_apps",
    platforms: ["darwin"],
    sql: `SELECT name, path, bundle_identifier, bundle_name, bundle_executable, bundle_short_version, bundle_version,
display_name, last_opened_time FROM apps`,
    discovery: whereTableExists("apps"),
  },
  {
    // Firefox and Firefox ESR share name, identifier and folder; only their own settings file tells them apart
    name: "muster_software_apps_firefox",
    platforms: ["darwin"],
    sql: `SELECT a.path, i.value AS remoting_name FROM apps a
JOIN parse_ini i ON i.path = a.path || '/Contents/Resources/application.ini'
WHERE a.bundle_identifier = 'org.mozilla.firefox' AND i.key = 'RemotingName'`,
    discovery: whereTableExists("apps", "parse_ini"),
  },
  {
    name: "muster_software_apps_codesign",
    platforms: ["darwin"],
    sql: "SELECT c.path, c.team_identifier, c.cdhash_sha256 FROM apps a JOIN codesign c ON c.path = a.path",
    discovery: whereTableExists("apps", "codesign"),
  },
  {
    // osquery's own table, where the extension's faster one is missing; without hashing every resource of every app
    name: "muster_software_apps_signature",
    platforms: ["darwin"],
    sql: `SELECT s.path, s.team_identifier FROM apps a JOIN signature s ON s.path = a.path
WHERE s.hash_resources = 0 AND s.team_identifier <> ''`,
    discovery: `${whereTableIsMissing("codesign")} AND EXISTS (${whereTableExists("apps", "signature")})`,
  },
  {
    name: "muster_software_apps_executable_hashes",
    platforms: ["darwin"],
    sql: "SELECT h.path, h.executable_path, h.executable_sha256 FROM apps a JOIN executable_hashes h ON h.path = a.path",
    discovery: whereTableExists("apps", "executable_hashes"),
  },
  {
    // a cask that brought an app is seen as that app already
    name: "muster_software_homebrew_packages",
    platforms: ["darwin"],
    sql: `SELECT h.name, h.version, h.path FROM homebrew_packages h
WHERE h.path NOT LIKE '%/Caskroom/%'
OR (NOT EXISTS (SELECT 1 FROM file f WHERE f.path LIKE h.path || '/%.app')
AND NOT EXISTS (SELECT 1 FROM file g WHERE g.path LIKE h.path || '/%/%.app'))`,
    discovery: whereTableExists("homebrew_packages", "file"),
  },
  {
    name: "muster_software_safari_extensions",
    platforms: ["darwin"],
    sql: forEveryUser("name, version, path", "safari_extensions"),
    discovery: whereTableExists("safari_extensions", "users"),
  },
];
