import { emptySoftwareEntry } from "#domain/software/software.ts";
import type { SoftwareEntry, SoftwareFacts } from "#domain/software/software.ts";
import type { GoBuildInfo } from "../../formats/go-build-info.ts";

/** A Go module as the linker recorded it. */
export interface GoModule {
  path: string;
  /** `v1.6.0`, or `(devel)` for what was built from a working copy. */
  version: string;
}

export interface GoModules {
  /** null for programs that were not built as a module: parts of Go itself, or before modules. */
  main: GoModule | null;
  /** What is linked in, replacements applied. */
  dependencies: GoModule[];
}

/** Versions that name no release; the last is what a module gets that a directory beside it takes the place of. */
const UNRELEASED = new Set(["", "(devel)", "v0.0.0-00010101000000-000000000000"]);

/** Reads the lines of build information; those of unknown kinds are passed over. */
export function parseGoModules(modules: string): GoModules {
  const found: GoModules = { main: null, dependencies: [] };
  let last: GoModule | null = null;
  for (const line of modules.split("\n")) {
    const [kind, path = "", version = ""] = line.split("\t");
    if (kind === "=>") replace(last, path, version);
    if ((kind !== "mod" && kind !== "dep") || path === "") continue;
    last = { path, version };
    if (kind === "mod") found.main = last;
    else found.dependencies.push(last);
  }
  return found;
}

/** A module replaced by a directory keeps its name: the directory's says nothing to anybody else. */
function replace(module: GoModule | null, path: string, version: string): void {
  if (module === null || UNRELEASED.has(version)) return;
  module.path = path;
  module.version = version;
}

/**
 * The rows of one Go program: itself, by its file name and the version of its main module, exactly as Fleet's agent names it
 * (reference osquery-remote.md §10); and every module linked into it, the standard library among them, since those are what
 * vulnerabilities are published for. A module's name holds a dot or a slash where a program's rarely does; `facts` say of both
 * which module and version the code is from.
 */
export function goEntries(info: GoBuildInfo, path: string, user: string): SoftwareEntry[] {
  const { main, dependencies } = parseGoModules(info.modules);
  const name = path.slice(Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1);
  // Each its own array of paths: rows of several programs are merged later.
  const row = (fields: Partial<SoftwareEntry>) => ({
    ...emptySoftwareEntry("go_binaries"),
    installed_paths: [path],
    installed_by: user,
    ...fields,
  });
  const linked = [...dependencies, ...standardLibrary(info.go_version)];
  return [
    row({ name, version: main?.version ?? "", facts: main === null ? null : moduleFacts(main) }),
    ...linked.map((module) => row({ name: module.path, version: module.version, facts: moduleFacts(module) })),
  ];
}

function moduleFacts({ path, version }: GoModule): SoftwareFacts {
  return UNRELEASED.has(version) ? { source_package: path } : { source_package: path, source_version: version };
}

/** `stdlib` is the name under which Go's own database lists it; `go1.26.8 X:nocoverageredesign` is version 1.26.8. */
function standardLibrary(goVersion: string): GoModule[] {
  const version = /\bgo(\d+\.\d[\w.]*)/.exec(goVersion)?.[1];
  return version === undefined ? [] : [{ path: "stdlib", version }];
}
