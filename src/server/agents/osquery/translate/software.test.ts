import { expect, test } from "vitest";
import { SOFTWARE_ROWS_PER_REPORT_MAX } from "#domain/core/limits.ts";
import { sourceDigestText } from "#domain/inventory/digest.ts";
import type { SoftwareEntry, SourceReport } from "#domain/software/software.ts";
import { type ResultRow, writeResults } from "./results.ts";
import { softwareReports } from "./software.ts";

type Answers = Record<string, ResultRow[] | Error>;

/** Reports of what a device answered; an Error is a failed query. Names without their prefix. */
function reports(answers: Answers, platform = "fedora"): SourceReport[] {
  const queries = Object.fromEntries(
    Object.entries(answers).map(([n, a]) => [`muster_software_${n}`, a instanceof Error ? [] : a]),
  );
  const statuses = Object.fromEntries(
    Object.entries(answers).map(([n, a]) => [`muster_software_${n}`, a instanceof Error ? 1 : 0]),
  );
  const failed = Object.entries(answers).filter((pair): pair is [string, Error] => pair[1] instanceof Error);
  const messages = Object.fromEntries(failed.map(([n, error]) => [`muster_software_${n}`, error.message]));
  return softwareReports(writeResults({ queries, statuses, messages }).results, platform);
}

function entries(source: string, answers: Answers, platform?: string): SoftwareEntry[] {
  const report = reports(answers, platform).find((r) => r.source === source);
  if (report?.ok !== true) throw new Error(`${source} is not ok`);
  return report.entries;
}

test.each([
  [{ name: "A.app", display_name: "Display", bundle_name: "Bundle", bundle_executable: "exec" }, "Display"],
  [{ name: "A.app", display_name: "", bundle_name: "Bundle", bundle_executable: "exec" }, "Bundle"],
  [{ name: "A.app", display_name: "", bundle_name: "", bundle_executable: "exec" }, "exec"],
  [{ name: "A Game.app", display_name: "", bundle_name: "", bundle_executable: "run.sh" }, "A Game"],
  [{ name: "My.application.app", display_name: "", bundle_name: "", bundle_executable: "" }, "My.application"],
  [{ name: "NoSuffix", display_name: "", bundle_name: "", bundle_executable: "" }, "NoSuffix"],
])("an app is named by the first name it has: %j", (row, name) => {
  expect(entries("apps", { apps: [row] })[0]?.name).toBe(name);
});

test("an app's version is the short one, else the build's; opening times below one are unknown", () => {
  const rows = [
    { name: "A", bundle_short_version: "1.2", bundle_version: "12", last_opened_time: "1757000000.75" },
    { name: "B", bundle_short_version: "", bundle_version: "12", last_opened_time: "-1" },
    { name: "C", last_opened_time: "0.0" },
    { name: "D", last_opened_time: "" },
  ];
  const found = entries("apps", { apps: rows }).map((e) => [e.version, e.last_opened_at]);
  expect(found).toEqual([
    ["1.2", 1_757_000_000],
    ["12", null],
    ["", null],
    ["", null],
  ]);
});

const FIREFOX = {
  name: "Firefox.app",
  display_name: "Firefox",
  path: "/Applications/Firefox.app",
  bundle_identifier: "org.mozilla.firefox",
};

test("Firefox ESR is told apart where its settings can be read", () => {
  const esr = [{ path: FIREFOX.path, remoting_name: "firefox-esr" }];
  expect(entries("apps", { apps: [FIREFOX], apps_firefox: esr })[0]?.name).toBe("Firefox ESR");
  expect(entries("apps", { apps: [FIREFOX], apps_firefox: [] })[0]?.name).toBe("Firefox");
  expect(entries("apps", { apps: [FIREFOX] })[0]?.name).toBe("Firefox");
});

test("when Firefox cannot be told from Firefox ESR, apps stay as recorded; without Firefox it does not matter", () => {
  expect(reports({ apps: [FIREFOX], apps_firefox: new Error("denylisted") })).toEqual([
    { source: "apps", ok: false, error: "The query that tells Firefox from Firefox ESR failed: denylisted" },
  ]);
  expect(entries("apps", { apps: [{ name: "A" }], apps_firefox: new Error("denylisted") })).toHaveLength(1);
});

