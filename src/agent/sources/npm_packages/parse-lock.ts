/** A package that a project's lock file names with its exact version. */
export interface LockedPackage {
  name: string;
  version: string;
}

/** Nesting of `dependencies` in version 1 of a lock file; deeper is no real one. */
const DEPTH_MAX = 200;

/**
 * Packages of npm's package-lock.json or npm-shrinkwrap.json, versions 1 to 3 (package-lock-json(5)). The project itself, its
 * workspaces and links are none: they are not from a registry. null when it is no lock file.
 */
export function parsePackageLock(text: string): LockedPackage[] | null {
  let lock: unknown;
  try {
    lock = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isObject(lock)) return null;
  if (isObject(lock["packages"])) return lockedByPath(lock["packages"]);
  return isObject(lock["dependencies"]) ? lockedByName(lock["dependencies"], 0) : [];
}

/** Versions 2 and 3: keys are paths; the package's name is what follows the last `node_modules/`, unless it has another one (an alias). */
function lockedByPath(packages: Record<string, unknown>): LockedPackage[] {
  const found: LockedPackage[] = [];
  for (const [path, value] of Object.entries(packages)) {
    const at = path.lastIndexOf("node_modules/");
    if (at === -1 || !isObject(value) || value["link"] === true) continue;
    add(found, typeof value["name"] === "string" ? value["name"] : path.slice(at + "node_modules/".length), value["version"]);
  }
  return found;
}

/** Version 1: nested by name. A version that is an address (`file:`, `git+https:`) names no release; an alias is `npm:<name>@<version>`. */
function lockedByName(dependencies: Record<string, unknown>, depth: number): LockedPackage[] {
  const found: LockedPackage[] = [];
  if (depth > DEPTH_MAX) return found;
  for (const [name, value] of Object.entries(dependencies)) {
    if (!isObject(value)) continue;
    const alias = /^npm:(@?[^@]+)@(.+)$/.exec(typeof value["version"] === "string" ? value["version"] : "");
    if (alias === null) add(found, name, value["version"]);
    else add(found, alias[1] ?? "", alias[2]);
    if (isObject(value["dependencies"])) found.push(...lockedByName(value["dependencies"], depth + 1));
  }
  return found;
}

/**
 * Packages of a yarn.lock, of yarn 1 (its own format) or later (YAML, where `resolution` names package and version exactly).
 * Workspaces, patches and links are none. null when it is no lock file of yarn.
 */
export function parseYarnLock(text: string): LockedPackage[] | null {
  if (!/^# yarn lockfile v1|^__metadata:/m.test(text)) return null;
  const found: LockedPackage[] = [];
  for (const block of text.split(/\r?\n(?=\S)/)) {
    const resolution = /^ {2}resolution: "(@?[^@"]+)@npm:([^"]+)"/m.exec(block);
    if (resolution !== null) {
      add(found, resolution[1] ?? "", resolution[2]);
      continue;
    }
    // Yarn 1: `"@scope/name@^1.0.0", "@scope/name@^1.1.0":` and then `  version "1.1.3"`.
    const name =
      /^"?(?:(?:@[^/@\s"]+\/)?[^@\s"]+@npm:)?((?:@[^/@\s"]+\/)?[^@\s"]+)@(?!workspace:|link:|file:|portal:|patch:)/.exec(block);
    const version = /^ {2}version "([^"]+)"/m.exec(block);
    if (name !== null && version !== null) add(found, name[1] ?? "", version[1]);
  }
  return found;
}

/**
 * Packages of a pnpm-lock.yaml, all versions from 5 on: the keys of its section `packages`, `/name/1.0.0`, `/name@1.0.0` or
 * `name@1.0.0`, with peers behind `_` or in parentheses. Only these lines are read, in the one form that pnpm writes them; a key
 * of another form (a link, an address) is no release. null when it is no lock file of pnpm.
 */
export function parsePnpmLock(text: string): LockedPackage[] | null {
  if (!/^lockfileVersion:/m.test(text)) return null;
  const found: LockedPackage[] = [];
  let within = false;
  for (const line of text.split(/\r?\n/)) {
    if (/^\S/.test(line)) within = line.startsWith("packages:");
    const key = within ? /^ {2}(['"]?)([^\s'"].*?)\1:\s*$/.exec(line)?.[2] : undefined;
    if (key === undefined) continue;
    const match = /^\/?((?:@[^/@\s]+\/)?[^/@\s]+)[@/](\d[^\s(_/]*)/.exec(key);
    if (match !== null) add(found, match[1] ?? "", match[2]);
  }
  return found;
}

function add(found: LockedPackage[], name: string, version: unknown): void {
  // A release's version begins with a digit; everything else is an address of something else.
  if (name !== "" && typeof version === "string" && /^\d[^\s:/]*$/.test(version)) found.push({ name, version });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
