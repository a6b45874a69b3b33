import { emptySoftwareEntry } from "#domain/software/software.ts";
import type { SoftwareEntry } from "#domain/software/software.ts";

/** What a plugin says of itself in `META-INF/plugin.xml`. */
export interface PluginDescription {
  name: string;
  vendor: string;
  version: string;
}

/**
 * Reads a plugin.xml: the text of the first element of each name, as it stands there. osquery takes it in the same way (no entities,
 * white space kept), and the identity of both reports must be one. null when it names no plugin.
 */
export function parsePluginXml(xml: string): PluginDescription | null {
  const name = firstElement(xml, "name");
  return name === "" ? null : { name, vendor: firstElement(xml, "vendor"), version: firstElement(xml, "version") };
}

function firstElement(xml: string, tag: string): string {
  for (let at = xml.indexOf(`<${tag}`); at !== -1; at = xml.indexOf(`<${tag}`, at + 1)) {
    const next = xml[at + tag.length + 1] ?? "";
    // `<vendor-list>` is another element.
    if (next !== ">" && !/\s/.test(next)) continue;
    const start = xml.indexOf(">", at) + 1;
    if (start === 0 || xml[start - 2] === "/") return "";
    const end = xml.indexOf(`</${tag}>`, start);
    return end === -1 ? "" : xml.slice(start, end);
  }
  return "";
}

/**
 * Which jar of a plugin's `lib` is likely its own: not one of words, not a library with a version in its name, one that begins with
 * the plugin's name, the shortest. IDEs search in this order, and the first with a description decides.
 */
export function likelyPluginJars(names: string[], plugin: string): string[] {
  const prefix = plugin.toLowerCase();
  const rank = (name: string): number[] => [
    name.startsWith("resources") ? 1 : 0,
    /-(?:m?\d)[^-]*$/i.test(name) ? 1 : 0,
    name.toLowerCase().startsWith(prefix) ? 0 : 1,
    name.toLowerCase().endsWith("-idea.jar") ? 0 : 1,
    name === "database-plugin.jar" ? 1 : 0,
    name.length,
  ];
  return names
    .map((name) => ({ name, rank: rank(name) }))
    .toSorted((a, b) => firstDifference(a.rank, b.rank) || (a.name < b.name ? -1 : 1))
    .map(({ name }) => name);
}

function firstDifference(a: number[], b: number[]): number {
  const at = a.findIndex((value, i) => value !== b[i]);
  return at === -1 ? 0 : (a[at] ?? 0) - (b[at] ?? 0);
}

/** The row of a plugin: the fields that osquery's row of it becomes on the server (translate/entries.ts). */
export function pluginEntry(
  { name, vendor, version }: PluginDescription,
  where: { product: string; user: string; path: string },
): SoftwareEntry {
  return {
    ...emptySoftwareEntry("jetbrains_plugins"),
    name,
    version,
    vendor,
    extension_for: where.product,
    installed_paths: [where.path],
    installed_by: where.user,
  };
}
