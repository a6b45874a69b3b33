import { join } from "node:path";
import type { SoftwareEntry } from "#domain/software/software.ts";
import { FormatError, type ByteSource } from "../../formats/byte-source.ts";
import { readZipMember, readZipMembers } from "../../formats/zip.ts";
import { withFileWindow } from "../../system/file-window.ts";
import { listDirectory } from "../../system/files.ts";
import { findUserDirectories, nativePath } from "../../system/user-directories.ts";
import { checkRows, checkTime } from "../source.ts";
import type { CollectContext, Collected } from "../source.ts";
import { likelyPluginJars, parsePluginXml, pluginEntry } from "./parse.ts";
import type { PluginDescription } from "./parse.ts";
import { IDE_DIRECTORIES, productOf } from "./products.ts";

const DESCRIPTION = "META-INF/plugin.xml";
const DESCRIPTION_BYTES_MAX = 4 * 1024 * 1024;

/** The plugins that people on this device installed into JetBrains' IDEs; those that come with an IDE are part of it. */
export async function collectJetbrainsPlugins(context: CollectContext): Promise<Collected> {
  const { found, markers } = await findUserDirectories(context.root, context.platform, IDE_DIRECTORIES);
  const entries: SoftwareEntry[] = [];
  const searched: string[] = [];
  for (const { user, path: ide } of found) {
    const product = productOf(ide.slice(ide.lastIndexOf("/") + 1));
    if (product === null) continue;
    for (const directory of [ide, `${ide}/plugins`]) {
      searched.push(directory);
      for (const { path, description } of await pluginsIn(context, directory)) {
        entries.push(pluginEntry(description, { product, user, path: nativePath(path, context.platform) }));
        checkRows(entries.length);
      }
    }
  }
  return { entries, markers: [...markers, ...searched] };
}

interface FoundPlugin {
  path: string;
  description: PluginDescription;
}

/**
 * A plugin is a jar, or a directory with jars in `lib`. On Linux an IDE's directory holds them itself; elsewhere, and in some setups
 * there too, they are in `plugins`.
 */
async function pluginsIn(context: CollectContext, directory: string): Promise<FoundPlugin[]> {
  const plugins: FoundPlugin[] = [];
  for (const item of await listDirectory(join(context.root, directory))) {
    checkTime(context.signal);
    const path = `${directory}/${item.name}`;
    const jars = item.isDirectory() ? await libraryJars(context, path, item.name) : item.name.endsWith(".jar") ? [path] : [];
    const description = await firstDescription(context, jars);
    if (description !== null) plugins.push({ path, description });
  }
  return plugins;
}

async function libraryJars({ root }: CollectContext, plugin: string, name: string): Promise<string[]> {
  const items = await listDirectory(join(root, plugin, "lib"));
  const jars = items.filter((item) => !item.isDirectory() && item.name.endsWith(".jar")).map((item) => item.name);
  return likelyPluginJars(jars, name).map((jar) => `${plugin}/lib/${jar}`);
}

async function firstDescription({ root, signal }: CollectContext, jars: string[]): Promise<PluginDescription | null> {
  for (const jar of jars) {
    checkTime(signal);
    const description = await withFileWindow(join(root, jar), readDescription);
    if (description !== null) return description;
  }
  return null;
}

/** null for an archive without a description, or a damaged one. */
async function readDescription(file: ByteSource): Promise<PluginDescription | null> {
  try {
    const [member] = await readZipMembers(file, (name) => name === DESCRIPTION);
    if (member === undefined) return null;
    return parsePluginXml((await readZipMember(file, member, DESCRIPTION_BYTES_MAX)).toString("utf8"));
  } catch (error) {
    if (error instanceof FormatError || error instanceof RangeError) return null;
    throw error;
  }
}
