import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { readOsVersion } from "../host/details.linux.ts";
import { emptySoftwareEntry } from "#domain/software/software.ts";
import { runPath } from "../system/exec.ts";
import { fileMark } from "../system/files.ts";
import { collectDebPackages } from "./deb_packages/collect.ts";
import { matchDirectories } from "../system/glob.ts";
import { collectFlatpakPackages } from "./flatpak_packages/collect.ts";
import { collectNpmPackages } from "./npm_packages/collect.ts";
import { collectPacmanPackages, isPacmanBusy } from "./pacman_packages/collect.ts";
import { collectPortablePrograms } from "./portable_programs/collect.ts";
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

const pacman = skipWithout("/usr/bin/pacman");
describe.skipIf(pacman.skip)(`pacman packages by this machine's pacman${pacman.name}`, () => {
  test("are those that pacman lists, with epoch, release and architecture", async () => {
    const root = mkdtempSync(join(tmpdir(), "muster-pacman-"));
    mkdirSync(join(root, "var/lib/pacman"), { recursive: true });
    writeFileSync(join(root, "pacman.conf"), "[options]\nArchitecture = auto\nSigLevel = Never\nLocalFileSigLevel = Never\n");
    const own = ["--config", join(root, "pacman.conf"), "--root", root, "--dbpath", join(root, "var/lib/pacman")];
    const built = await pacmanPackages(root, ["muster-one", "2:1.4-3"], ["muster-two", "0.1.r5.gabc-1"]);
    await output("/usr/bin/pacman", ...own, "--noconfirm", "-U", ...built);
    const { entries } = await collectPacmanPackages({ ...context, root });
    const found = entries.map((entry) => `${entry.name} ${entry.version}`).toSorted();
    expect(found).toEqual((await output("/usr/bin/pacman", ...own, "-Q")).trim().split("\n").toSorted());
    expect(entries.map((entry) => entry.arch)).toEqual(["any", "any"]);
    expect(entries[0]?.facts).toMatchObject({ source_package: "muster-base", epoch: "2" });
    expect(await isPacmanBusy(root)).toBe(false);
    writeFileSync(join(root, "var/lib/pacman/db.lck"), "");
    expect(await isPacmanBusy(root)).toBe(true);
    rmSync(root, { recursive: true });
  });
});

/** Package files as makepkg writes them, with nothing in them but their description. */
function pacmanPackages(directory: string, ...packages: [string, string][]): Promise<string[]> {
  return Promise.all(
    packages.map(async ([name, version]) => {
      const folder = mkdtempSync(join(directory, "package-"));
      writeFileSync(
        join(folder, ".PKGINFO"),
        `pkgname = ${name}\npkgbase = muster-base\npkgver = ${version}\npkgdesc = x\nbuilddate = 1\npackager = Example\nsize = 0\narch = any\n`,
      );
      const file = join(directory, `${name}-${version}-any.pkg.tar`);
      await output("/bin/tar", "-cf", file, "--force-local", "-C", folder, ".PKGINFO");
      return file;
    }),
  );
}