test("signatures of several tables meet at the path; a failed one costs only itself", () => {
  const apps = [
    { name: "A.app", path: "/A.app" },
    { name: "B.app", path: "/B.app" },
  ];
  const found = entries("apps", {
    apps,
    apps_codesign: [{ path: "/A.app", team_identifier: "TEAM", cdhash_sha256: "c0de" }],
    apps_executable_hashes: [{ path: "/A.app", executable_path: "/A.app/Contents/MacOS/A", executable_sha256: "beef" }],
  });
  expect(found.map((e) => e.signature_information)).toEqual([
    [
      {
        installed_path: "/A.app",
        team_identifier: "TEAM",
        hash_sha256: "c0de",
        executable_path: "/A.app/Contents/MacOS/A",
        executable_sha256: "beef",
      },
    ],
    [],
  ]);
  expect(entries("apps", { apps, apps_codesign: new Error("x") })).toHaveLength(2);
});

test("a deb package keeps where it was built from as facts, not as identity", () => {
  const rows = [
    { name: "libc6", version: "2.36-9", source: "glibc", maintainer: "GNU Libc Maintainers" },
    { name: "gcc", version: "4:12.2.0-3", source: "gcc-defaults (1.203)", maintainer: "" },
    { name: "bash", version: "5.2", source: "", maintainer: "", arch: "amd64" },
  ];
  const found = entries("deb_packages", { deb_packages: rows });
  expect(found.map((e) => e.facts)).toEqual([
    { source_package: "glibc", source_version: "2.36-9", origin: "GNU Libc Maintainers" },
    { source_package: "gcc-defaults", source_version: "1.203", epoch: "4" },
    { source_package: "bash", source_version: "5.2" },
  ]);
  expect(found.every((e) => e.arch === "" && e.vendor === "" && e.installed_paths.length === 0)).toBe(true);
});

test("an rpm package: release, vendor and arch are identity; source and epoch are facts; (none) is nothing", () => {
  const rows = [
    {
      name: "bind",
      version: "9.16",
      release: "1.el9",
      arch: "x86_64",
      vendor: "Red Hat",
      epoch: "32",
      source: "bind-9.16.23-1.el9.src.rpm",
    },
    { name: "gpg-pubkey", version: "a", release: "b", arch: "(none)", vendor: "(none)", epoch: "0", source: "(none)" },
    { name: "x-y-z", version: "1", release: "2", arch: "noarch", vendor: "", epoch: "", source: "x-y-z-1-2.nosrc.rpm" },
  ];
  expect(entries("rpm_packages", { rpm_packages: rows }).map((e) => [e.release, e.vendor, e.arch, e.facts])).toEqual([
    ["1.el9", "Red Hat", "x86_64", { epoch: "32", source_package: "bind", source_version: "9.16.23-1.el9" }],
    ["b", "", "", { epoch: "0" }],
    ["2", "", "noarch", { source_package: "x-y-z", source_version: "1-2", epoch: "0" }],
  ]);
  // where no row has an epoch the agent may not tell them: then it is not known to be 0
  expect(entries("rpm_packages", { rpm_packages: rows.slice(1) }).map((e) => e.facts)).toEqual([
    null,
    { source_package: "x-y-z", source_version: "1-2" },
  ]);
});

test("Python and npm packages that the distribution installed are marked as its own", () => {
  const python = [
    { name: "six", version: "1.15.0", path: "/usr/lib/python3.9/site-packages/six-1.15.0.dist-info" },
    { name: "flask", version: "2.0", path: "/usr/local/lib/python3.9/site-packages/flask-2.0.dist-info" },
  ];
  const npm = [{ name: "ms", version: "2.1.3", path: "/usr/share/nodejs/ms/package.json" }];
  expect(entries("python_packages", { python_packages: python }, "rhel").map((e) => e.facts)).toEqual([
    { origin: "distribution" },
    null,
  ]);
  expect(entries("npm_packages", { npm_packages: npm }, "debian").map((e) => e.facts)).toEqual([{ origin: "distribution" }]);
});

