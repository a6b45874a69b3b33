import { emptySoftwareEntry } from "#domain/software/software.ts";
import type { SoftwareEntry } from "#domain/software/software.ts";

/** What flatpak recorded when it deployed an application or runtime. */
export interface FlatpakDeploy {
  /** The name of the remote it came from. */
  origin: string;
  /** The application's own name and version, of its AppStream metadata; "" when it has none. */
  name: string;
  version: string;
}

/**
 * Reads a deployment's file `deploy`, a GVariant of type `(ssasta{sv})` (flatpak-dir.c, FLATPAK_DEPLOY_DATA_GVARIANT_FORMAT): it
 * begins with the origin; `appdata-name` and `appdata-version` are texts in the dictionary at its end. null when it is none.
 */
export function parseFlatpakDeploy(bytes: Buffer): FlatpakDeploy | null {
  const end = bytes.indexOf(0);
  if (end < 1) return null;
  return {
    origin: bytes.toString("utf8", 0, end),
    name: dictionaryText(bytes, "appdata-name"),
    version: dictionaryText(bytes, "appdata-version"),
  };
}

/**
 * The text under a key of a GVariant's dictionary `a{sv}`. An entry is the key, zeros up to a multiple of eight, and the value:
 * a text with a zero at its end, another zero, and the letter of its type (GVariant specification, 2.5). Positions count from
 * the file's begin, since the dictionary is aligned to eight.
 */
function dictionaryText(bytes: Buffer, key: string): string {
  const at = bytes.indexOf(`\0${key}\0`, 0, "latin1");
  if (at === -1) return "";
  const start = Math.ceil((at + key.length + 2) / 8) * 8;
  const end = bytes.indexOf(0, start);
  if (end === -1 || bytes[end + 1] !== 0 || bytes[end + 2] !== "s".charCodeAt(0)) return "";
  return bytes.toString("utf8", start, end);
}

/** A deployed application or runtime, named by its place: `<kind>/<id>/<arch>/<branch>`. */
export interface FlatpakRef {
  kind: "app" | "runtime";
  id: string;
  arch: string;
  branch: string;
}

/**
 * Parts of others that flatpak installs and removes with them, and does not list by itself
 * (flatpak_decomposed_id_is_subref).
 */
export function isFlatpakPart(id: string): boolean {
  return /\.(?:Locale|Debug|Sources)$/.test(id);
}

/**
 * A deployment as a row. The application's id is `application_id` and groups its versions, the branch is the `release`; with name,
 * version and architecture they are the identity, which must not change. An application without a name of its own gets the last
 * word of its id, as `flatpak list` shows it, and a runtime its id.
 *
 * @param installedBy the user of a user's installation; "" for the system's
 */
export function flatpakEntry(ref: FlatpakRef, deploy: FlatpakDeploy, path: string, installedBy: string): SoftwareEntry {
  return {
    ...emptySoftwareEntry("flatpak_packages"),
    name: deploy.name || (ref.kind === "app" ? (ref.id.split(".").at(-1) ?? ref.id) : ref.id),
    version: deploy.version,
    release: ref.branch,
    arch: ref.arch,
    application_id: ref.id,
    installed_paths: [path],
    installed_by: installedBy,
    facts: { origin: deploy.origin },
  };
}

/** The `Path=` of each installation in a file of `/etc/flatpak/installations.d` (flatpak-installation(5)). */
export function parseInstallations(text: string): string[] {
  return [...text.matchAll(/^[ \t]*Path[ \t]*=[ \t]*(\/.*?)[ \t/]*$/gm)].map((match) => match[1] ?? "");
}
