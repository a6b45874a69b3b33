import { emptySoftwareEntry } from "#domain/software/software.ts";
import type { SoftwareEntry } from "#domain/software/software.ts";
import { member, parseJson, textMember } from "../../system/json.ts";

/** An extension, as osquery's table `vscode_extensions` names its facts. */
export interface VscodeExtension {
  /** `publisher.name`. */
  name: string;
  version: string;
  uuid: string;
  /** The name of the publisher that people see. */
  publisher: string;
  /** Where it is; relative to the directory of extensions when it does not begin with `/`. */
  path: string;
}

/**
 * Reads `extensions.json`, the editor's own list. null when it is no list: then only the folders tell. What was installed from a file
 * has no metadata; osquery leaves it out, here it has empty ones.
 */
export function parseExtensionList(text: string): VscodeExtension[] | null {
  const list = parseJson(text);
  if (!Array.isArray(list)) return null;
  return list
    .map((item: unknown) => ({
      name: textMember(item, "identifier", "id"),
      version: textMember(item, "version"),
      uuid: textMember(item, "identifier", "uuid"),
      publisher: textMember(item, "metadata", "publisherDisplayName"),
      path: textMember(item, "location", "path") || textMember(item, "relativeLocation"),
    }))
    .filter((extension) => extension.name !== "");
}

/** Reads an extension's own `package.json`, for editors that keep no list. null when it is no extension's. */
export function parseExtensionManifest(text: string, path: string): VscodeExtension | null {
  const manifest = parseJson(text);
  const [publisher, name] = [textMember(manifest, "publisher"), textMember(manifest, "name")];
  if (publisher === "" || name === "" || member(manifest, "engines", "vscode") === undefined) return null;
  return {
    name: `${publisher}.${name}`.toLowerCase(),
    version: textMember(manifest, "version"),
    uuid: textMember(manifest, "__metadata", "id"),
    publisher: textMember(manifest, "__metadata", "publisherDisplayName"),
    path,
  };
}

/** The row of an extension: the fields that osquery's row of it becomes on the server (translate/entries.ts). */
export function extensionEntry(extension: VscodeExtension, edition: string, user: string): SoftwareEntry {
  return {
    ...emptySoftwareEntry("vscode_extensions"),
    name: extension.name,
    version: extension.version,
    extension_id: extension.uuid,
    extension_for: edition,
    vendor: extension.publisher,
    installed_paths: extension.path === "" ? [] : [extension.path],
    installed_by: user,
  };
}
