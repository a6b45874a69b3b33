import { isAbsolute, normalize, posix, win32 } from "node:path";
import type { CollectionResponse, CollectionSettings, SourceSettings } from "#protocol/agent/messages.ts";

/**
 * Checks collection settings on the device, by the protocol's own bounds: written out here, because the protocol's schemas would
 * load their library into every device. Fields and sources that only a newer server knows are left out.
 * @throws SettingsError that names the field and its bounds
 */
export function parseCollection(value: unknown): CollectionResponse {
  const { etag, settings } = objectOf(value, "collection");
  if (typeof etag !== "string" || !/^[0-9a-f]{1,64}$/.test(etag)) {
    throw new SettingsError("etag is no text of 1 to 64 hexadecimal digits.");
  }
  const { sources } = objectOf(settings, "settings");
  const given = Object.entries(objectOf(sources, "settings.sources"));
  if (given.length > SOURCES_MAX) throw new SettingsError(`settings.sources names more than ${SOURCES_MAX} sources.`);
  const parsed: CollectionSettings["sources"] = {};
  for (const [source, own] of given) {
    if (!/^[a-z0-9_]{1,64}$/.test(source)) throw new SettingsError("settings.sources has a name that no source can have.");
    parsed[source] = parseSource(own, `settings.sources.${source}`);
  }
  return { etag, settings: { sources: parsed } };
}

/** Settings that this device does not take; the message says what is wrong with which field. */
export class SettingsError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "SettingsError";
  }
}

const SOURCES_MAX = 200;
const ROOTS_MAX = 50;
const ROOT_LENGTH_MAX = 1024;

/** The protocol's bounds (SourceSettings). */
const NUMBERS = [
  ["interval_seconds", 60, 604_800],
  ["timeout_seconds", 1, 600],
  ["memory_bytes_max", 16_777_216, 1_073_741_824],
  ["rows_max", 1, 50_000],
] as const;

/** What no collector has any business in: not files but the kernel's own. */
const NOT_SEARCHED = /^\/(?:proc|sys|dev)(?:\/|$)/;

function parseSource(value: unknown, path: string): SourceSettings {
  const given = objectOf(value, path);
  const settings: SourceSettings = {};
  if (given["enabled"] !== undefined) {
    if (typeof given["enabled"] !== "boolean") throw new SettingsError(`${path}.enabled is neither true nor false.`);
    settings.enabled = given["enabled"];
  }
  for (const [field, least, most] of NUMBERS) {
    const number = given[field];
    if (number === undefined) continue;
    if (typeof number !== "number" || !Number.isInteger(number) || number < least || number > most) {
      throw new SettingsError(`${path}.${field} is no whole number from ${least} to ${most}.`);
    }
    settings[field] = number;
  }
  if (given["roots"] !== undefined) settings.roots = parseRoots(given["roots"], `${path}.roots`);
  return settings;
}

function parseRoots(value: unknown, path: string): string[] {
  if (!Array.isArray(value) || value.length > ROOTS_MAX) throw new SettingsError(`${path} is no list of up to ${ROOTS_MAX}.`);
  const roots = value.flatMap((root: unknown, i) => {
    const usable = typeof root === "string" && root.length <= ROOT_LENGTH_MAX && !root.includes("\0");
    // One fleet has machines of several platforms: directories of the others are none here.
    if (usable && !isAbsolute(root) && (posix.isAbsolute(root) || win32.isAbsolute(root))) return [];
    if (!usable || !isAbsolute(root))
      throw new SettingsError(`${path}[${i}] is no absolute path of up to ${ROOT_LENGTH_MAX} characters.`);
    const plain = normalize(root).replace(/(?<=.)[/\\]$/, "");
    if (NOT_SEARCHED.test(plain)) throw new SettingsError(`${path}[${i}] is below /proc, /sys or /dev, which hold no software.`);
    return [plain];
  });
  return [...new Set(roots)];
}

function objectOf(value: unknown, path: string): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new SettingsError(`${path} is no object.`);
  return value as Record<string, unknown>;
}
