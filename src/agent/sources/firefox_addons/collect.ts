import { join } from "node:path";
import type { SoftwareEntry } from "#domain/software/software.ts";
import { listDirectory } from "../../system/files.ts";
import { readOwnText } from "../../system/own-files.ts";
import { findUserDirectories } from "../../system/user-directories.ts";
import type { UserDirectories } from "../../system/user-directories.ts";
import { checkRows, checkTime } from "../source.ts";
import type { CollectContext, Collected } from "../source.ts";
import { parseFirefoxAddons } from "./parse.ts";

/** Where Firefox keeps profiles: its own packages, Ubuntu's snap, the Flatpak. */
const PROFILES: readonly UserDirectories<"firefox">[] = [
  {
    product: "firefox",
    linux: [
      ".mozilla/firefox",
      ".config/mozilla/firefox",
      "snap/firefox/common/.mozilla/firefox",
      ".var/app/org.mozilla.firefox/.mozilla/firefox",
    ],
    darwin: ["Library/Application Support/Firefox/Profiles"],
    windows: ["AppData/Roaming/Mozilla/Firefox/Profiles"],
  },
];
const ADDONS_BYTES_MAX = 64 * 1024 * 1024;

/** The add-ons of every Firefox profile of everybody on this device. */
export async function collectFirefoxAddons(context: CollectContext): Promise<Collected> {
  const { found, markers } = await findUserDirectories(context.root, context.platform, PROFILES);
  const entries: SoftwareEntry[] = [];
  const files: string[] = [];
  for (const { user, path } of found) {
    for (const item of await listDirectory(join(context.root, path))) {
      checkTime(context.signal);
      if (!item.isDirectory() && !item.isSymbolicLink()) continue;
      const file = `${path}/${item.name}/extensions.json`;
      const text = await readOwnText(join(context.root, file), ADDONS_BYTES_MAX);
      if (text === null) continue;
      files.push(file);
      entries.push(...parseFirefoxAddons(text, user));
      checkRows(entries.length);
    }
  }
  return { entries, markers: [...markers, ...files] };
}
