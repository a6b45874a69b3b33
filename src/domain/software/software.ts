/**
 * What Muster knows about one piece of software on one host. Field names are osquery's and Fleet's own; an empty string
 * means "none" (osquery sends no nulls).
 */

/** The fields that make a software row what it is (seed 002, "Software identity"). */
export interface SoftwareIdentity {
  name: string;
  version: string;
  /** Where it was found: `apps`, `deb_packages`, `programs`, … (see sources.ts). */
  source: string;
  bundle_identifier: string;
  release: string;
  vendor: string;
  arch: string;
  extension_id: string;
  extension_for: string;
  application_id: string;
  upgrade_code: string;
}

/** The fields of {@link SoftwareIdentity}, for whoever goes through them all. */
export const IDENTITY_FIELDS = [
  "name",
  "version",
  "source",
  "bundle_identifier",
  "release",
  "vendor",
  "arch",
  "extension_id",
  "extension_for",
  "application_id",
  "upgrade_code",
] as const satisfies readonly (keyof SoftwareIdentity)[];

/**
 * What vulnerability matching will need and identity must not hold: two hosts may report one identity with different facts
 * (the same package from two repositories), so facts are kept beside the row, one variant each.
 */
export interface SoftwareFacts {
  /** Source package a binary package was built from, e.g. `openssl` for `libssl3`. */
  source_package?: string;
  source_version?: string;
  epoch?: string;
  /** Who built it, as the package says: a distribution's name, a maintainer, a repository. */
  origin?: string;
}

/** Code signature of one installed path (macOS; other platforms where known). */
export interface SignatureInformation {
  installed_path: string;
  team_identifier: string;
  hash_sha256: string;
  executable_sha256: string;
  executable_path: string;
}

/** One reported piece of software: identity, and what is true of it on this host only. */
export interface SoftwareEntry extends SoftwareIdentity {
  /** Unix seconds; null when never opened or unknown. */
  last_opened_at: number | null;
  /** Sorted, distinct. */
  installed_paths: string[];
  signature_information: SignatureInformation[];
  facts: SoftwareFacts | null;
  /** Who installed it, as far as the device knows: a user's name; empty when unknown. */
  installed_by: string;
}

/** What a host's report says about one source. A source that failed or was not asked is absent or `ok: false`. */
export type SourceReport =
  | {
      source: string;
      ok: true;
      entries: SoftwareEntry[];
      /** The rules that the rows were named by, where the reporter has its own (derivation/derivations.ts); absent: the present ones. */
      derivation_version?: number;
    }
  | { source: string; ok: false; error: string };

/** The identity of a row that holds more than that. */
export function identityOf(row: SoftwareIdentity): SoftwareIdentity {
  return {
    name: row.name,
    version: row.version,
    source: row.source,
    bundle_identifier: row.bundle_identifier,
    release: row.release,
    vendor: row.vendor,
    arch: row.arch,
    extension_id: row.extension_id,
    extension_for: row.extension_for,
    application_id: row.application_id,
    upgrade_code: row.upgrade_code,
  };
}

/** An entry with every field empty, to be filled by collectors and translators. */
export function emptySoftwareEntry(source: string): SoftwareEntry {
  return {
    name: "",
    version: "",
    source,
    bundle_identifier: "",
    release: "",
    vendor: "",
    arch: "",
    extension_id: "",
    extension_for: "",
    application_id: "",
    upgrade_code: "",
    last_opened_at: null,
    installed_paths: [],
    signature_information: [],
    facts: null,
    installed_by: "",
  };
}
