import { join } from "node:path";
import type { SoftwareEntry } from "#domain/software/software.ts";
import { listDirectory } from "../../system/files.ts";
import { readOwnText } from "../../system/own-files.ts";
import { findUserDirectories, nativePath } from "../../system/user-directories.ts";
import { checkRows, checkTime } from "../source.ts";
import type { CollectContext, Collected } from "../source.ts";
import { EDITIONS } from "./editions.ts";
import { extensionEntry, parseExtensionList, parseExtensionManifest } from "./parse.ts";
import type { VscodeExtension } from "./parse.ts";

const LIST_BYTES_MAX = 16 * 1024 * 1024;
const MANIFEST_BYTES_MAX = 2 * 1024 * 1024;

/** The extensions of VS Code and the editors made from it, of everybody on this device. */
export async function collectVscodeExtensions(context: CollectContext): Promise<Collected> {
  const { found, markers } = await findUserDirectories(context.root, context.platform, EDITIONS);
  const entries: SoftwareEntry[] = [];
  for (const { product, user, path } of found) {
    for (const extension of await extensionsIn(context, path)) entries.push(extensionEntry(extension, product, user));
    checkRows(entries.length);
  }
  return { entries, markers: [...markers, ...found.map(({ path }) => `${path}/extensions.json`)] };
}

async function extensionsIn(context: CollectContext, directory: string): Promise<VscodeExtension[]> {
  checkTime(context.signal);
  const text = await readOwnText(join(context.root, directory, "extensions.json"), LIST_BYTES_MAX);
  const listed = text === null ? null : parseExtensionList(text);
  if (listed !== null) return listed.map((extension) => ({ ...extension, path: absolute(extension.path, directory) }));
  return extensionFolders(context, directory);
}

/** What the editor wrote relative to its directory, for homes that move. */
function absolute(path: string, directory: string): string {
  return path === "" || path.startsWith("/") ? path : `${directory}/${path}`;
}

async function extensionFolders({ root, platform, signal }: CollectContext, directory: string): Promise<VscodeExtension[]> {
  const found: VscodeExtension[] = [];
  for (const item of await listDirectory(join(root, directory))) {
    checkTime(signal);
    if (item.name.startsWith(".") || !item.isDirectory()) continue;
    const path = `${directory}/${item.name}`;
    const manifest = await readOwnText(join(root, path, "package.json"), MANIFEST_BYTES_MAX);
    const extension = manifest === null ? null : parseExtensionManifest(manifest, nativePath(path, platform));
    if (extension !== null) found.push(extension);
  }
  return found;
}
