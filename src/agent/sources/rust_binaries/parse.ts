import { inflateSync } from "node:zlib";
import { emptySoftwareEntry } from "#domain/software/software.ts";
import type { SoftwareEntry } from "#domain/software/software.ts";
import { member, parseJson, textMember } from "../../system/json.ts";

/** One crate that is part of a program. */
export interface RustCrate {
  name: string;
  version: string;
  /** Where it is from, in cargo-auditable's words: `crates.io`, `git`, `local`, `registry`. */
  origin: string;
  /** The crate the program itself is. */
  root: boolean;
}

/** Real lists inflate to some 100 kB. */
const LIST_BYTES_MAX = 8 * 1024 * 1024;
const CRATES_MAX = 20_000;

/**
 * Reads the list of crates that cargo-auditable puts into a program (section `.dep-v0`: JSON in zlib's form). Crates that only
 * built it are left out, since nothing of them is in it. null when it is damaged or inflates beyond all measure.
 */
export function parseAuditableSection(section: Buffer): RustCrate[] | null {
  const packages = member(inflateJson(section), "packages");
  if (!Array.isArray(packages) || packages.length > CRATES_MAX) return null;
  const crates = packages
    .filter((item) => member(item, "kind") !== "build")
    .map((item) => ({
      name: textMember(item, "name"),
      version: textMember(item, "version"),
      origin: textMember(item, "source"),
      root: member(item, "root") === true,
    }));
  return crates.filter((crate) => crate.name !== "");
}

function inflateJson(section: Buffer): unknown {
  try {
    return parseJson(inflateSync(section, { maxOutputLength: LIST_BYTES_MAX }).toString("utf8"));
  } catch {
    return null;
  }
}

/** What `cargo install` put into a directory of programs. */
export interface CargoInstall {
  name: string;
  version: string;
  origin: string;
  /** File names of its programs. */
  programs: string[];
}

/** Reads cargo's record of what it installed (`.crates2.json`): keys like `ripgrep 14.1.0 (registry+https://…)`. */
export function parseCargoInstalls(json: string): CargoInstall[] {
  const installs = member(parseJson(json), "installs");
  if (typeof installs !== "object" || installs === null) return [];
  return Object.entries(installs).flatMap(([key, value]: [string, unknown]) => {
    const [, name = "", version = "", from = ""] = /^(\S+) (\S+) \((.*)\)$/s.exec(key) ?? [];
    const programs = member(value, "bins");
    if (name === "" || !Array.isArray(programs)) return [];
    const names = programs.filter((p) => typeof p === "string" && p !== "" && !/[/\\]/.test(p));
    return [{ name, version, origin: installOrigin(from), programs: names as string[] }];
  });
}

/** The same words that cargo-auditable has for where a crate is from. */
function installOrigin(from: string): string {
  if (from === "registry+https://github.com/rust-lang/crates.io-index" || from === "sparse+https://index.crates.io/") {
    return "crates.io";
  }
  const kind = /^(\w+)\+/.exec(from)?.[1] ?? "";
  return kind === "path" ? "local" : kind === "sparse" ? "registry" : kind;
}

/** The row of a crate at a path. Its origin is a fact: only what is from crates.io has crates.io's vulnerabilities. */
export function crateEntry(crate: Omit<RustCrate, "root">, paths: string[], user: string): SoftwareEntry {
  const { name, version, origin } = crate;
  return {
    ...emptySoftwareEntry("rust_binaries"),
    name,
    version,
    installed_paths: paths,
    installed_by: user,
    facts: { source_package: name, source_version: version, ...(origin === "" ? {} : { origin }) },
  };
}
