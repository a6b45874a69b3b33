import { emptySoftwareEntry } from "#domain/software/software.ts";
import type { SoftwareEntry } from "#domain/software/software.ts";

/** What a program's own files say of it; "" for what they do not. */
export interface ProgramClaim {
  name: string;
  version: string;
  vendor: string;
}

/**
 * Files that well-known programs carry in their directory, in the order in which they are asked: the first that tells a version
 * counts. Each makes nothing of a text that is not what it should be.
 */
export const CLAIM_FILES: readonly { file: string; read: (text: string) => ProgramClaim | null }[] = [
  { file: "product-info.json", read: jetbrainsClaim },
  { file: "application.ini", read: mozillaClaim },
  { file: ".eclipseproduct", read: eclipseClaim },
  { file: "release", read: javaClaim },
  { file: "resources/app/package.json", read: packageClaim },
  { file: "app/resources/app/package.json", read: packageClaim },
  { file: "package.json", read: packageClaim },
  { file: "VERSION", read: versionClaim },
  { file: "version", read: versionClaim },
  { file: "VERSION.txt", read: versionClaim },
  { file: "version.txt", read: versionClaim },
];

/** JetBrains' IDEs: product-info.json. */
function jetbrainsClaim(text: string): ProgramClaim | null {
  const value = jsonObject(text);
  return claim(value["name"], value["version"], value["productVendor"] ?? "JetBrains");
}

/** Firefox, Thunderbird and what is built of them: application.ini, section App. */
function mozillaClaim(text: string): ProgramClaim | null {
  const app = /^\[App\]([^[]*)/m.exec(text)?.[1] ?? "";
  return claim(property(app, "Name"), property(app, "Version"), property(app, "Vendor"));
}

/** Eclipse and its products: .eclipseproduct. */
function eclipseClaim(text: string): ProgramClaim | null {
  return claim(property(text, "name"), property(text, "version"), "");
}

/** A Java runtime: release. */
function javaClaim(text: string): ProgramClaim | null {
  const version = property(text, "JAVA_VERSION");
  return version === "" ? null : claim("", version, property(text, "IMPLEMENTOR"));
}

/** Programs made with Electron, and others of Node: package.json. */
function packageClaim(text: string): ProgramClaim | null {
  const value = jsonObject(text);
  return claim(value["productName"] ?? value["name"], value["version"], "");
}

/** A file that holds nothing but a version, with a word before it at most: `go1.24.2`, `1.2.3`, `v4.0`. */
function versionClaim(text: string): ProgramClaim | null {
  const version = /^(?:[A-Za-z]*[ \t]?)?(\d[\w.+~-]{0,63})\s*(?:\r?\n|$)/.exec(text)?.[1];
  return version === undefined ? null : claim("", version, "");
}

function claim(name: unknown, version: unknown, vendor: unknown): ProgramClaim | null {
  if (typeof version !== "string" || version.trim() === "") return null;
  return { name: plainText(name), version: version.trim(), vendor: plainText(vendor) };
}

function plainText(value: unknown): string {
  return typeof value === "string" ? value.trim() : "";
}

function jsonObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function property(text: string, name: string): string {
  const value = new RegExp(`^${name}[ \\t]*=[ \\t]*(.*)$`, "m").exec(text)?.[1] ?? "";
  return value.trim().replaceAll(/^"|"$/g, "");
}

/**
 * Name and version by the name of a directory, as archives are unpacked: `idea-IU-241.14494.240`, `jdk-21.0.2`, `go`. Used for
 * what the program's own files leave open.
 */
export function directoryClaim(name: string): { name: string; version: string } {
  const match = /^(.+?)[-_]v?(\d[\w.+~]*(?:[-_.][\w.+~]+)*)$/.exec(name);
  return match === null ? { name, version: "" } : { name: match[1] ?? name, version: match[2] ?? "" };
}

/** A program's directory as a row: name, version and vendor are its identity, by its own files before its directory's name. */
export function portableEntry(path: string, own: ProgramClaim | null, installedBy: string): SoftwareEntry {
  const directory = directoryClaim(path.slice(path.lastIndexOf("/") + 1));
  return {
    ...emptySoftwareEntry("portable_programs"),
    name: own?.name || directory.name,
    version: own?.version || directory.version,
    vendor: own?.vendor ?? "",
    installed_paths: [path],
    installed_by: installedBy,
  };
}
