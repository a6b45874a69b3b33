import type { SignatureInformation, SoftwareEntry } from "#domain/software/software.ts";
import { number, type ResultRow, text } from "./results.ts";

const FIREFOX = "org.mozilla.firefox";

export function hasFirefox(entries: SoftwareEntry[]): boolean {
  return entries.some((entry) => entry.bundle_identifier === FIREFOX);
}

/** Firefox ESR gets its own name, by the settings file inside the app. */
export function nameFirefoxEsr(entries: SoftwareEntry[], rows: ResultRow[]): SoftwareEntry[] {
  const esr = new Set(rows.filter((row) => text(row, "remoting_name") === "firefox-esr").map((row) => text(row, "path")));
  return entries.map((entry) =>
    entry.bundle_identifier === FIREFOX && entry.installed_paths.some((p) => esr.has(p))
      ? { ...entry, name: "Firefox ESR" }
      : entry,
  );
}

/** Adds what is known of the signature at each installed path. Rows come from several tables; each adds its columns. */
export function addSignatures(entries: SoftwareEntry[], rows: ResultRow[]): SoftwareEntry[] {
  if (rows.length === 0) return entries;
  const byPath = new Map<string, SignatureInformation>();
  for (const row of rows) {
    const path = text(row, "path");
    const known = byPath.get(path);
    byPath.set(path, {
      installed_path: path,
      team_identifier: text(row, "team_identifier") || (known?.team_identifier ?? ""),
      hash_sha256: text(row, "cdhash_sha256") || (known?.hash_sha256 ?? ""),
      executable_sha256: text(row, "executable_sha256") || (known?.executable_sha256 ?? ""),
      executable_path: text(row, "executable_path") || (known?.executable_path ?? ""),
    });
  }
  return entries.map((entry) => {
    const found = entry.installed_paths.map((p) => byPath.get(p)).filter((s) => s !== undefined);
    return found.length === 0 ? entry : { ...entry, signature_information: found };
  });
}

/** Folders that programs share, so that what ran there says nothing about one of them. Lower case, without drive. */
const SHARED_FOLDERS = new Set([
  "",
  "\\windows",
  "\\windows\\system32",
  "\\windows\\syswow64",
  "\\program files",
  "\\program files (x86)",
]);

/**
 * When each Windows program last ran: the newest run of an executable below the folder it is installed in (reference
 * osquery-remote.md §10).
 *
 * @param rows `path` as prefetch has it (`\VOLUME{…}\PROGRAM FILES\…\X.EXE`), `last_run_time` in Unix seconds
 */
export function addLastRuns(entries: SoftwareEntry[], rows: ResultRow[]): SoftwareEntry[] {
  const runs = rows
    .map((row) => ({ path: pathOnVolume(text(row, "path")), time: number(row, "last_run_time") ?? 0 }))
    .filter((run) => run.path !== "" && run.time > 0);
  if (runs.length === 0) return entries;
  return entries.map((entry) => {
    const folder = folderOnDrive(entry.installed_paths[0] ?? "");
    if (SHARED_FOLDERS.has(folder)) return entry;
    const times = runs.filter((run) => run.path.startsWith(`${folder}\\`)).map((run) => run.time);
    return times.length === 0 ? entry : { ...entry, last_opened_at: Math.max(...times) };
  });
}

function pathOnVolume(path: string): string {
  const match = /^\\(?:volume\{[^}]*\}|device\\harddiskvolume\d+)(\\.+)$/i.exec(path);
  return match?.[1]?.toLowerCase() ?? "";
}

/** `"C:\Program Files\X\"` → `\program files\x`; "" for anything that is not an absolute path on a drive. */
function folderOnDrive(path: string): string {
  const match = /^"?[a-z]:(\\[^"]*?)\\*"?$/i.exec(path.trim());
  return match?.[1]?.toLowerCase() ?? "";
}