test.each([
  ["Adobe Acrobat (64-bit)", "1", "Adobe Acrobat DC (64-bit)"],
  ["Adobe Acrobat Reader", "1", "Adobe Acrobat Reader DC"],
  ["Acrobat Reader", "1", "Acrobat Reader DC"],
  ["Adobe Acrobat Reader DC", "1", "Adobe Acrobat Reader DC"],
  ["Adobe Acrobat (64-bit)", "0", "Adobe Acrobat (64-bit)"],
  ["Tool for Adobe Acrobat", "1", "Tool for Adobe Acrobat"],
])("%s on a host whose registry has DC = %s is named %s", (name, acrobat_dc, expected) => {
  expect(entries("programs", { programs: [{ name, acrobat_dc }] })[0]?.name).toBe(expected);
});

test("a Windows program was opened when something below its folder last ran", () => {
  const programs = [
    { name: "Notepad++", install_location: "C:\\Program Files\\Notepad++" },
    { name: "Zip", install_location: '"C:\\Program Files\\7-Zip\\"' },
    { name: "Zip 2", install_location: "C:\\Program Files\\7-Zip 2\\" },
    { name: "Everywhere", install_location: "C:\\" },
    { name: "System", install_location: "C:\\Windows\\System32\\" },
    { name: "Nowhere", install_location: "" },
  ];
  const programs_prefetch = [
    { path: "\\VOLUME{01d9a1b2c3d4e5f6-12345678}\\PROGRAM FILES\\NOTEPAD++\\NOTEPAD++.EXE", last_run_time: "1700000000" },
    { path: "\\VOLUME{01d9a1b2c3d4e5f6-12345678}\\PROGRAM FILES\\NOTEPAD++\\UPDATER\\GUP.EXE", last_run_time: "1700000500" },
    { path: "\\DEVICE\\HARDDISKVOLUME3\\PROGRAM FILES\\7-ZIP 2\\7ZFM.EXE", last_run_time: "1600000000" },
    { path: "\\VOLUME{01d9a1b2c3d4e5f6-12345678}\\WINDOWS\\SYSTEM32\\CMD.EXE", last_run_time: "1700000900" },
    { path: "", last_run_time: "1" },
  ];
  const found = entries("programs", { programs, programs_prefetch });
  expect(found.map((e) => e.last_opened_at)).toEqual([1_700_000_500, null, 1_600_000_000, null, null, null]);
});

const DEBS = [
  { name: "python3-yaml", version: "6.0" },
  { name: "bash", version: "5.2" },
];
const PYTHON = [
  { name: "YAML", version: "6.0" },
  { name: "Requests", version: "2.31" },
];

test("on Debian and Ubuntu Python packages take Debian's names, and those that are deb packages are left out", () => {
  expect(entries("python_packages", { deb_packages: DEBS, python_packages: PYTHON }, "ubuntu").map((e) => e.name)).toEqual([
    "python3-requests",
  ]);
  expect(entries("python_packages", { python_packages_of_users: PYTHON }, "debian").map((e) => e.name)).toEqual([
    "python3-yaml",
    "python3-requests",
  ]);
  expect(entries("python_packages", { deb_packages: DEBS, python_packages: PYTHON }, "darwin").map((e) => e.name)).toEqual([
    "YAML",
    "Requests",
  ]);
});

test("when the deb packages could not be read, Python packages stay as recorded on Debian, and are taken elsewhere", () => {
  const answers = { deb_packages: new Error("denylisted"), python_packages: PYTHON };
  expect(reports(answers, "debian").every((r) => !r.ok)).toBe(true);
  expect(entries("python_packages", answers, "fedora")).toHaveLength(2);
});

test("a source's digest does not depend on the order of rows, nor on other sources' failures", () => {
  const digest = (answers: Answers): string => sourceDigestText(entries("python_packages", answers, "ubuntu"));
  const whole = digest({ deb_packages: DEBS, python_packages: PYTHON, npm_packages: [] });
  expect(digest({ npm_packages: new Error("x"), python_packages: PYTHON.toReversed(), deb_packages: DEBS.toReversed() })).toBe(
    whole,
  );
});

