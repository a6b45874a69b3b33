import { appName, type AppNames } from "#domain/software/app-name.ts";
import { debFacts, rpmFacts } from "#domain/software/package-facts.ts";
import { emptySoftwareEntry, type SoftwareEntry } from "#domain/software/software.ts";
import { number, type ResultRow, text } from "./results.ts";

/** Makes entries of one source from the rows of one query. Rows need not be clean: ingestion drops and cuts what it must. */
export interface EntryMaker {
  source: string;
  entry(row: ResultRow): SoftwareEntry;
}

function make(source: string, row: ResultRow, fields: Partial<SoftwareEntry> = {}): SoftwareEntry {
  const entry = emptySoftwareEntry(source);
  entry.name = text(row, "name");
  entry.version = text(row, "version");
  if (fields.installed_paths === undefined) entry.installed_paths = paths(text(row, "path"));
  return Object.assign(entry, fields);
}

function paths(path: string): string[] {
  return path === "" ? [] : [path];
}

function plain(source: string): EntryMaker {
  return { source, entry: (row) => make(source, row) };
}

const CHROME_EXTENSIONS: EntryMaker = {
  source: "chrome_extensions",
  entry: (row) =>
    make("chrome_extensions", row, { extension_id: text(row, "identifier"), extension_for: text(row, "browser_type") }),
};
const VSCODE_EXTENSIONS: EntryMaker = {
  source: "vscode_extensions",
  entry: (row) =>
    make("vscode_extensions", row, {
      extension_id: text(row, "uuid"),
      extension_for: text(row, "vscode_edition"),
      vendor: text(row, "publisher"),
    }),
};
const PROGRAMS: EntryMaker = { source: "programs", entry: programEntry };

/** By query name: what its rows become. Queries that are not here enrich another's rows. */
export const ENTRY_MAKERS: ReadonlyMap<string, EntryMaker> = new Map<string, EntryMaker>([
  ["muster_software_apps", { source: "apps", entry: appEntry }],
  ["muster_software_homebrew_packages", plain("homebrew_packages")],
  [
    "muster_software_safari_extensions",
    { source: "safari_extensions", entry: (row) => make("safari_extensions", row, { extension_for: "safari" }) },
  ],
  ["muster_software_chrome_extensions", CHROME_EXTENSIONS],
  ["muster_software_chrome_extensions_chromeos", CHROME_EXTENSIONS],
  [
    "muster_software_firefox_addons",
    {
      source: "firefox_addons",
      entry: (row) => make("firefox_addons", row, { extension_id: text(row, "identifier"), extension_for: "firefox" }),
    },
  ],
  ["muster_software_ie_extensions", plain("ie_extensions")],
  ["muster_software_vscode_extensions", VSCODE_EXTENSIONS],
  ["muster_software_vscode_extensions_without_edition", VSCODE_EXTENSIONS],
  [
    "muster_software_jetbrains_plugins",
    {
      source: "jetbrains_plugins",
      entry: (row) => make("jetbrains_plugins", row, { extension_for: text(row, "product_type"), vendor: text(row, "vendor") }),
    },
  ],
  ["muster_software_python_packages", plain("python_packages")],
  ["muster_software_python_packages_of_users", plain("python_packages")],
  ["muster_software_npm_packages", plain("npm_packages")],
  ["muster_software_deb_packages", { source: "deb_packages", entry: debEntry }],
  ["muster_software_rpm_packages", { source: "rpm_packages", entry: rpmEntry }],
  [
    "muster_software_portage_packages",
    { source: "portage_packages", entry: (row) => make("portage_packages", row, { name: text(row, "package") }) },
  ],
  [
    "muster_software_pacman_packages",
    { source: "pacman_packages", entry: (row) => make("pacman_packages", row, { arch: text(row, "arch") }) },
  ],
  ["muster_software_programs", PROGRAMS],
  ["muster_software_programs_without_upgrade_code", PROGRAMS],
  ["muster_software_chocolatey_packages", plain("chocolatey_packages")],
  ["muster_software_go_binaries", plain("go_binaries")],
  [
    "muster_software_adobe_plugins",
    { source: "adobe_plugins", entry: (row) => make("adobe_plugins", row, { extension_for: adobeHost(row) }) },
  ],
]);

function appEntry(row: ResultRow): SoftwareEntry {
  const opened = number(row, "last_opened_time");
  return make("apps", row, {
    name: appName(appNames(row)),
    version: text(row, "bundle_short_version") || text(row, "bundle_version"),
    bundle_identifier: text(row, "bundle_identifier"),
    // -1 and 0 mean never opened or unknown
    last_opened_at: opened !== null && opened > 0 ? Math.floor(opened) : null,
  });
}

function appNames(row: ResultRow): AppNames {
  return {
    display_name: text(row, "display_name"),
    bundle_name: text(row, "bundle_name"),
    bundle_executable: text(row, "bundle_executable"),
    name: text(row, "name"),
  };
}

/** Architecture and maintainer are not part of a deb package's identity (as in Fleet); where it came from is kept as facts. */
function debEntry(row: ResultRow): SoftwareEntry {
  const [name, version, source, origin] = [text(row, "name"), text(row, "version"), text(row, "source"), text(row, "maintainer")];
  return make("deb_packages", row, { facts: debFacts({ name, version, source, origin }), installed_paths: [] });
}

/** rpm writes `(none)` for a tag that a package lacks. */
function rpmText(row: ResultRow, column: string): string {
  const value = text(row, column);
  return value === "(none)" ? "" : value;
}

function rpmEntry(row: ResultRow): SoftwareEntry {
  return make("rpm_packages", row, {
    release: rpmText(row, "release"),
    vendor: rpmText(row, "vendor"),
    arch: rpmText(row, "arch"),
    facts: rpmFacts({ source_rpm: rpmText(row, "source"), epoch: rpmText(row, "epoch") }),
    installed_paths: [],
  });
}

/** The application a plug-in is for, by whichever of these names the extension's version gives it. */
function adobeHost(row: ResultRow): string {
  const column = ["host_application", "extension_for", "product_type", "product", "host"].find((name) => text(row, name) !== "");
  return column === undefined ? "" : text(row, column);
}

function programEntry(row: ResultRow): SoftwareEntry {
  return make("programs", row, {
    name: text(row, "acrobat_dc") === "1" ? acrobatName(text(row, "name")) : text(row, "name"),
    vendor: text(row, "publisher"),
    upgrade_code: text(row, "upgrade_code"),
    installed_paths: paths(text(row, "install_location")),
  });
}

/** `Adobe Acrobat (64-bit)` → `Adobe Acrobat DC (64-bit)`, on hosts whose registry has the DC product. */
function acrobatName(name: string): string {
  if (!/^(adobe acrobat|acrobat reader)/i.test(name) || /\bDC\b/.test(name)) return name;
  return name.replace(/\breader\b|\bacrobat\b(?!.*\breader\b)/i, (product) => `${product} DC`);
}
