import { packageOpenedAt } from "#domain/software/package-opened.ts";
import { expect, test } from "vitest";
import type { SoftwareEntry } from "#domain/software/software.ts";
import { writeResults } from "#server/agents/osquery/translate/results.ts";
import { softwareReports } from "#server/agents/osquery/translate/software.ts";
import type { Image, TableRow } from "../../support/simulated-osquery/images.ts";
import { answers } from "./answers.ts";

/** A device with a few made-up rows, for rules that live in SQL and that no image happens to show. */
function software(platform: string, tables: Record<string, TableRow[]>, { version = "5.23.0", fleetd = false } = {}) {
  const host: Image["host"] = { platform, os_version: [{ name: "Some OS", platform }], system_info: [] };
  const { queries, failures } = answers({ name: "made-up", host, origin: "made up", tables }, version, fleetd);
  expect(failures).toEqual([]);
  const reports = softwareReports(writeResults({ queries }).results, platform);
  return {
    queries,
    entries: (source: string): SoftwareEntry[] => reports.flatMap((r) => (r.ok && r.source === source ? r.entries : [])),
    sources: reports.map((r) => r.source).toSorted(),
  };
}

test("only installed deb packages count: on hold too, not those whose settings remain", () => {
  const deb_packages = [
    "install ok installed",
    "hold ok installed",
    "deinstall ok config-files",
    "install ok half-installed",
    "",
  ].map((status, i) => ({ name: `p${i}`, version: "1", status }));
  expect(
    software("debian", { deb_packages })
      .entries("deb_packages")
      .map((e) => e.name),
  ).toEqual(["p0", "p1", "p4"]);
});

test("a Homebrew cask that brought an app is left to the app; formulae and other casks are there", () => {
  const homebrew_packages = [
    { name: "jq", version: "1.7", path: "/opt/homebrew/Cellar/jq" },
    { name: "firefox", version: "140", path: "/opt/homebrew/Caskroom/firefox" },
    { name: "slack", version: "4", path: "/opt/homebrew/Caskroom/slack/4" },
    { name: "font-inter", version: "4.1", path: "/opt/homebrew/Caskroom/font-inter" },
  ];
  const file = [
    { path: "/opt/homebrew/Caskroom/firefox/140/Firefox.app" },
    { path: "/opt/homebrew/Caskroom/slack/4/Slack.app" },
    { path: "/opt/homebrew/Caskroom/font-inter/4.1/Inter.ttc" },
    { path: "/opt/homebrew/Cellar/jq/1.7/Odd.app" },
  ];
  expect(
    software("darwin", { homebrew_packages, file })
      .entries("homebrew_packages")
      .map((e) => e.name),
  ).toEqual(["jq", "font-inter"]);
});

test("rows of people count, whoever they are; those of accounts nobody logs in to do not", () => {
  const row = { name: "x", version: "1", browser_type: "chrome" };
  const chrome_extensions = [
    { ...row, uid: "0", identifier: "root's" },
    { ...row, uid: "1", identifier: "daemon's" },
    { ...row, uid: "501", identifier: "a person's" },
  ];
  const found = software("fedora", { chrome_extensions }).entries("chrome_extensions");
  expect(found.map((e) => e.extension_id).toSorted()).toEqual(["a person's", "root's"]);
});

const APP = {
  name: "Firefox.app",
  path: "/Applications/Firefox.app",
  bundle_identifier: "org.mozilla.firefox",
  bundle_short_version: "140.2.0",
  display_name: "Firefox",
};
const SIGNED = { path: APP.path, team_identifier: "43AQ936H96" };

