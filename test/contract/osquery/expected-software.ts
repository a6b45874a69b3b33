import type { Image, TableRow } from "../../support/simulated-osquery/images.ts";

/**
 * What an image's rows should arrive as, worked out from the raw rows without the server's code: `source | name | version | more`, one
 * line an entry, duplicates kept. Two independent accounts of one rule find each other's mistakes.
 */
export function expectedSoftware(image: Image): string[] {
  const lines: string[] = [];
  for (const [table, rows] of Object.entries(image.tables)) {
    for (const row of rows) {
      const line = LINES[table]?.(row, image);
      if (line !== undefined && line !== null) lines.push([table, ...line].join(" | "));
    }
  }
  return lines.toSorted();
}

type Line = (row: TableRow, image: Image) => (string | undefined)[] | null;

const isDebian = (image: Image): boolean => ["debian", "ubuntu"].includes(image.host.platform);
const none = (value = ""): string => (value === "(none)" ? "" : value);

const LINES: Record<string, Line> = {
  apps: (r) => [
    r["display_name"] ? r["display_name"] : r["name"]?.endsWith(".app") ? r["name"].slice(0, -4) : r["name"],
    r["bundle_short_version"] === "" ? r["bundle_version"] : r["bundle_short_version"],
    r["bundle_identifier"],
    r["path"],
  ],
  homebrew_packages: (r) => [r["name"], r["version"]],
  chrome_extensions: (r) => [r["name"], r["version"], r["identifier"], r["browser_type"], r["path"]],
  firefox_addons: (r) => [r["name"], r["version"], r["identifier"], "firefox"],
  vscode_extensions: (r) => [r["name"], r["version"], r["uuid"], r["vscode_edition"], r["publisher"], r["path"]],
  npm_packages: (r) => [r["name"], r["version"]],
  python_packages: (r, image) => {
    if (!isDebian(image)) return [r["name"], r["version"]];
    const name = `python3-${(r["name"] ?? "").toLowerCase()}`;
    return image.tables["deb_packages"]?.some((deb) => deb["name"] === name) === true ? null : [name, r["version"]];
  },
  deb_packages: (r) => [r["name"], r["version"]],
  rpm_packages: (r) => [r["name"], r["version"], none(r["release"]), none(r["vendor"]), none(r["arch"])],
  programs: (r) => [r["name"], r["version"], r["publisher"], r["upgrade_code"], r["install_location"]],
};

/** The same lines of entries that the server made. */
export function entryLine(entry: {
  source: string;
  name: string;
  version: string;
  bundle_identifier: string;
  release: string;
  vendor: string;
  arch: string;
  extension_id: string;
  extension_for: string;
  upgrade_code: string;
  installed_paths: string[];
}): string {
  const path = entry.installed_paths[0] ?? "";
  const more: Record<string, string[]> = {
    apps: [entry.bundle_identifier, path],
    chrome_extensions: [entry.extension_id, entry.extension_for, path],
    firefox_addons: [entry.extension_id, entry.extension_for],
    vscode_extensions: [entry.extension_id, entry.extension_for, entry.vendor, path],
    rpm_packages: [entry.release, entry.vendor, entry.arch],
    programs: [entry.vendor, entry.upgrade_code, path],
  };
  return [entry.source, entry.name, entry.version, ...(more[entry.source] ?? [])].join(" | ");
}
