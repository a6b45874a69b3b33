import { win32 } from "node:path";
import type { SoftwareEntry } from "#domain/software/software.ts";
import { listDirectory, readText } from "../../system/files.ts";
import { checkRows, checkTime } from "../source.ts";
import type { CollectContext, Collected } from "../source.ts";
import { parseNuspec } from "./parse.ts";

/** Where Chocolatey is unless someone moved it. */
const LIBRARY = "C:\\ProgramData\\chocolatey\\lib";
const NUSPEC_BYTES_MAX = 1024 * 1024;

/** Packages that Chocolatey installed. */
export async function collectChocolateyPackages({ root, signal }: CollectContext): Promise<Collected> {
  const library = root === "" ? LIBRARY : `${root}/ProgramData/chocolatey/lib`;
  const entries: SoftwareEntry[] = [];
  for (const item of await listDirectory(library)) {
    checkTime(signal);
    if (!item.isDirectory()) continue;
    const path = win32.join(LIBRARY, item.name);
    const text = await readText(`${library}/${item.name}/${item.name}.nuspec`, NUSPEC_BYTES_MAX);
    const entry = text === null ? null : parseNuspec(text, path);
    if (entry !== null) entries.push(entry);
    checkRows(entries.length);
  }
  return { entries, markers: [library] };
}
