import { PackageURL } from "packageurl-js";
import { purlOf } from "#domain/software/purl.ts";
import type { SbomRow } from "./sbom-store.ts";

/** One component, before it is written in the words of a format. */
export interface SbomComponent {
  /** Stands for this software's identity on every server: hexadecimal, from its canonical key. */
  key: string;
  name: string;
  version: string;
  vendor: string;
  isApplication: boolean;
  purl: string | null;
  /** SHA-256 of the executable, where one is known. */
  sha256: string | null;
  paths: readonly string[];
  /** Fields of identity that have no place of their own in a format. */
  properties: readonly (readonly [name: string, value: string])[];
}

const APPLICATIONS = new Set([
  "apps",
  "programs",
  "snap_packages",
  "flatpak_packages",
  "appimages",
  "portable_programs",
  "go_binaries",
  "rust_binaries",
]);
/** Characters that JSON allows and readers of these formats do not expect in a name. */
// oxlint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u001f\u007f]/gu;

/** A row as a component. */
export function componentOf(row: SbomRow): SbomComponent {
  const properties = [
    ["source", row.source],
    ["bundle_identifier", row.bundle_identifier],
    ["upgrade_code", row.upgrade_code],
    ["application_id", row.application_id],
    ["extension_id", row.extension_id],
    ["extension_for", row.extension_for],
    ["arch", row.arch],
    ["source_package", row.source_package ?? ""],
    ["source_version", row.source_version ?? ""],
    ["origin", row.origin ?? ""],
  ] as const;
  return {
    key: row.checksum.toString("hex"),
    name: clean(row.name) || "unnamed",
    version: clean(row.release === "" ? row.version : `${row.version}-${row.release}`),
    vendor: clean(row.vendor),
    isApplication: APPLICATIONS.has(row.source),
    purl: purlText(row),
    sha256: hashOf(row),
    paths: row.installed_paths ?? [],
    properties: properties.filter(([, value]) => value !== ""),
  };
}

function clean(text: string): string {
  return text.replaceAll(CONTROL, " ").trim();
}

function purlText(row: SbomRow): string | null {
  const parts = purlOf({
    software: row,
    facts: {
      source_package: row.source_package ?? "",
      source_version: row.source_version ?? "",
      epoch: row.epoch ?? "",
      origin: row.origin ?? "",
    },
    distribution: row.platform === null ? null : { platform: row.platform, version: row.os_version ?? "" },
  });
  if (parts === null) return null;
  const { type, namespace, name, version, qualifiers } = parts;
  try {
    return new PackageURL(type, namespace || undefined, name, version || undefined, qualifiers, undefined).toString();
  } catch {
    return null; // a name that the type's own rules refuse: software without a package URL, not a failed document
  }
}

/** Several signed files may belong to one software; a hash is stated only when it is the only one. */
function hashOf(row: SbomRow): string | null {
  const hashes = new Set(
    (row.signature_information ?? [])
      .map((one) => one.executable_sha256.toLowerCase())
      .filter((hash) => /^[0-9a-f]{64}$/.test(hash)),
  );
  const [hash] = hashes;
  return hashes.size === 1 && hash !== undefined ? hash : null;
}