const flatpak = skipWithout("/usr/bin/flatpak");
describe.skipIf(flatpak.skip)(`Flatpaks by this machine's flatpak${flatpak.name}`, () => {
  test("are those that flatpak list shows, of the system's and of a user's installation", async () => {
    const root = mkdtempSync(join(tmpdir(), "muster-flatpak-"));
    const home = join(root, "home/ada");
    mkdirSync(home, { recursive: true });
    mkdirSync(join(root, "etc"));
    writeFileSync(join(root, "etc/passwd"), "ada:x:1000:1000::/home/ada:/bin/sh\n");
    const directories = [
      `FLATPAK_SYSTEM_DIR=${root}/var/lib/flatpak`,
      `FLATPAK_USER_DIR=${home}/.local/share/flatpak`,
      `HOME=${home}`,
    ];
    const run = (...args: string[]) => output("/usr/bin/env", ...directories, "/usr/bin/flatpak", ...args);
    makeFlatpaks(root);
    await run("build-export", "--runtime", `${root}/repo`, `${root}/runtime`, "23.08");
    await run("build-export", `${root}/repo`, `${root}/app`, "stable");
    for (const where of ["--system", "--user"]) {
      await run("remote-add", where, "--no-gpg-verify", "local", `file://${root}/repo`);
      await run("install", where, "-y", "--noninteractive", "local", "org.example.Editor");
    }
    const columns = "--columns=application,version,branch,arch,origin,installation";
    const listed = (await run("list", columns)).trimEnd().split("\n").toSorted();
    const { entries } = await collectFlatpakPackages({ ...context, root });
    const found = entries.map((entry) =>
      [
        entry.application_id,
        entry.version,
        entry.release,
        entry.arch,
        entry.facts?.origin,
        entry.installed_by === "" ? "system" : "user",
      ].join("\t"),
    );
    expect(found.toSorted()).toEqual(listed);
    expect(entries.map((entry) => entry.name)).toContain("Example Editor");
    // The runtime is there once: the user's application runs with that of the system.
    expect(entries.map((entry) => entry.installed_by).toSorted()).toEqual(["", "", "ada"]);
    rmSync(root, { recursive: true });
  }, 60_000);
});

/** An application with AppStream metadata and its runtime, as `flatpak build-export` takes them. */
function makeFlatpaks(root: string): void {
  const runtime = `org.example.Platform/${FLATPAK_ARCH}/23.08`;
  const put = (path: string, content: string | Buffer) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  };
  put("runtime/metadata", `[Runtime]\nname=org.example.Platform\nruntime=${runtime}\nsdk=${runtime}\n`);
  for (const directory of ["runtime/files", "runtime/usr", "app/files", "app/export"]) {
    mkdirSync(join(root, directory), { recursive: true });
  }
  put("app/metadata", `[Application]\nname=org.example.Editor\nruntime=${runtime}\nsdk=${runtime}\ncommand=editor\n`);
  const component = `<component type="desktop"><id>org.example.Editor</id><name>Example Editor</name><releases><release timestamp="1767225600" version="4.2.1"/></releases></component>`;
  const metadata = `<?xml version="1.0" encoding="UTF-8"?>\n<components version="0.8">${component}</components>`;
  put("app/files/share/app-info/xmls/org.example.Editor.xml.gz", gzipSync(metadata));
}
const FLATPAK_ARCH = process.arch === "arm64" ? "aarch64" : "x86_64";

describe.skipIf(dpkg.skip)(`programs in /opt of this machine${dpkg.name}`, () => {
  test("leave out what dpkg says belongs to a package", async () => {
    const { entries } = await collectPortablePrograms(context);
    const paths = entries.map((entry) => entry.installed_paths[0] ?? "");
    const owned = await Promise.all(paths.map((path) => output("/usr/bin/dpkg-query", "-S", path).catch(() => "")));
    expect(owned.filter((answer) => answer !== "")).toEqual([]);
  });
});

describe.skipIf(python.skip)(`virtual environments of this machine's Python${python.name}`, () => {
  test("are found by their own file, with what is in them", async () => {
    const root = mkdtempSync(join(tmpdir(), "muster-venv-"));
    await output("/usr/bin/python3", "-m", "venv", "--without-pip", join(root, "srv/app/env"));
    const [site] = (await matchDirectories(root, "/srv/app/env/lib/python3*/site-packages")).found;
    mkdirSync(join(root, site ?? "", "Example-1.0.dist-info"), { recursive: true });
    writeFileSync(
      join(root, site ?? "", "Example-1.0.dist-info/METADATA"),
      "Metadata-Version: 2.1\nName: Example\nVersion: 1.0\n",
    );
    const { entries } = await collectPythonPackages({ ...context, root, roots: ["/srv"] });
    expect(entries.map((e) => [e.name, e.version, e.installed_paths[0]])).toEqual([
      ["Example", "1.0", `${site}/Example-1.0.dist-info`],
    ]);
    rmSync(root, { recursive: true });
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
