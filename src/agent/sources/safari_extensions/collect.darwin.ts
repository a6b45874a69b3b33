import { join } from "node:path";
import type { SoftwareEntry } from "#domain/software/software.ts";
import { isForbidden, listDirectory, readBytes } from "../../system/files.ts";
import { darwinHomes } from "../../system/homes.darwin.ts";
import { checkRows, checkTime } from "../source.ts";
import type { CollectContext, Collected } from "../source.ts";
import { parseSafariExtension } from "./parse.ts";

const INFO_BYTES_MAX = 1024 * 1024;

/** Safari's extensions: since Safari 14 they come inside applications only. */
export async function collectSafariExtensions(context: CollectContext): Promise<Collected> {
  const folders = ["/Applications", ...(await darwinHomes(context.root)).map((home) => `${home}/Applications`)];
  const entries: SoftwareEntry[] = [];
  for (const folder of folders) {
    for (const app of await listDirectory(join(context.root, folder))) {
      if (app.name.endsWith(".app")) entries.push(...(await extensionsOf(context, `${folder}/${app.name}`)));
      checkRows(entries.length);
    }
  }
  return { entries, markers: folders };
}

async function extensionsOf({ root, signal }: CollectContext, app: string): Promise<SoftwareEntry[]> {
  const found: SoftwareEntry[] = [];
  for (const item of await listDirectory(join(root, app, "Contents/PlugIns"))) {
    checkTime(signal);
    if (!item.name.endsWith(".appex")) continue;
    const path = `${app}/Contents/PlugIns/${item.name}`;
    const entry = await readExtension(join(root, path, "Contents/Info.plist"), path);
    if (entry !== null) found.push(entry);
  }
  return found;
}

/** A plug-in that cannot be read costs only itself. */
async function readExtension(file: string, path: string): Promise<SoftwareEntry | null> {
  try {
    const info = await readBytes(file, INFO_BYTES_MAX);
    return info === null ? null : parseSafariExtension(path, info);
  } catch (error) {
    if (isForbidden(error) || (error instanceof Error && error.name === "PlistError")) return null;
    throw error;
  }
}