test("signatures come from the extension's table where it is, else from osquery's own", () => {
  const tables = {
    apps: [APP],
    signature: [{ ...SIGNED, signed: "1" }],
    codesign: [{ path: APP.path, team_identifier: "BY-EXTENSION", cdhash_sha256: "c0de" }],
    executable_hashes: [{ path: APP.path, executable_path: `${APP.path}/Contents/MacOS/firefox`, executable_sha256: "beef" }],
    parse_ini: [{ path: `${APP.path}/Contents/Resources/application.ini`, key: "RemotingName", value: "firefox-esr" }],
  };
  const stock = software("darwin", tables);
  expect(stock.queries).not.toHaveProperty("muster_software_apps_codesign");
  expect(stock.entries("apps")).toMatchObject([
    { name: "Firefox", signature_information: [{ team_identifier: "43AQ936H96", hash_sha256: "" }] },
  ]);
  const extended = software("darwin", tables, { fleetd: true });
  expect(extended.queries).not.toHaveProperty("muster_software_apps_signature");
  expect(extended.entries("apps")).toMatchObject([
    {
      name: "Firefox ESR",
      signature_information: [{ team_identifier: "BY-EXTENSION", hash_sha256: "c0de", executable_sha256: "beef" }],
    },
  ]);
});

test("prefetch tells when programs last ran, whatever their names hold", () => {
  const volume = "\\VOLUME{01d9a1b2c3d4e5f6-12345678}";
  const files = (...paths: string[]): string => paths.map((path) => `${volume}\\${path}`).join(",");
  const prefetch = [
    {
      filename: "NOTEPAD++.EXE",
      last_run_time: "1700000000",
      accessed_files: files("WINDOWS\\SYSTEM32\\NTDLL.DLL", "PROGRAM FILES\\NOTEPAD++\\NOTEPAD++.EXE", "X.DLL"),
    },
    { filename: "NOTEPAD++.EXE", last_run_time: "1700000100", accessed_files: files("PROGRAM FILES\\NOTEPAD++\\NOTEPAD++.EXE") },
    { filename: "A(1).EXE", last_run_time: "1600000000", accessed_files: files("WINDOWS\\X.DLL", "TOOLS\\A\\A(1).EXE") },
    { filename: "GONE.EXE", last_run_time: "1600000000", accessed_files: files("WINDOWS\\GONE.EXE.MUI") },
    { filename: "EMPTY.EXE", last_run_time: "1", accessed_files: "" },
  ];
  const programs = ["C:\\Program Files\\Notepad++", "C:\\Tools\\A\\", "C:\\Program Files\\Other"].map((install_location, i) => ({
    name: `P${i}`,
    version: "1",
    install_location,
  }));
  const found = software("windows", { prefetch, programs });
  expect(found.queries["muster_software_programs_prefetch"]).toHaveLength(2);
  expect(found.entries("programs").map((e) => e.last_opened_at)).toEqual([1_700_000_100, 1_600_000_000, null]);
});

test("Adobe's registry key names Acrobat", () => {
  const key = String.raw`HKEY_LOCAL_MACHINE\SOFTWARE\Adobe\Adobe Acrobat\DC`;
  const programs = [{ name: "Adobe Acrobat (64-bit)", version: "25.1", publisher: "Adobe" }];
  expect(software("windows", { programs, registry: [{ key, name: "Installer" }] }).entries("programs")[0]?.name).toBe(
    "Adobe Acrobat DC (64-bit)",
  );
  expect(software("windows", { programs }).entries("programs")[0]?.name).toBe("Adobe Acrobat (64-bit)");
});

test("upgrade codes are asked where the agent knows them", () => {
  const upgrade_code = "{12345678-1234-1234-1234-123456789012}";
  const programs = [{ name: "P", version: "1", upgrade_code }];
  expect(software("windows", { programs }).entries("programs")[0]?.upgrade_code).toBe(upgrade_code);
  expect(software("windows", { programs }, { version: "5.16.0" }).entries("programs")[0]?.upgrade_code).toBe("");
});

