import { dirname, join } from "node:path";
import type { SoftwareEntry } from "#domain/software/software.ts";
import { listDirectory } from "../../system/files.ts";
import { readOwnText } from "../../system/own-files.ts";
import { findUserDirectories, nativePath } from "../../system/user-directories.ts";
import { checkRows, checkTime } from "../source.ts";
import type { CollectContext, Collected } from "../source.ts";
import { BROWSERS } from "./browsers.ts";
import { extensionEntry, isLocalised, localise, outsidePaths, parseManifest } from "./parse.ts";

/** Either makes a directory a profile (osquery's rule). */
const SETTINGS = ["Preferences", "Secure Preferences"];
const SETTINGS_BYTES_MAX = 32 * 1024 * 1024;
const MANIFEST_BYTES_MAX = 4 * 1024 * 1024;
const MESSAGES_BYTES_MAX = 4 * 1024 * 1024;
const MARKERS_MAX = 500;
const LOCALE = /^[\w-]{1,32}$/;

/**
 * The extensions of every profile of every browser of Chrome's family, of everybody on this device: those installed below the
 * profile, all of their versions that are still there, and those its settings name elsewhere. Disabled ones are listed too, as
 * osquery lists them.
 */
export async function collectChromeExtensions(context: CollectContext): Promise<Collected> {
  const { found, markers: appearing } = await findUserDirectories(context.root, context.platform, BROWSERS);
  const entries: SoftwareEntry[] = [];
  const markers = new Set(appearing);
  for (const { product, user, path } of found) {
    for (const profile of await profiles(context, path)) {
      markers.add(`${profile.path}/Extensions`);
      for (const extension of await extensionDirectories(context, profile)) {
        const where = { browser: product, user, path: nativePath(extension, context.platform) };
        const entry = await readExtension(context, extension, where);
        if (entry === null) continue;
        entries.push(entry);
        // An update makes a new directory beside the old version's.
        if (extension.startsWith(profile.path) && markers.size < MARKERS_MAX) markers.add(dirname(extension));
        checkRows(entries.length);
      }
    }
  }
  return { entries, markers: [...markers] };
}

interface Profile {
  path: string;
  /** Extensions that its settings name by an absolute path. */
  outside: string[];
}

/** The directory itself (Opera), or those in it. */
async function profiles(context: CollectContext, directory: string): Promise<Profile[]> {
  const own = await readProfile(context, directory);
  if (own !== null) return [own];
  const found: Profile[] = [];
  for (const item of await listDirectory(join(context.root, directory))) {
    const profile = item.isDirectory() ? await readProfile(context, `${directory}/${item.name}`) : null;
    if (profile !== null) found.push(profile);
  }
  return found;
}

async function readProfile({ root, signal }: CollectContext, path: string): Promise<Profile | null> {
  checkTime(signal);
  let isProfile = false;
  const outside: string[] = [];
  for (const name of SETTINGS) {
    const text = await readOwnText(join(root, path, name), SETTINGS_BYTES_MAX);
    if (text === null) continue;
    isProfile = true;
    outside.push(...outsidePaths(text));
  }
  return isProfile ? { path, outside } : null;
}

/** `Extensions/<id>/<version>`, and what the settings name elsewhere. */
async function extensionDirectories({ root, signal }: CollectContext, profile: Profile): Promise<string[]> {
  const base = `${profile.path}/Extensions`;
  const found = new Set<string>();
  for (const extension of await listDirectory(join(root, base))) {
    checkTime(signal);
    if (!extension.isDirectory()) continue;
    for (const version of await listDirectory(join(root, base, extension.name))) {
      if (version.isDirectory()) found.add(`${base}/${extension.name}/${version.name}`);
    }
  }
  for (const path of profile.outside) found.add(path.replace(/[\\/]+$/, ""));
  return [...found];
}

/** null for a directory without a readable manifest: half removed, or built into the browser. */
async function readExtension(
  { root }: CollectContext,
  directory: string,
  where: { browser: string; user: string; path: string },
): Promise<SoftwareEntry | null> {
  const text = await readOwnText(join(root, directory, "manifest.json"), MANIFEST_BYTES_MAX);
  const manifest = text === null ? null : parseManifest(text);
  if (manifest === null) return null;
  // A locale comes from the extension and becomes part of a path.
  if (isLocalised(manifest.name) && LOCALE.test(manifest.locale)) {
    const file = join(root, directory, "_locales", manifest.locale, "messages.json");
    manifest.name = localise(manifest.name, (await readOwnText(file, MESSAGES_BYTES_MAX)) ?? "");
  }
  return extensionEntry(manifest, where);
}
