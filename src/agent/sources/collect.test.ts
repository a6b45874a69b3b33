import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { collectDebPackages } from "./deb_packages/collect.ts";
import { collectNpmPackages } from "./npm_packages/collect.ts";
import { collectPythonPackages } from "./python_packages/collect.ts";
import { collectRpmPackages } from "./rpm_packages/collect.ts";
import { CollectError } from "./source.ts";
import type { CollectContext } from "./source.ts";

const DEB_STATUS = readFileSync(new URL("deb_packages/samples/status", import.meta.url), "utf8");
let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "muster-root-"));
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

function put(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

function context(platform = "debian", signal = new AbortController().signal): CollectContext {
  return { root, platform, signal };
}

const names = (collected: { entries: { name: string }[] }) => collected.entries.map((entry) => entry.name);

describe("deb_packages", () => {
  test("reads the database with the journal of a dpkg that was cut off", async () => {
    put("/var/lib/dpkg/status", DEB_STATUS);
    put("/var/lib/dpkg/updates/0001", "Package: half\nArchitecture: amd64\nStatus: install ok installed\nVersion: 3.0-1\n");
    put("/var/lib/dpkg/updates/0002", "Package: adduser\nArchitecture: all\nStatus: purge ok not-installed\n");
    put("/var/lib/dpkg/updates/tmp.i", "Package: unfinished\nStatus: install ok installed\nVersion: 1\n");
    const found = await collectDebPackages(context());
    expect(names(found)).toEqual(["bash", "libc6", "login", "apt", "libc6", "kept", "half", "lowercase-fields"]);
    expect(found.entries[0]).toMatchObject({
      source: "deb_packages",
      version: "5.2.15-2+b8",
      arch: "",
      vendor: "",
      installed_paths: [],
    });
  });

  test("tells of packages that are of an archive which is no distribution's, and of no others", async () => {
    const lists = "/var/lib/apt/lists";
    const installed = (name: string, version: string) =>
      `Package: ${name}\nStatus: install ok installed\nVersion: ${version}\nMaintainer: A Person <a@example.org>\n\n`;
    put("/var/lib/dpkg/status", installed("python3.8", "3.8.5-1") + installed("curl", "7.88.1-10") + installed("tool", "1.0"));
    put(
      `${lists}/ppa.example_dists_jammy_InRelease`,
      "-----BEGIN PGP SIGNED MESSAGE-----\nOrigin: LP-PPA-deadsnakes\nSuite: jammy\n",
    );
    put(
      `${lists}/ppa.example_dists_jammy_main_binary-amd64_Packages`,
      "Package: python3.8\nVersion: 3.8.5-1\n\nPackage: curl\nVersion: 9\n",
    );
    put(`${lists}/debian.example_dists_bookworm_InRelease`, "Origin: Debian\n");
    put(`${lists}/debian.example_dists_bookworm_main_binary-amd64_Packages`, "Package: curl\nVersion: 7.88.1-10\n");
    const { entries } = await collectDebPackages(context());
    expect(entries.map(({ name, facts }) => [name, facts?.origin])).toEqual([
      ["python3.8", "archive LP-PPA-deadsnakes"],
      ["curl", "A Person <a@example.org>"],
      ["tool", "A Person <a@example.org>"],
    ]);
  });

  test("reads the one-file-a-package form of images without dpkg", async () => {
    put("/var/lib/dpkg/status.d/base", "Package: base-files\nVersion: 12.4+deb12u5\nArchitecture: amd64\n");
    put("/var/lib/dpkg/status.d/base.md5sums", "d41d8cd98f00b204e9800998ecf8427e  usr/share/x\n");
    expect(names(await collectDebPackages(context()))).toEqual(["base-files"]);
  });

  test("a machine without dpkg holds none; a database that is gone is a failure, not an empty list", async () => {
    expect((await collectDebPackages(context())).entries).toEqual([]);
    put("/var/lib/dpkg/lock", "");
    await expect(collectDebPackages(context())).rejects.toBeInstanceOf(CollectError);
  });
});

describe("rpm_packages", () => {
  test("a machine without an rpm database holds none, whether or not the tool is there", async () => {
    expect((await collectRpmPackages(context())).entries).toEqual([]);
  });
});

const METADATA = (name: string, version: string) => `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n\nText\n`;

describe("python_packages", () => {
  beforeEach(() => {
    put(
      "/etc/passwd",
      "root:x:0:0:root:/root:/bin/bash\nada:x:1000:1000::/home/ada:/bin/bash\nnobody:x:65534:65534::/nonexistent:/x\n",
    );
    put("/usr/lib/python3/dist-packages/PyYAML-6.0.dist-info/METADATA", METADATA("PyYAML", "6.0"));
    put("/usr/local/lib/python3.11/site-packages/requests-2.31.0.dist-info/METADATA", METADATA("Requests", "2.31.0"));
    put("/opt/app/lib/python3.12/site-packages/old.egg-info/PKG-INFO", METADATA("old", "1"));
    put("/home/ada/.pyenv/versions/3.13.0/lib/python3.13/site-packages/pip-24.dist-info/METADATA", METADATA("pip", "24"));
    put("/home/ada/.local/lib/python3.11/site-packages/black-24.dist-info/METADATA", METADATA("black", "24"));
    put("/usr/lib/python3/dist-packages/broken.dist-info/RECORD", "");
    put("/usr/lib/python3/dist-packages/single.egg-info", METADATA("single", "1"));
  });

  test("finds system, local, /opt and users' packages with their directories", async () => {
    const { entries, markers } = await collectPythonPackages(context("fedora"));
    expect(entries.map((entry) => [entry.name, entry.version, entry.installed_paths[0]])).toEqual([
      ["PyYAML", "6.0", "/usr/lib/python3/dist-packages/PyYAML-6.0.dist-info"],
      ["Requests", "2.31.0", "/usr/local/lib/python3.11/site-packages/requests-2.31.0.dist-info"],
      ["old", "1", "/opt/app/lib/python3.12/site-packages/old.egg-info"],
      ["pip", "24", "/home/ada/.pyenv/versions/3.13.0/lib/python3.13/site-packages/pip-24.dist-info"],
      ["black", "24", "/home/ada/.local/lib/python3.11/site-packages/black-24.dist-info"],
    ]);
    expect(markers).toEqual(expect.arrayContaining(["/usr/lib/python3/dist-packages", "/usr/local/lib", "/var/lib/dpkg/status"]));
  });

  test("on Debian, names follow the distribution's and what is a deb is not reported twice", async () => {
    put("/var/lib/dpkg/status", "Package: python3-pyyaml\nStatus: install ok installed\nVersion: 6.0-3\nArchitecture: all\n");
    expect(names(await collectPythonPackages(context("debian")))).toEqual([
      "python3-requests",
      "python3-old",
      "python3-pip",
      "python3-black",
    ]);
  });

  test("finds virtual environments below the configured roots, each with its own copy", async () => {
    put("/var/lib/dpkg/status", "Package: python3-requests\nStatus: install ok installed\nVersion: 2.28-1\nArchitecture: all\n");
    put("/srv/app/.venv/pyvenv.cfg", "home = /usr/bin\n");
    put("/srv/app/.venv/lib/python3.11/site-packages/requests-2.19.0.dist-info/METADATA", METADATA("requests", "2.19.0"));
    symlinkSync("lib", join(root, "/srv/app/.venv/lib64"));
    put("/home/ada/work/x/venv/pyvenv.cfg", "");
    put("/home/ada/work/x/venv/lib/python3.12/site-packages/flask-3.dist-info/METADATA", METADATA("Flask", "3"));
    put("/srv/other/lib/python3.11/site-packages/not-1.dist-info/METADATA", METADATA("no-environment", "1"));
    const searched = await collectPythonPackages({ ...context("debian"), roots: ["/srv", "/home/ada/work"] });
    const found = searched.entries.filter((entry) => /venv/.test(entry.installed_paths[0] ?? ""));
    expect(found.map((entry) => [entry.name, entry.version, entry.installed_by])).toEqual([
      ["python3-requests", "2.19.0", ""],
      ["python3-flask", "3", "ada"],
    ]);
    expect(searched.entries.filter((entry) => entry.name.includes("no-environment"))).toEqual([]);
    expect(searched.markers).toContain("/srv/app/.venv/lib/python3.11/site-packages");
    expect((await collectPythonPackages(context("debian"))).entries.some((entry) => entry.name === "python3-flask")).toBe(false);
  });

  test("stops when its time is over", async () => {
    const over = AbortSignal.abort();
    await expect(collectPythonPackages(context("fedora", over))).rejects.toMatchObject({ reason: "timeout" });
  });
});

describe("npm_packages", () => {
  const manifest = (name: string, version: string) => JSON.stringify({ name, version });

  test("finds global packages of all prefixes, scopes and nested packages", async () => {
    put("/etc/passwd", "root:x:0:0:root:/root:/bin/bash\nada:x:1000:1000::/home/ada:/bin/bash\n");
    put("/home/ada/.npmrc", "prefix=/home/ada/packages\n");
    put("/usr/lib/node_modules/npm/package.json", manifest("npm", "11.0.0"));
    put("/usr/lib/node_modules/npm/node_modules/minipass/package.json", manifest("minipass", "7.1.2"));
    put("/usr/lib/node_modules/npm/node_modules/@npmcli/arborist/package.json", manifest("@npmcli/arborist", "9.0.0"));
    put("/usr/lib/node_modules/.package-lock.json", "{}");
    put("/usr/lib/node_modules/broken/package.json", "{");
    put("/usr/local/lib/node_modules/@example/tool/package.json", manifest("@example/tool", "1.0.0"));
    put("/home/ada/.nvm/versions/node/v22.1.0/lib/node_modules/corepack/package.json", manifest("corepack", "0.30.0"));
    put("/home/ada/packages/lib/node_modules/own/package.json", manifest("own", "2.0.0"));
    const { entries, markers } = await collectNpmPackages(context());
    expect(entries.map((entry) => [entry.name, entry.version, entry.installed_paths[0]])).toEqual([
      ["@example/tool", "1.0.0", "/usr/local/lib/node_modules/@example/tool/package.json"],
      ["npm", "11.0.0", "/usr/lib/node_modules/npm/package.json"],
      ["@npmcli/arborist", "9.0.0", "/usr/lib/node_modules/npm/node_modules/@npmcli/arborist/package.json"],
      ["minipass", "7.1.2", "/usr/lib/node_modules/npm/node_modules/minipass/package.json"],
      ["corepack", "0.30.0", "/home/ada/.nvm/versions/node/v22.1.0/lib/node_modules/corepack/package.json"],
      ["own", "2.0.0", "/home/ada/packages/lib/node_modules/own/package.json"],
    ]);
    expect(markers).toEqual(
      expect.arrayContaining(["/usr/lib/node_modules", "/usr/local/lib/node_modules/@example", "/usr/lib"]),
    );
  });

  test("finds what the lock files below the configured roots name, once with all its paths", async () => {
    put("/etc/passwd", "ada:x:1000:1000::/home/ada:/bin/bash\n");
    const lock = (...locked: string[]) =>
      JSON.stringify({ packages: Object.fromEntries(locked.map((name) => [`node_modules/${name}`, { version: "1.0.0" }])) });
    put("/home/ada/work/one/package-lock.json", lock("shared", "one"));
    put("/home/ada/work/one/node_modules/other/package-lock.json", lock("of-somebody-else"));
    put("/home/ada/work/two/npm-shrinkwrap.json", lock("shared"));
    put("/home/ada/work/three/yarn.lock", '# yarn lockfile v1\n\nby-yarn@^2:\n  version "2.0.0"\n');
    put("/home/ada/work/four/pnpm-lock.yaml", "lockfileVersion: '9.0'\npackages:\n\n  by-pnpm@3.0.0:\n    engines: {}\n");
    put("/home/ada/work/five/package-lock.json", "<<<<<<< HEAD");
    const { entries, markers } = await collectNpmPackages({ ...context(), roots: ["/home/ada/work", "/home/ada/work/one"] });
    expect(entries.map((entry) => [entry.name, entry.version, entry.installed_by, ...entry.installed_paths])).toEqual([
      ["by-pnpm", "3.0.0", "ada", "/home/ada/work/four/pnpm-lock.yaml"],
      ["shared", "1.0.0", "ada", "/home/ada/work/one/package-lock.json", "/home/ada/work/two/npm-shrinkwrap.json"],
      ["one", "1.0.0", "ada", "/home/ada/work/one/package-lock.json"],
      ["by-yarn", "2.0.0", "ada", "/home/ada/work/three/yarn.lock"],
    ]);
    expect(markers).toContain("/home/ada/work/three/yarn.lock");
    expect((await collectNpmPackages(context())).entries).toEqual([]);
  });

  test("a link that points upwards is followed once", async () => {
    put("/usr/lib/node_modules/loop/package.json", manifest("loop", "1.0.0"));
    mkdirSync(join(root, "/usr/lib/node_modules/loop/node_modules"));
    symlinkSync("../..", join(root, "/usr/lib/node_modules/loop/node_modules/up"));
    symlinkSync("../../loop", join(root, "/usr/lib/node_modules/loop/node_modules/self"));
    expect(names(await collectNpmPackages(context()))).toEqual(["loop", "loop"]);
  });
});