test("each platform's sources are all reported, present or empty; those of absent tables are not", () => {
  expect(software("darwin", {}).sources).toEqual([
    "apps",
    "chrome_extensions",
    "firefox_addons",
    "homebrew_packages",
    "jetbrains_plugins",
    "npm_packages",
    "python_packages",
    "safari_extensions",
    "vscode_extensions",
  ]);
  expect(software("windows", {}, { fleetd: true }).sources).toEqual([
    "adobe_plugins",
    "chocolatey_packages",
    "chrome_extensions",
    "firefox_addons",
    "go_binaries",
    "ie_extensions",
    "jetbrains_plugins",
    "npm_packages",
    "programs",
    "python_packages",
    "vscode_extensions",
  ]);
  expect(software("arch", {}, { fleetd: true, version: "5.17.0" }).sources).toEqual([
    "chrome_extensions",
    "deb_packages",
    "firefox_addons",
    "go_binaries",
    "npm_packages",
    "pacman_packages",
    "portage_packages",
    "python_packages",
    "rpm_packages",
    "vscode_extensions",
  ]);
  expect(software("chrome", {}).sources).toEqual(["chrome_extensions"]);
});

test("rows of sources that no image has", () => {
  const linux = software(
    "gentoo",
    {
      portage_packages: [{ package: "app-shells/bash", version: "5.2" }],
      fleetd_pacman_packages: [{ name: "xz", version: "5.4-1", arch: "x86_64" }],
      go_binaries: [{ name: "gopls", version: "v0.18", installed_path: "/root/go/bin/gopls" }],
    },
    { fleetd: true },
  );
  expect(linux.entries("portage_packages")).toMatchObject([{ name: "app-shells/bash", version: "5.2" }]);
  expect(linux.entries("pacman_packages")).toMatchObject([{ name: "xz", version: "5.4-1", arch: "x86_64" }]);
  expect(linux.entries("go_binaries")).toMatchObject([{ name: "gopls", installed_paths: ["/root/go/bin/gopls"] }]);
  const jetbrains_plugins = [{ product_type: "GoLand", name: "Rust", version: "1", vendor: "JetBrains", path: "/p", uid: "501" }];
  const safari_extensions = [{ name: "Readwise", version: "2", uid: "501" }];
  const mac = software("darwin", { jetbrains_plugins, safari_extensions });
  expect(mac.entries("jetbrains_plugins")).toMatchObject([{ name: "Rust", vendor: "JetBrains", extension_for: "GoLand" }]);
  expect(mac.entries("safari_extensions")).toMatchObject([{ name: "Readwise", extension_for: "safari", extension_id: "" }]);
  const windows = software("windows", {
    chocolatey_packages: [{ name: "git", version: "2", path: "C:\\c" }],
    ie_extensions: [{ name: "Bar", version: "1", path: "C:\\b" }],
  });
  expect(windows.entries("chocolatey_packages")).toMatchObject([{ name: "git", installed_paths: ["C:\\c"] }]);
  expect(windows.entries("ie_extensions")).toMatchObject([{ name: "Bar", version: "1" }]);
});

test("a package's opening in osquery's SQL is that of the rule both agents share", () => {
  const day = Date.UTC(2026, 10, 20) / 1000;
  const times = [
    ["bash", "/usr/bin/bash", day + 5000, day - 90_000],
    ["bash", "/usr/bin/rbash", day - 86_400, day - 900_000],
    ["vim", "/usr/bin/vim", day, day],
    ["tar", "/bin/tar", day + 60, day],
    ["zip", "/usr/bin/zip", day + 61, day],
    ["doc", "/usr/share/doc/readme", day + 5000, 5],
  ] as const;
  const packages = [...new Set(times.map(([name]) => name))];
  const linux = software("debian", {
    deb_packages: packages.map((name) => ({ name, version: "1", status: "install ok installed" })),
    deb_package_files: times.map(([name, path]) => ({ package: name, path })),
    file: times.map(([, path, atime, ctime]) => ({ path, type: "regular", atime: String(atime), ctime: String(ctime) })),
  });
  const rule = (name: string) => {
    const programs = times.filter(([n, path]) => n === name && !path.startsWith("/usr/share"));
    const days = programs.map(([, , atime, ctime]) => packageOpenedAt(atime, ctime)).filter((at) => at !== null);
    return days.length === 0 ? null : Math.max(...days);
  };
  expect(linux.entries("deb_packages").map((e) => [e.name, e.last_opened_at])).toEqual(
    packages.map((name) => [name, rule(name)]),
  );
  expect(rule("bash")).toBe(day);
});
