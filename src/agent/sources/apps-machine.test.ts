import { existsSync, realpathSync } from "node:fs";
import { dirname } from "node:path";
import { describe, expect, test } from "vitest";
import type { SoftwareEntry } from "#domain/software/software.ts";
import { runPath } from "../system/exec.ts";
import { collectGoBinaries } from "./go_binaries/collect.ts";
import { collectJavaArchives } from "./java_archives/collect.ts";
import type { CollectContext } from "./source.ts";

/** What the agent finds in programs and archives of this very machine, against what their own tools say of them. */

const context: CollectContext = { root: "", platform: "debian", signal: new AbortController().signal };
const output = (program: string, ...args: string[]): Promise<string> =>
  runPath(program, args, { timeoutMs: 30_000, outputBytesMax: 64 * 1024 * 1024 });

function skipWithout(path: string) {
  return { skip: !existsSync(path), name: existsSync(path) ? "" : ` (skipped: this machine has no ${path})` };
}
const byPath = (entries: SoftwareEntry[], path: string) => entries.filter((e) => e.installed_paths.includes(path));

// Go's own archive, or Debian's package.
const GO = ["/usr/local/go/bin/go", "/usr/bin/go"].find((path) => existsSync(path)) ?? "/usr/bin/go";
const go = skipWithout(GO);
describe.skipIf(go.skip)(`Go programs of this machine${go.name}`, () => {
  test("hold exactly the modules that `go version -m` lists", async () => {
    // A program that is surely there, wherever Go is installed.
    const { entries } = await collectGoBinaries({ ...context, roots: [dirname(realpathSync(GO))] });
    const paths = [...new Set(entries.flatMap((e) => e.installed_paths))];
    expect(paths).toContain(realpathSync(GO));
    for (const path of paths) {
      const lines = (await output(GO, "version", "-m", path)).split("\n").map((line) => line.trim().split("\t"));
      const modules = lines.flatMap(([kind, name, version], i) => {
        const [next, other, newer] = lines[i + 1] ?? [];
        if (kind !== "dep") return [];
        // a module replaced by a directory keeps its name
        const replaced = next === "=>" && newer !== undefined && newer !== "" && newer !== "(devel)";
        return [replaced ? `${other} ${newer}` : `${name} ${version ?? ""}`];
      });
      const own = path.slice(path.lastIndexOf("/") + 1);
      const found = byPath(entries, path).filter((e) => e.name !== "stdlib" && e.name !== own);
      expect(found.map((e) => `${e.name} ${e.version}`).toSorted()).toEqual(modules.toSorted());
    }
  });
});

const unzip = skipWithout("/usr/bin/unzip");
describe.skipIf(unzip.skip)(`Java archives of this machine${unzip.name}`, () => {
  test("have the Maven coordinates that unzip shows inside of them", async () => {
    const { entries } = await collectJavaArchives(context);
    const paths = [...new Set(entries.flatMap((e) => e.installed_paths))].filter((path) => !path.includes("!/"));
    const compared: string[] = [];
    for (const path of paths.filter((p) => p.startsWith("/usr/share/java/"))) {
      // unzip fails when there are none
      const text = await output("/usr/bin/unzip", "-p", path, "META-INF/maven/*/*/pom.properties").catch(() => "");
      const artifacts = [...text.matchAll(/^artifactId=(\S+)/gm)].map((match) => match[1]);
      if (artifacts.length === 0) continue;
      compared.push(path);
      const names = new Set(byPath(entries, path).map((e) => e.name.split(":")[1]));
      expect(names).toEqual(new Set(artifacts));
    }
    expect(compared.length > 0 || !existsSync("/usr/share/java/guava.jar")).toBe(true);
  });
});
