import { emptySoftwareEntry } from "#domain/software/software.ts";
import type { SoftwareEntry } from "#domain/software/software.ts";
import type { JavaArchive } from "../../formats/java-archive.ts";

/** The name of a library: `group:artifact` where it is known, as Maven writes it. */
interface Coordinates {
  name: string;
  version: string;
  /** Who made it, as its manifest says. */
  origin: string;
}

/**
 * The rows of one archive: every library whose Maven coordinates are in it (an archive that others were merged into has several),
 * else the one that its manifest or file name tells of. CHANGING THIS RENAMES SOFTWARE.
 */
export function archiveEntries(archive: JavaArchive): SoftwareEntry[] {
  const poms = archive.poms.map(parsePomProperties).filter((pom) => pom !== null);
  const found = poms.length > 0 ? poms : [fromManifest(archive)];
  return found.map(({ name, version, origin }) => ({
    ...emptySoftwareEntry("java_archives"),
    name,
    version,
    installed_paths: [archive.path],
    facts: origin === "" ? null : { origin },
  }));
}

/** Reads the coordinates Maven left in a jar; null when they are incomplete. */
export function parsePomProperties(text: string): Coordinates | null {
  const values = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const match = /^\s*(groupId|artifactId|version)\s*[=:]\s*(.*?)\s*$/.exec(line);
    if (match !== null) values.set(match[1] ?? "", match[2] ?? "");
  }
  const [group = "", artifact = "", version = ""] = ["groupId", "artifactId", "version"].map((key) => values.get(key));
  return group === "" || artifact === "" ? null : { name: `${group}:${artifact}`, version, origin: "" };
}

/** Reads the main section of a manifest (JAR File Specification): lines of 72 bytes, continued by a leading space. */
export function parseManifest(text: string): Map<string, string> {
  const attributes = new Map<string, string>();
  const main = text.replace(/^\uFEFF/, "").split(/\r?\n\r?\n|\r\r/, 1)[0] ?? "";
  for (const line of main.replaceAll(/(?:\r\n|\r|\n) /g, "").split(/\r\n|\r|\n/)) {
    const colon = line.indexOf(": ");
    if (colon > 0) attributes.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 2).trim());
  }
  return attributes;
}

/**
 * Where Maven left nothing: the group is the vendor's id if the manifest has one, and the artifact the file's name; else the name
 * it has as an OSGi bundle, its title, its module's name, its file's name.
 */
function fromManifest({ path, manifest }: JavaArchive): Coordinates {
  const attributes = parseManifest(manifest ?? "");
  const get = (name: string) => attributes.get(name) ?? "";
  const file = parseFileName(path);
  const vendorId = get("implementation-vendor-id");
  const name =
    (/^[\w.-]+$/.test(vendorId) && `${vendorId}:${file.name}`) ||
    (get("bundle-symbolicname").split(";", 1)[0] ?? "").trim() ||
    get("implementation-title") ||
    get("automatic-module-name") ||
    file.name;
  const version = get("implementation-version") || get("bundle-version") || file.version;
  return { name, version, origin: get("implementation-vendor") || get("bundle-vendor") };
}

/** `…/guice-4.2.3-no_aop.jar` → guice, 4.2.3-no_aop. */
function parseFileName(path: string): { name: string; version: string } {
  const stem = path.slice(path.lastIndexOf("/") + 1).replace(/\.\w+$/, "");
  const match = /^(.+?)[-_](\d[\w.+-]*)$/.exec(stem);
  return { name: match?.[1] ?? stem, version: match?.[2] ?? "" };
}
