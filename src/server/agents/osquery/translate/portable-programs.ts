import { emptySoftwareEntry, type SoftwareEntry } from "#domain/software/software.ts";
import { type ResultRow, text } from "./results.ts";

/** Folders of Program Files that are Windows' own; it has no registry entry for what is in them, and they come and go with it. */
const WINDOWS_FOLDERS =
  /^(windows\b.*|internet explorer|common files|modifiablewindowsapps|windowsapps|microsoft update health tools|uninstall information)$/i;
/** Executables that serve another one. */
const HELPERS = /^(unins\d*|uninstall.*|setup|update|updater|crashpad_handler|crashreporter)\.exe$/i;

interface Executable {
  path: string;
  /** Folder below Program Files; "" for one directly in it. */
  folder: string;
  filename: string;
  version: string;
}

/**
 * Programs in Program Files that the registry does not list: copied there, not installed. One for each folder, named after it, with the
 * version of the executable that bears its name (else of the first). What a listed program installed, by place or by name, is not
 * reported again; where that is uncertain nothing is reported rather than everything twice.
 *
 * @param listed the entries of the registry
 * @param rows executables at most one folder deep: `path`, `filename`, `product_version`, `file_version`
 */
export function portablePrograms(listed: SoftwareEntry[], rows: ResultRow[]): SoftwareEntry[] {
  const places = listed.flatMap((entry) => entry.installed_paths.map(comparablePath)).filter((path) => path !== "");
  const names = listed.map((entry) => entry.name.toLowerCase());
  const executables = rows.map(executable).filter((found) => found !== null);
  const groups = Map.groupBy(executables, (found) => (found.folder === "" ? found.path : folderPath(found)).toLowerCase());
  return [...groups.values()].flatMap((group) => {
    const chosen = group.find((e) => e.filename.toLowerCase() === `${e.folder.toLowerCase()}.exe`) ?? group[0];
    if (chosen === undefined || isListed(chosen, places, names)) return [];
    return [entryOf(chosen)];
  });
}

function executable(row: ResultRow): Executable | null {
  const path = text(row, "path");
  const [, folder = "", filename = ""] = /^[a-z]:\\Program Files(?: \(x86\))?\\(?:([^\\]+)\\)?([^\\]+\.exe)$/i.exec(path) ?? [];
  if (filename === "" || WINDOWS_FOLDERS.test(folder) || HELPERS.test(filename)) return null;
  return { path, folder, filename, version: text(row, "product_version") || text(row, "file_version") };
}

function folderPath({ path }: Executable): string {
  return path.slice(0, path.lastIndexOf("\\"));
}

function isListed(found: Executable, places: string[], names: string[]): boolean {
  // Program Files itself is no program's place
  const folder = comparablePath(found.folder === "" ? found.path : folderPath(found));
  const name = nameOf(found).toLowerCase();
  const covered = places.some((place) => place === folder || place.startsWith(`${folder}\\`) || folder.startsWith(`${place}\\`));
  return covered || names.some((listed) => listed.includes(name) || name.includes(listed));
}

function comparablePath(path: string): string {
  return path.trim().replace(/^"|"$/g, "").replace(/\\+$/, "").toLowerCase();
}

function nameOf({ folder, filename }: Executable): string {
  return folder === "" ? filename.replace(/\.exe$/i, "") : folder;
}

function entryOf(found: Executable): SoftwareEntry {
  return {
    ...emptySoftwareEntry("programs"),
    name: nameOf(found),
    version: found.version,
    installed_paths: [found.folder === "" ? found.path : folderPath(found)],
  };
}
