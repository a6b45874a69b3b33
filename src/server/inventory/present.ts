import type { SoftwareIdentity } from "#domain/software/software.ts";

/** Fleet's `browser`: an older name of `extension_for`, for extensions of browsers only. */
function browserOf(row: { source: string; extension_for: string }): string {
  return /^(chrome_extensions|firefox_addons|safari_extensions|ie_extensions)$/.test(row.source) ? row.extension_for : "";
}

/** The name fields that titles and versions share. */
export function presentNames(row: { name: string; source: string; extension_for: string }) {
  return {
    name: row.name,
    display_name: row.name,
    source: row.source,
    browser: browserOf(row),
    extension_for: row.extension_for,
  };
}

/** The fields of identity that Fleet leaves out when they are empty. */
export function presentOptional<K extends keyof SoftwareIdentity>(
  row: Pick<SoftwareIdentity, K>,
  ...fields: K[]
): Partial<Pick<SoftwareIdentity, K>> {
  return Object.fromEntries(fields.filter((field) => row[field] !== "").map((field) => [field, row[field]])) as Partial<
    Pick<SoftwareIdentity, K>
  >;
}

/** Sources whose agents can tell when software was last opened; for the others the field is absent (reference osquery-remote.md §10). */
const OPENING_KNOWN = new Set(["apps", "programs", "deb_packages", "rpm_packages"]);

/** Fleet's `last_opened_at` of a host's software: absent where unsupported, empty when never opened. */
export function presentLastOpened(row: { source: string; last_opened_at: Date | null }): { last_opened_at?: string } {
  if (row.last_opened_at !== null) return { last_opened_at: row.last_opened_at.toISOString() };
  return OPENING_KNOWN.has(row.source) ? { last_opened_at: "" } : {};
}
