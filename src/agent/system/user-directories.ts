import { stat } from "node:fs/promises";
import { join } from "node:path";
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
 * The directories of a table that exist in the home of somebody. `markers` are paths in which a change can make another one appear:
 * of what does not exist only the first missing directory, so that an account without any of the products costs next to nothing.
 */
export async function findUserDirectories<T>(
  root: string,
  platform: string,
  table: readonly UserDirectories<T>[],
): Promise<{ found: UserDirectory<T>[]; markers: string[] }> {
  const family = platformFamily(platform);
  const found: UserDirectory<T>[] = [];
  const markers = new Set<string>();
  if (family === null || family === "chrome") return { found, markers: [] };
  for (const { user, home } of await userHomes(root, platform)) {
    const directories = new KnownDirectories(root, home);
    for (const entry of table) {
      for (const pattern of entry[family] ?? []) {
        const matches = await directories.match(pattern);
        for (const path of matches.markers) markers.add(path);
        found.push(...matches.found.map((path) => ({ product: entry.product, user, path })));
      }
    }
  }
  return { found, markers: [...markers] };
}

/** A path as its platform writes it; tables and collectors have `/` everywhere. */
export function nativePath(path: string, platform: string): string {
  return platformFamily(platform) === "windows" ? path.replaceAll("/", "\\") : path;
}

/** Which directories of one home exist, each asked once: tables name tens of paths below the same few. */
class KnownDirectories {
  readonly #root: string;
  readonly #home: string;
  readonly #known = new Map<string, Promise<boolean>>();

  constructor(root: string, home: string) {
    this.#root = root;
    this.#home = home;
  }

  async match(pattern: string): Promise<{ found: string[]; markers: string[] }> {
    const parts = pattern.split("/");
    let path = this.#home;
    for (const [i, part] of parts.entries()) {
      if (part.includes("*")) {
        // Below the directory, since a home of Windows (`C:\\Users\\ada`) is no path of a pattern.
        const { found, searched } = await matchDirectories(join(this.#root, path), parts.slice(i).join("/"));
        return { found: found.map((f) => path + f), markers: [path, ...searched.map((f) => path + f)] };
      }
      path = `${path}/${part}`;
      if (!(await this.#isDirectory(path))) return { found: [], markers: [path] };
    }
    return { found: [path], markers: [path] };
  }

  #isDirectory(path: string): Promise<boolean> {
    const asked = this.#known.get(path) ?? isDirectory(join(this.#root, path));
    this.#known.set(path, asked);
    return asked;
  }
}

async function isDirectory(path: string): Promise<boolean> {
  const info = await stat(path).catch(() => null);
  return info?.isDirectory() === true;
}