test("the newer variant of a query counts when an agent sends both, in either order", () => {
  const both = { python_packages: new Error("no such column: uid"), python_packages_of_users: [{ name: "a", version: "1" }] };
  expect(entries("python_packages", both)).toHaveLength(1);
  const reversed = { python_packages: [{ name: "a", version: "1" }], python_packages_of_users: new Error("no such column") };
  expect(entries("python_packages", reversed)).toHaveLength(1);
});

test("the source that crosses the bound on rows is refused and says so; the others are taken", () => {
  const rows = Array.from({ length: SOFTWARE_ROWS_PER_REPORT_MAX }, (_, i) => ({ name: `p${i}`, version: "1" }));
  const found = reports({ homebrew_packages: [{ name: "a", version: "1" }], deb_packages: rows });
  expect(found.map((r) => [r.source, r.ok])).toEqual([
    ["homebrew_packages", true],
    ["deb_packages", false],
  ]);
  expect(found[1]).toMatchObject({ error: "50001 software rows in one report; at most 50000 are accepted from one host." });
});

test("a query that was not answered says nothing about its source", () => {
  expect(reports({})).toEqual([]);
  expect(reports({ npm_packages: [] })).toEqual([{ source: "npm_packages", ok: true, entries: [] }]);
});

test("portable programs are those in Program Files that the registry does not list, one for each folder", () => {
  const file = (path: string, version = "") => ({
    path: `C:\\Program Files${path}`,
    filename: path.slice(path.lastIndexOf("\\") + 1),
    product_version: version,
    file_version: "9.9",
  });
  const programs = [
    { name: "7-Zip 23.01 (x64)", version: "23.01", install_location: "C:\\Program Files\\7-Zip\\" },
    { name: "Mozilla Firefox (x64 en-US)", version: "143.0", install_location: "" },
  ];
  const programs_files = [
    file("\\Portable Tool\\helper.exe", "1.0"),
    file("\\Portable Tool\\Portable Tool.exe", "2.5"),
    file("\\Portable Tool\\unins000.exe", "1"),
    file("\\Rufus-4.exe"),
    file("\\7-Zip\\7zFM.exe", "23.01"),
    file("\\Mozilla Firefox\\firefox.exe", "143.0"),
    file("\\Windows Defender\\MpCmdRun.exe", "4.18"),
  ];
  const names = (answers: Answers) => entries("programs", answers).map((e) => [e.name, e.version, e.installed_paths[0] ?? ""]);
  const listed = [
    ["7-Zip 23.01 (x64)", "23.01", "C:\\Program Files\\7-Zip\\"],
    ["Mozilla Firefox (x64 en-US)", "143.0", ""],
  ];
  expect(names({ programs, programs_files })).toEqual([
    ...listed,
    ["Portable Tool", "2.5", "C:\\Program Files\\Portable Tool"],
    ["Rufus-4", "9.9", "C:\\Program Files\\Rufus-4.exe"],
  ]);
  expect(names({ programs })).toEqual(listed);
  expect(reports({ programs, programs_files: new Error("no") })).toMatchObject([{ source: "programs", ok: false }]);
});

test("packages get the newest opening of their programs, also where they are named with an architecture", () => {
  const deb_packages = ["bash", "vim", "libc6"].map((name) => ({ name, version: "1" }));
  const deb_packages_opened = [
    { name: "bash", opened: "1763510400" },
    { name: "libc6:amd64", opened: "1763424000" },
    { name: "libc6:i386", opened: "1763510400" },
    { name: "vim", opened: "0" },
  ];
  const opened = entries("deb_packages", { deb_packages, deb_packages_opened }).map((e) => [e.name, e.last_opened_at]);
  expect(opened).toEqual([
    ["bash", 1_763_510_400],
    ["vim", null],
    ["libc6", 1_763_510_400],
  ]);
});

test("Adobe's plug-ins say which application they are for", () => {
  const rows = [{ name: "Camera Raw", version: "16.1", path: "/Library/x", host_application: "Photoshop" }];
  expect(entries("adobe_plugins", { adobe_plugins: rows })).toMatchObject([{ name: "Camera Raw", extension_for: "Photoshop" }]);
});
