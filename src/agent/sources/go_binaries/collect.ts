import type { SoftwareEntry } from "#domain/software/software.ts";
import { readGoBuildInfo } from "../../formats/go-build-info.ts";
import { findPrograms } from "../find-programs.ts";
import { checkRows } from "../source.ts";
import type { CollectContext, Collected } from "../source.ts";
import { goEntries } from "./parse.ts";

/** The Go programs of this device that no package brought ({@link findPrograms}), and the modules linked into them. */
export async function collectGoBinaries(context: CollectContext): Promise<Collected> {
  const { found, markers } = await findPrograms(context, readGoBuildInfo);
  // Merged at once: a hundred programs share most of their modules.
  const rows = new Map<string, SoftwareEntry>();
  for (const { path, user, value } of found) {
    for (const entry of goEntries(value, path, user)) {
      const key = `${entry.name}\n${entry.version}`;
      const known = rows.get(key);
      if (known === undefined) rows.set(key, entry);
      else known.installed_paths.push(path);
    }
    checkRows(rows.size);
  }
  return { entries: [...rows.values()], markers };
}
