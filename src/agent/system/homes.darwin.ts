import { join } from "node:path";
import { listDirectory } from "./files.ts";

const NOT_PEOPLE = new Set(["Shared", "Guest", ".localized"]);

/** The home directories of a Mac's people, below `/Users`; macOS keeps accounts in a directory service, not in a file. */
export async function darwinHomes(root: string): Promise<string[]> {
  const items = await listDirectory(join(root, "/Users"));
  return items.filter((item) => item.isDirectory() && !NOT_PEOPLE.has(item.name)).map((item) => `/Users/${item.name}`);
}
