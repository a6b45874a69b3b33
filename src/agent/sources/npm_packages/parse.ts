/** Name and version as a package.json states them. */
export interface NpmManifest {
  name: string;
  version: string;
}

/** Reads a package.json; fields that are no text are empty. null when it is no JSON object or has no name. */
export function parseNpmManifest(text: string): NpmManifest | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof value !== "object" || value === null) return null;
  const name = "name" in value && typeof value.name === "string" ? value.name : "";
  const version = "version" in value && typeof value.version === "string" ? value.version : "";
  return name === "" ? null : { name, version };
}

/** The `prefix` of an npmrc(5) file, where `npm install -g` puts packages; null when there is none or it needs a shell. */
export function parseNpmPrefix(npmrc: string, home: string): string | null {
  let prefix: string | null = null;
  for (const line of npmrc.split(/\r?\n/)) {
    const value = /^\s*prefix\s*=\s*(.*?)\s*$/.exec(line)?.[1];
    if (value !== undefined) prefix = value.replaceAll(/^["']|["']$/g, "");
  }
  if (prefix === null) return null;
  const expanded = prefix.replace(/^(?:~|\$\{HOME\}|\$HOME)(?=\/|$)/, home).replace(/\/+$/, "");
  return expanded.startsWith("/") && !expanded.includes("$") ? expanded : null;
}
