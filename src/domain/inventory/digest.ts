import { factsKey, mergeDuplicates } from "./difference.ts";
import type { SoftwareEntry } from "#domain/software/software.ts";

/**
 * The canonical text of all that a source reported: equal texts mean that nothing a check-in would record has changed, so its
 * SHA-256 (made by the caller: domain does no hashing) decides in one comparison whether a report needs any work. Row order
 * and duplicates do not matter. Opening times count by the hour, like the writes they cause.
 */
export function sourceDigestText(entries: SoftwareEntry[]): string {
  return mergedDigestText(mergeDuplicates(entries));
}

/** The same of entries that {@link mergeDuplicates} has already made one each. */
function mergedDigestText(merged: Map<string, SoftwareEntry>): string {
  return digestTextOf(Array.from(merged, ([key, entry]) => digestLine(key, entry)));
}

/** What one entry contributes to {@link sourceDigestText}. @param key its identity key */
export function digestLine(key: string, entry: SoftwareEntry): string {
  const opened = entry.last_opened_at === null ? "" : Math.floor(entry.last_opened_at / 3600);
  const paths = entry.installed_paths.length === 0 ? "[]" : JSON.stringify(entry.installed_paths);
  const signatures = entry.signature_information.length === 0 ? "" : JSON.stringify(entry.signature_information);
  // left out when unknown, so that digests of agents that never say it stay what they were
  const by = entry.installed_by === "" ? "" : `|${JSON.stringify(entry.installed_by)}`;
  return `${key}|${opened}|${paths}|${factsKey(entry.facts)}|${signatures}${by}`;
}

/** {@link sourceDigestText} of the lines of its entries, one each. */
export function digestTextOf(lines: string[]): string {
  return lines.toSorted().join("\n");
}
