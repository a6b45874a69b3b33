import type { SoftwareEntry } from "#domain/software/software.ts";
import { number, type ResultRow, text } from "./results.ts";

/**
 * When each package's programs were last run (reference osquery-remote.md §10: `deb_packages` and `rpm_packages` support it).
 *
 * @param rows `name` of a package (with an architecture where several are installed) and `opened`, Unix seconds
 */
export function addPackageOpenings(entries: SoftwareEntry[], rows: ResultRow[]): SoftwareEntry[] {
  const opened = new Map<string, number>();
  for (const row of rows) {
    const at = number(row, "opened") ?? 0;
    const name = text(row, "name").replace(/:[a-z0-9-]+$/, "");
    if (at > 0) opened.set(name, Math.max(at, opened.get(name) ?? 0));
  }
  if (opened.size === 0) return entries;
  return entries.map((entry) => {
    const at = opened.get(entry.name);
    return at === undefined ? entry : { ...entry, last_opened_at: at };
  });
}
