import { emptySoftwareEntry, type SoftwareEntry } from "#domain/software/software.ts";

const ENTITIES: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };

/**
 * A package of Chocolatey, from the `.nuspec` it keeps: the identifier (osquery's name) and version of its metadata. Null for a file
 * without them.
 */
export function parseNuspec(text: string, path: string): SoftwareEntry | null {
  const metadata = /<metadata\b[^>]*>([\s\S]*?)<\/metadata>/i.exec(text)?.[1] ?? "";
  // dependencies have identifiers and versions too, as attributes; those of the package are elements
  const name = element(metadata, "id");
  if (name === "") return null;
  return { ...emptySoftwareEntry("chocolatey_packages"), name, version: element(metadata, "version"), installed_paths: [path] };
}

function element(metadata: string, name: string): string {
  const raw = new RegExp(`<${name}\\s*>([^<]*)</${name}\\s*>`, "i").exec(metadata)?.[1] ?? "";
  return raw.trim().replaceAll(/&(lt|gt|amp|quot|apos);/g, (_whole, entity: string) => ENTITIES[entity] ?? "");
}
