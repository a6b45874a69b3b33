import { readFileSync } from "node:fs";
import { schemaFile } from "./images.ts";

export type Family = "darwin" | "linux" | "windows" | "chrome";
export interface Table {
  columns: [name: string, type: string][];
}

/** Which families a table of osquery's schema exists on, by the schema's own word. */
const FAMILIES: Record<string, Family[]> = {
  all: ["darwin", "linux", "windows"],
  utility: ["darwin", "linux", "windows"],
  posix: ["darwin", "linux"],
  macwin: ["darwin", "windows"],
  linwin: ["linux", "windows"],
  darwin: ["darwin"],
  linux: ["linux"],
  windows: ["windows"],
};

/** Columns that `SELECT *` does not show; Muster's queries name none of them. */
const HIDDEN = new Set(["pid_with_namespace", "mount_namespace_id", "include_remote", "max_depth", "homebrew_packages.prefix"]);
/** What newer agents added (reference osquery-remote.md §9): `table` or `table.column`, and the first version. */
const SINCE: Record<string, string> = {
  "vscode_extensions.vscode_edition": "5.15.0",
  "python_packages.uid": "5.16.0",
  "programs.upgrade_code": "5.17.0",
  "programs.package_family_name": "5.17.0",
  "homebrew_packages.auto_updates": "5.17.0",
  "homebrew_packages.app_name": "5.17.0",
  jetbrains_plugins: "5.18.0",
  deb_package_files: "5.19.0",
  "npm_packages.depth": "5.23.0",
};
/** Tables that return nothing, with a warning, unless the statement says which path it wants. */
export const NEEDS_PATH = new Set(["file", "hash", "signature", "authenticode", "package_bom", "codesign", "parse_ini"]);

const text = (...names: string[]): Table => ({ columns: names.map((name) => [name, "TEXT"]) });

/** Tables of Fleet's agent extension. */
export const FLEETD_TABLES: Record<string, { families: Family[]; table: Table }> = {
  codesign: { families: ["darwin"], table: text("path", "team_identifier", "cdhash_sha256") },
  executable_hashes: { families: ["darwin"], table: text("path", "executable_path", "executable_sha256") },
  parse_ini: { families: ["darwin", "linux", "windows"], table: text("path", "fullkey", "parent", "key", "value") },
  fleetd_pacman_packages: { families: ["linux"], table: text("name", "version", "description", "arch", "packager") },
  go_binaries: { families: ["darwin", "linux", "windows"], table: text("name", "version", "installed_path") },
  adobe_plugins: { families: ["darwin", "windows"], table: text("name", "version", "path", "host_application") },
};

/** ChromeOS's agent is a browser extension with a few tables of its own, and no registry. */
const CHROME_TABLES: Record<string, Table> = {
  os_version: text("name", "version", "major", "minor", "build", "patch", "platform", "arch", "codename"),
  system_info: text(
    "uuid",
    "hostname",
    "computer_name",
    "hardware_serial",
    "hardware_vendor",
    "hardware_model",
    "cpu_brand",
    "cpu_type",
    "physical_memory",
  ),
  osquery_info: text("version", "build_platform", "extensions"),
  users: text("uid", "username", "email"),
  chrome_extensions: text("browser_type", "name", "identifier", "version", "description", "state"),
  network_interfaces: text("mac", "address", "ipv4", "ipv6"),
};

let parsed: Record<string, { platform: string; columns: [string, string][] }> | null = null;

/** The tables that an agent of this family and version has, with the columns that `SELECT *` shows. */
export function tablesOf(family: Family, version: string, fleetd: boolean): Map<string, Table> {
  if (family === "chrome") return new Map(Object.entries(CHROME_TABLES));
  parsed ??= JSON.parse(readFileSync(schemaFile(), "utf8")) as NonNullable<typeof parsed>;
  const tables = new Map<string, Table>();
  for (const [name, { platform, columns }] of Object.entries(parsed)) {
    if (!(FAMILIES[platform] ?? []).includes(family) || isLater(SINCE[name], version)) continue;
    tables.set(name, {
      columns: columns.filter(([c]) => !HIDDEN.has(c) && !HIDDEN.has(`${name}.${c}`) && !isLater(SINCE[`${name}.${c}`], version)),
    });
  }
  if (!fleetd) return tables;
  for (const [name, { families, table }] of Object.entries(FLEETD_TABLES)) if (families.includes(family)) tables.set(name, table);
  return tables;
}

/** Is the version `since` later than the agent's? */
export function isLater(since: string | undefined, version: string): boolean {
  if (since === undefined) return false;
  const [a, b] = [since, version].map((v) => v.split(".").map(Number));
  for (const [i, n] of (a ?? []).entries()) if (n !== (b?.[i] ?? 0)) return n > (b?.[i] ?? 0);
  return false;
}
