import { createHash } from "node:crypto";
import { emptySoftwareEntry } from "#domain/software/software.ts";
import type { SoftwareEntry } from "#domain/software/software.ts";
import { member, parseJson } from "../../system/json.ts";

/** An extension's manifest, as far as it names the extension. Texts may be placeholders for words of a locale. */
export interface ExtensionManifest {
  name: string;
  version: string;
  /** Which directory of `_locales` has the words. */
  locale: string;
  /** By osquery's column `identifier`: made from the manifest's key, which every packed extension has; else empty. */
  identifier: string;
}

const PLACEHOLDER = /^__MSG_(.*)__$/s;

/** Reads a manifest.json; null when it is no JSON object. */
export function parseManifest(text: string): ExtensionManifest | null {
  const manifest = parseJson(text.replace(/^\uFEFF/, ""));
  if (typeof manifest !== "object" || manifest === null || Array.isArray(manifest)) return null;
  return {
    name: plainText(member(manifest, "name")),
    version: plainText(member(manifest, "version")),
    locale: plainText(member(manifest, "default_locale")) || plainText(member(manifest, "current_locale")) || "en",
    identifier: identifierOf(plainText(member(manifest, "key"))),
  };
}

/** Does the name stand in the words of a locale? */
export function isLocalised(text: string): boolean {
  return PLACEHOLDER.test(text);
}

/** The words for a placeholder in a `messages.json`, whose keys are the same in any letter case; the placeholder if there are none. */
export function localise(placeholder: string, messages: string): string {
  const key = PLACEHOLDER.exec(placeholder)?.[1]?.toLowerCase();
  const words = parseJson(messages.replace(/^\uFEFF/, ""));
  if (key === undefined || typeof words !== "object" || words === null) return placeholder;
  const found = Object.entries(words).find(([name]) => name.toLowerCase() === key);
  const message = member(found?.[1], "message");
  return typeof message === "string" ? message : placeholder;
}

/** An extension's id: the first half of its public key's SHA-256, a letter from a to p for each four bits. */
export function identifierOf(key: string): string {
  const bytes = Buffer.from(key, "base64");
  if (bytes.length === 0) return "";
  const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 32);
  return hash.replaceAll(/./g, (digit) => String.fromCodePoint(97 + Number.parseInt(digit, 16)));
}

/**
 * The directories of extensions that a profile's settings (`Preferences`, `Secure Preferences`) name by an absolute path: those that
 * come with the browser, and unpacked ones. Relative ones are below the profile and are found there.
 */
export function outsidePaths(preferences: string): string[] {
  const settings = parseJson(preferences);
  const extensions = member(settings, "extensions", "settings") ?? member(settings, "extensions", "opsettings");
  if (typeof extensions !== "object" || extensions === null) return [];
  const paths = Object.values(extensions).map((extension) => member(extension, "path"));
  return paths.filter((path) => typeof path === "string" && /^(?:\/|[A-Za-z]:[\\/])/.test(path)) as string[];
}

/** The row of an extension: the fields that osquery's row of it becomes on the server (translate/entries.ts). */
export function extensionEntry(
  { name, version, identifier }: ExtensionManifest,
  where: { browser: string; user: string; path: string },
): SoftwareEntry {
  return {
    ...emptySoftwareEntry("chrome_extensions"),
    name,
    version,
    extension_id: identifier,
    extension_for: where.browser,
    installed_paths: [where.path],
    installed_by: where.user,
  };
}

/** As osquery turns values into text: numbers are written out. */
function plainText(value: unknown): string {
  return typeof value === "string" ? value : typeof value === "number" ? String(value) : "";
}
