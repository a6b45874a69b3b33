import { stat } from "node:fs/promises";
import { join } from "node:path";
import { listDirectory } from "./files.ts";

/** What a pattern matched, and the directories whose entries decide about it. */
export interface DirectoryMatches {
  /** Directories that match, below the root. */
  found: string[];
  /** Existing directories that were searched for a wildcard: a new entry in one may be a new match. */
  searched: string[];
}

/**
 * Directories that match a path in which `*` stands for part of one name, never for a leading dot (the rule of glob(7), which
 * osquery's patterns follow). Symbolic links to directories count as directories.
 */
export async function matchDirectories(root: string, pattern: string): Promise<DirectoryMatches> {
  let found = [""];
  const searched: string[] = [];
  for (const part of pattern.split("/").filter((p) => p !== "")) {
    const next: string[] = [];
    for (const parent of found) {
      if (!part.includes("*")) {
        next.push(`${parent}/${part}`);
        continue;
      }
      const entries = await listDirectory(join(root, parent));
      if (entries.length > 0) searched.push(parent);
      const matches = nameMatcher(part);
      next.push(...entries.filter((entry) => matches(entry.name)).map((entry) => `${parent}/${entry.name}`));
    }
    found = await onlyDirectories(root, next);
  }
  return { found, searched };
}

async function onlyDirectories(root: string, paths: string[]): Promise<string[]> {
  const kinds = await Promise.all(paths.map((path) => stat(join(root, path)).catch(() => null)));
  return paths.filter((_path, i) => kinds[i]?.isDirectory() === true);
}

function nameMatcher(part: string): (name: string) => boolean {
  const expression = new RegExp(`^${part.split("*").map(escapeForRegExp).join(".*")}$`, "s");
  return (name) => (part.startsWith("*") && name.startsWith(".") ? false : expression.test(name));
}

function escapeForRegExp(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}
