import { listDirectory } from "./files.ts";

const NOT_PEOPLE = new Set(["Public", "Default", "Default User", "All Users"]);

/** The profile directories of a Windows machine's people. `root` stands for `C:\` in tests. */
export async function windowsHomes(root: string): Promise<string[]> {
  const items = await listDirectory(root === "" ? "C:\\Users" : `${root}/Users`);
  return items.filter((item) => item.isDirectory() && !NOT_PEOPLE.has(item.name)).map((item) => `C:\\Users\\${item.name}`);
}
