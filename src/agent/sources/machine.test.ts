import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readOsVersion } from "../host/details.linux.ts";
import { emptySoftwareEntry } from "#domain/software/software.ts";
import { runPath } from "../system/exec.ts";
import { fileMark } from "../system/files.ts";
import { collectDebPackages } from "./deb_packages/collect.ts";
import { collectNpmPackages } from "./npm_packages/collect.ts";
import { collectPythonPackages } from "./python_packages/collect.ts";
import { collectRpmPackages } from "./rpm_packages/collect.ts";
import type { CollectContext } from "./source.ts";

/** What the agent finds on this very machine, against what the package managers themselves say. */

function output(program: string, ...args: string[]): Promise<string> {
  return runPath(program, args, { timeoutMs: 30_000, outputBytesMax: 64 * 1024 * 1024 });
}

function skipWithout(path: string) {
  return { skip: !existsSync(path), name: existsSync(path) ? "" : ` (skipped: this machine has no ${path})` };
}

const context: CollectContext = { root: "", platform: "other", signal: new AbortController().signal };

const dpkg = skipWithout("/usr/bin/dpkg-query");
describe.skipIf(dpkg.skip)(`deb packages of this machine${dpkg.name}`, () => {
  test("are exactly those that dpkg-query shows as installed, with their versions and source packages", async () => {
    const format = "${db:Status-Status}\\t${Package}\\t${Version}\\t${source:Package}\\t${source:Version}\\n";
    const lines = (await output("/usr/bin/dpkg-query", "-W", "-f", format)).trim().split("\n");
    const expected = lines.filter((line) => line.startsWith("installed\t")).map((line) => line.slice("installed\t".length));
    const { entries } = await collectDebPackages(context);
    const found = entries.map((e) => [e.name, e.version, e.facts?.source_package, e.facts?.source_version].join("\t"));
    expect(found.toSorted()).toEqual(expected.toSorted());
    expect(found.length).toBeGreaterThan(0);
  });
});

const SPEC = `Name: muster-example
Epoch: 2
Version: 1.4
Release: 3.el9
Summary: An example
License: MIT
Vendor: Example Vendor
BuildArch: noarch
%description
An example.
%files
`;

const rpm = skipWithout("/usr/bin/rpmbuild");
describe.skipIf(rpm.skip)(`rpm packages by this machine's rpm${rpm.name}`, () => {
  test("are read from a real database, which reading leaves as it was", async () => {
    const root = mkdtempSync(join(tmpdir(), "muster-rpm-"));
    const database = join(root, "var/lib/rpm");
    mkdirSync(database, { recursive: true });
    writeFileSync(join(root, "example.spec"), SPEC);
    await output("/usr/bin/rpmbuild", "-bb", "--define", `_topdir ${root}`, join(root, "example.spec"));
    const built = join(root, "RPMS/noarch/muster-example-1.4-3.el9.noarch.rpm");
    await output("/usr/bin/rpm", "--dbpath", database, "-i", "--justdb", "--nodeps", built);
    const { entries, markers } = await collectRpmPackages({ ...context, root });
    expect(entries).toEqual([
      {
        ...emptySoftwareEntry("rpm_packages"),
        name: "muster-example",
        version: "1.4",
        release: "3.el9",
        vendor: "Example Vendor",
        arch: "noarch",
        facts: { source_package: "muster-example", source_version: "1.4-3.el9", epoch: "2" },
      },
    ]);
    const marks = () => Promise.all(markers.map((path) => fileMark(join(root, path))));
    const before = await marks();
    await collectRpmPackages({ ...context, root });
    expect(await marks()).toEqual(before);
    rmSync(root, { recursive: true });
  });

  test("an empty database holds none", async () => {
    const root = mkdtempSync(join(tmpdir(), "muster-rpm-"));
    const database = join(root, "var/lib/rpm");
    mkdirSync(database, { recursive: true });
    await output("/usr/bin/rpm", "--dbpath", database, "--initdb");
    expect((await collectRpmPackages({ ...context, root })).entries).toEqual([]);
    rmSync(root, { recursive: true });
  });
});

const npm = skipWithout("/usr/bin/npm");
describe.skipIf(npm.skip)(`npm packages of this machine${npm.name}`, () => {
  test("hold every global package that npm lists, with its version", async () => {
    const list = JSON.parse(await output("/usr/bin/npm", "ls", "--global", "--json", "--depth=0")) as {
      dependencies?: Record<string, { version: string }>;
    };
    const expected = Object.entries(list.dependencies ?? {}).map(([name, { version }]) => `${name}@${version}`);
    const { entries } = await collectNpmPackages(context);
    const found = entries.map((entry) => `${entry.name}@${entry.version}`);
    expect(found).toEqual(expect.arrayContaining(expected));
  });
});

const python = skipWithout("/usr/bin/python3");
describe.skipIf(python.skip)(`Python packages of this machine${python.name}`, () => {
  test("hold every distribution with a directory of metadata that the system's Python finds", async () => {
    const script = [
      "import importlib.metadata as m, os",
      "for d in m.distributions():",
      "    p = str(getattr(d, '_path', ''))",
      "    if os.path.isdir(p) and d.metadata['Name']: print(d.metadata['Name'], d.version, p, sep='\\t')",
    ].join("\n");
    // Isolated, without user site: only the directories of the system count.
    const lines = (await output("/usr/bin/python3", "-I", "-c", script)).trim().split("\n");
    const expected = lines.filter((line) => /\t\/usr\/(?:local\/)?lib/.test(line));
    const { entries } = await collectPythonPackages(context);
    const found = entries.map((entry) => `${entry.name}\t${entry.version}\t${entry.installed_paths[0]}`);
    expect(found).toEqual(expect.arrayContaining(expected));
    expect(expected.length).toBeGreaterThan(0);
  });
});

const RELEASE_SCRIPT = '. /etc/os-release; printf "%s\\n" "$NAME" "$VERSION" "$ID"';
// Where this file exists, osquery's words are others (host/os-release.test.ts has them).
const release = existsSync("/etc/redhat-release")
  ? { skip: true, name: " (skipped: this machine has an /etc/redhat-release)" }
  : skipWithout("/etc/os-release");
describe.skipIf(release.skip)(`the operating system of this machine${release.name}`, () => {
  test("is named as its own release file names it", async () => {
    const [name, version, id] = (await output("/bin/sh", "-c", RELEASE_SCRIPT)).split("\n");
    expect(await readOsVersion("")).toMatchObject({ name, version, platform: id });
  });
});
