import { emptySoftwareEntry } from "#domain/software/software.ts";
import type { SoftwareEntry } from "#domain/software/software.ts";

/**
 * A package as pacman's local database describes it (alpm-db-desc: `%NAME%` and so on, each followed by its values, one a line).
 * null without a name or version.
 *
 * Identity is name, version and arch, as Fleet's `pacman_packages` (reference osquery-remote.md §10); it must not change. The
 * version is pacman's whole one, `epoch:version-release`.
 */
export function parsePacmanDesc(text: string): SoftwareEntry | null {
  const values = new Map<string, string>();
  let field = "";
  for (const line of text.split("\n")) {
    const header = /^%([A-Z0-9]+)%$/.exec(line.trim());
    if (header !== null) field = header[1] ?? "";
    // The first value of a field is the only one of those read here.
    else if (line.trim() !== "" && !values.has(field)) values.set(field, line.trim());
  }
  const name = values.get("NAME") ?? "";
  const version = values.get("VERSION") ?? "";
  if (name === "" || version === "") return null;
  const epoch = /^(\d+):/.exec(version)?.[1];
  const facts = {
    source_package: values.get("BASE") ?? name,
    source_version: version,
    ...(epoch === undefined ? {} : { epoch }),
    ...(values.has("PACKAGER") ? { origin: values.get("PACKAGER") ?? "" } : {}),
  };
  return { ...emptySoftwareEntry("pacman_packages"), name, version, arch: values.get("ARCH") ?? "", facts };
}
