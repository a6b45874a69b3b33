import { platformFamily } from "#domain/software/sources.ts";
import { matchDirectories } from "./glob.ts";
import { userHomes } from "./users.ts";

/** Directories below a home where one product keeps its things, by platform family; `*` stands for part of a name. */
export interface UserDirectories<T> {
  product: T;
  linux?: readonly string[];
  darwin?: readonly string[];
  windows?: readonly string[];
}

/** One of them that exists. */
export interface UserDirectory<T> {
  product: T;
  user: string;
  /** Below the root. */
  path: string;
}

/**
 * The directories of a table that exist in the home of somebody. `candidates` are all that were looked for, existing or not, and the
 * directories searched for patterns: what appears there is news.
 */
export async function findUserDirectories<T>(
  root: string,
  platform: string,
  table: readonly UserDirectories<T>[],
): Promise<{ found: UserDirectory<T>[]; candidates: string[] }> {
  const family = platformFamily(platform);
  const found: UserDirectory<T>[] = [];
  const candidates = new Set<string>();
  if (family === null || family === "chrome") return { found, candidates: [] };
  for (const { user, home } of await userHomes(root, platform)) {
    for (const entry of table) {
      for (const directory of entry[family] ?? []) {
        const pattern = `${home}/${directory}`;
        const matches = await matchDirectories(root, pattern);
        for (const path of [...matches.searched, ...(directory.includes("*") ? [] : [pattern])]) candidates.add(path);
        found.push(...matches.found.map((path) => ({ product: entry.product, user, path })));
      }
    }
  }
  return { found, candidates: [...candidates] };
}
