import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository as its tests see it: files, and who imports whom. */
export const ROOT = fileURLToPath(new URL("../..", import.meta.url)).replace(/[/\\]$/, "");
/** At the root only: `src/web/data` is ours. */
const IGNORED = new Set(["node_modules", "dist", "data", ".git", ".cache", "coverage"].map((name) => join(ROOT, name)));
const PARTS = ["src", "bin", "tools", "test", "bench", "demo"];

/** Paths of all files, relative to the root, with `/`. */
export function allFiles(): string[] {
  return filesBelow(ROOT).map((path) => relative(ROOT, path).split(sep).join("/"));
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (IGNORED.has(path)) return [];
    return entry.isDirectory() ? filesBelow(path) : [path];
  });
}

/** Paths of all TypeScript files of ours. */
export function sourceFiles(): string[] {
  return allFiles().filter((path) => /\.tsx?$/.test(path) && PARTS.some((part) => path.startsWith(`${part}/`)));
}

export function isTest(path: string): boolean {
  return /\.test\.tsx?$/.test(path) || path.startsWith("test/") || path.startsWith("bench/");
}

export function contentOf(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}

export interface Import {
  from: string;
  /** As written. */
  specifier: string;
  /** Path of the imported file relative to the root; null for packages. */
  target: string | null;
  /** `import type`: nothing remains of it at run time. */
  typeOnly: boolean;
}

const STATIC = /^\s*(?:import|export)(\s+type)?\s(?:[^;"]*?\sfrom\s+)?"([^"]+)"/gm;
const DYNAMIC = /\bimport\(\s*"([^"]+)"\s*\)/g;
const IN_URL = /new URL\(\s*"([^"]+\.(?:ts|mjs))",\s*import\.meta\.url/g;

/** What a file imports: statements, `import(…)`, and files that it names by `new URL(…, import.meta.url)` to run them. */
export function importsOf(path: string): Import[] {
  const text = contentOf(path);
  const found: [string, boolean][] = [
    ...[...text.matchAll(STATIC)].map((match): [string, boolean] => [match[2] ?? "", match[1] !== undefined]),
    ...[...text.matchAll(DYNAMIC)].map((match): [string, boolean] => [match[1] ?? "", false]),
    ...[...text.matchAll(IN_URL)].map((match): [string, boolean] => [`./${match[1] ?? ""}`, false]),
  ];
  return found.map(([specifier, typeOnly]) => ({ from: path, specifier, target: targetOf(path, specifier), typeOnly }));
}

function targetOf(path: string, specifier: string): string | null {
  const clean = specifier.replace(/\?.*$/, "");
  const alias = /^#(\w+)\/(.*)$/.exec(clean);
  if (alias !== null) return PARTS.includes(alias[1] ?? "") ? `${alias[1]}/${alias[2]}` : `src/${alias[1]}/${alias[2]}`;
  if (!clean.startsWith(".")) return null;
  return normalize(join(dirname(path), clean))
    .split(sep)
    .join("/");
}
