import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { SoftwareEntry } from "#domain/software/software.ts";
import { type Recording } from "#test/support/recorded-bytes.ts";
import { makeZip } from "#test/support/zip.ts";
import { collectChromeExtensions } from "./chrome_extensions/collect.ts";
import { collectFirefoxAddons } from "./firefox_addons/collect.ts";
import { collectGoBinaries } from "./go_binaries/collect.ts";
import { collectJavaArchives } from "./java_archives/collect.ts";
import { collectJetbrainsPlugins } from "./jetbrains_plugins/collect.ts";
import { collectRustBinaries } from "./rust_binaries/collect.ts";
import type { CollectContext } from "./source.ts";
import { collectVscodeExtensions } from "./vscode_extensions/collect.ts";

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "muster-root-"));
  put(
    "/etc/passwd",
    [
      "root:x:0:0:root:/root:/bin/bash",
      "daemon:x:1:1::/usr/sbin:/usr/sbin/nologin",
      "ada:x:1000:1000::/home/ada:/bin/bash",
      "bob:x:1001:1001::/home/bob:/bin/zsh",
      "kiosk:x:1002:1002::/home/kiosk:/bin/false",
    ].join("\n"),
  );
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

function put(path: string, content: string | Buffer): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
}
const sample = (path: string) => readFileSync(new URL(path, import.meta.url));
function context(fields: Partial<CollectContext> = {}): CollectContext {
  return { root, platform: "debian", signal: new AbortController().signal, ...fields };
}
const brief = (rows: SoftwareEntry[]) => rows.map((r) => [r.name, r.extension_for, r.installed_by, r.installed_paths[0]]);

/** The recorded parts of a program at their places in an otherwise empty file. */
function program(source: string, name: string): Buffer {
  const { size, reads } = JSON.parse(sample(`${source}/samples/${name}.json`).toString("utf8")) as Recording;
  const bytes = Buffer.alloc(size);
  for (const { offset, base64 } of reads) Buffer.from(base64, "base64").copy(bytes, offset);
  return bytes;
}

const LISTS = {
  vscode_extensions: collectVscodeExtensions,
  chrome_extensions: collectChromeExtensions,
  firefox_addons: collectFirefoxAddons,
  jetbrains_plugins: collectJetbrainsPlugins,
  go_binaries: collectGoBinaries,
  rust_binaries: collectRustBinaries,
  java_archives: collectJavaArchives,
};

describe("vscode_extensions", () => {
  const list = sample("vscode_extensions/samples/extensions.json");

  test("are those of every editor of every person, by the list or by the folders", async () => {
    put("/home/ada/.vscode/extensions/extensions.json", list);
    put("/home/ada/.cursor/extensions/a.b-1.0/package.json", sample("vscode_extensions/samples/package.json"));
    put("/home/ada/.cursor/extensions/broken/package.json", "{");
    put("/home/ada/.cursor/extensions/.obsolete", "{}");
    put("/home/bob/.var/app/com.vscodium.codium/data/codium/extensions/extensions.json", "[]");
    put("/home/kiosk/.vscode/extensions/extensions.json", list);
    const { entries, markers } = await collectVscodeExtensions(context());
    expect(brief(entries)).toEqual([
      ["ms-python.python", "vscode", "ada", "/home/ada/.vscode/extensions/ms-python.python-2024.14.1-linux-x64"],
      ["example.side-loaded", "vscode", "ada", "/home/ada/.vscode/extensions/example.side-loaded-0.0.3"],
      ["moved.home", "vscode", "ada", "/home/ada/.vscode/extensions/moved.home-1.0.0"],
      ["editorconfig.editorconfig", "cursor", "ada", "/home/ada/.cursor/extensions/a.b-1.0"],
    ]);
    expect(markers).toEqual(expect.arrayContaining(["/home/ada/.vscode/extensions/extensions.json", "/home/bob/.windsurf"]));
  });
});

describe("firefox_addons", () => {
  const addons = (name: string) =>
    JSON.stringify({ addons: [{ id: `${name}@x`, version: "1", defaultLocale: { name }, path: `/${name}.xpi` }] });

  test("are those of every profile, snap's and Flatpak's too", async () => {
    put("/home/ada/.mozilla/firefox/a.default/extensions.json", addons("own"));
    put("/home/ada/.mozilla/firefox/Crash Reports/events/x", "");
    put("/home/ada/.mozilla/firefox/profiles.ini", "");
    put("/home/ada/snap/firefox/common/.mozilla/firefox/b.default/extensions.json", addons("snap"));
    put("/home/bob/.var/app/org.mozilla.firefox/.mozilla/firefox/c.default/extensions.json", addons("flatpak"));
    put("/home/bob/.var/app/org.mozilla.firefox/.mozilla/firefox/d.damaged/extensions.json", "{");
    const { entries, markers } = await collectFirefoxAddons(context());
    expect(brief(entries)).toEqual([
      ["own", "firefox", "ada", "/own.xpi"],
      ["snap", "firefox", "ada", "/snap.xpi"],
      ["flatpak", "firefox", "bob", "/flatpak.xpi"],
    ]);
    expect(markers).toEqual(
      expect.arrayContaining(["/home/ada/.mozilla/firefox", "/home/ada/.mozilla/firefox/a.default/extensions.json"]),
    );
  });

  test("on macOS they lie in Library", async () => {
    put("/Users/ada/Library/Application Support/Firefox/Profiles/a.default/extensions.json", addons("mac"));
    put("/Users/Shared/Library/Application Support/Firefox/Profiles/a.default/extensions.json", addons("shared"));
    expect(brief((await collectFirefoxAddons(context({ platform: "darwin" }))).entries)).toEqual([
      ["mac", "firefox", "ada", "/mac.xpi"],
    ]);
  });
});

describe("chrome_extensions", () => {
  const manifest = sample("chrome_extensions/samples/manifest.json");
  const id = "hcllpmkgobnjpnmfoggdpmebjjmfakig";

  test("are those of every profile, named in words, and those that settings name elsewhere", async () => {
    const profile = "/home/ada/.config/google-chrome/Default";
    put(`${profile}/Preferences`, sample("chrome_extensions/samples/Preferences"));
    put(`${profile}/Secure Preferences`, "{");
    put(`${profile}/Extensions/${id}/1.58.0_0/manifest.json`, manifest);
    put(`${profile}/Extensions/${id}/1.58.0_0/_locales/en/messages.json`, sample("chrome_extensions/samples/messages.json"));
    put(`${profile}/Extensions/Temp/x/file`, "");
    put("/home/ada/src/my-extension/manifest.json", '{"name":"Mine","version":"0.1"}');
    const { entries, markers } = await collectChromeExtensions(context());
    expect(entries.map((e) => [e.name, e.version, e.extension_id, e.extension_for, e.installed_paths[0]])).toEqual([
      ["Example Blocker – résumé", "1.58.0", id, "chrome", `${profile}/Extensions/${id}/1.58.0_0`],
      ["Mine", "0.1", "", "chrome", "/home/ada/src/my-extension"],
    ]);
    expect(markers).toEqual(expect.arrayContaining([`${profile}/Extensions`, `${profile}/Extensions/${id}`]));
  });

  test("on Windows they lie in AppData, and paths are Windows's", async () => {
    // Below a root that is not Windows's own a home is a directory of this name.
    const home = String.raw`C:\Users\ada`;
    put("/Users/ada/x", "");
    put(`${home}/AppData/Local/Microsoft/Edge/User Data/Default/Preferences`, "{}");
    put(`${home}/AppData/Local/Microsoft/Edge/User Data/Default/Extensions/a/1_0/manifest.json`, '{"name":"A","version":"1"}');
    put(`${home}/AppData/Roaming/JetBrains/Rider2024.1/plugins/r.jar`, sample("jetbrains_plugins/samples/rainbow.jar"));
    const rows = [
      ...(await collectChromeExtensions(context({ platform: "windows" }))).entries,
      ...(await collectJetbrainsPlugins(context({ platform: "windows" }))).entries,
    ];
    expect(brief(rows)).toEqual([
      ["A", "edge", "ada", String.raw`C:\Users\ada\AppData\Local\Microsoft\Edge\User Data\Default\Extensions\a\1_0`],
      ["Rainbow &amp; Brackets", "rider", "ada", String.raw`C:\Users\ada\AppData\Roaming\JetBrains\Rider2024.1\plugins\r.jar`],
    ]);
  });

  test("a browser without profiles is one itself; snaps and Flatpaks have their own homes", async () => {
    const plain = (name: string) => JSON.stringify({ name, version: "1" });
    put("/home/ada/.config/opera/Preferences", "{}");
    put("/home/ada/.config/opera/Extensions/a/1_0/manifest.json", plain("opera"));
    put("/home/ada/snap/chromium/common/chromium/Default/Preferences", "{}");
    put("/home/ada/snap/chromium/common/chromium/Default/Extensions/a/1_0/manifest.json", plain("snap"));
    put("/home/bob/.var/app/com.brave.Browser/config/BraveSoftware/Brave-Browser/Profile 2/Preferences", "{}");
    put(
      "/home/bob/.var/app/com.brave.Browser/config/BraveSoftware/Brave-Browser/Profile 2/Extensions/a/1_0/manifest.json",
      plain("flatpak"),
    );
    put("/home/bob/.config/chromium/Crashpad/Extensions/a/1_0/manifest.json", plain("no profile"));
    const { entries } = await collectChromeExtensions(context());
    expect(entries.map((e) => [e.name, e.extension_for, e.installed_by])).toEqual([
      ["snap", "chromium", "ada"],
      ["opera", "opera", "ada"],
      ["flatpak", "brave", "bob"],
    ]);
  });

  test("a locale that would lead out of the extension is not followed", async () => {
    const base = "/home/ada/.config/chromium/Default";
    put(`${base}/Preferences`, "{}");
    put(`${base}/Extensions/a/1_0/manifest.json`, '{"name":"__MSG_n__","version":"1","default_locale":"../../../secret"}');
    put(`${base}/Extensions/secret/messages.json`, '{"n":{"message":"secret"}}');
    expect((await collectChromeExtensions(context())).entries.map((e) => e.name)).toEqual(["__MSG_n__"]);
  });
});

describe("jetbrains_plugins", () => {
  const jar = sample("jetbrains_plugins/samples/rainbow.jar");
  const share = "/home/ada/.local/share/JetBrains";

  test("are jars and directories; an IDE's name is not mistaken for another's beginning", async () => {
    put(`${share}/PyCharmCE2024.3/rainbow/lib/rainbow.jar`, jar);
    put(`${share}/PyCharmCE2024.3/rainbow/lib/gson-2.8.0.jar`, makeZip([{ name: "x", bytes: "" }]));
    put(`${share}/IntelliJIdea2024.3/plugins/single.jar`, jar);
    put(`${share}/IntelliJIdea2024.3/damaged/lib/damaged.jar`, jar.subarray(0, 100));
    put(`${share}/consentOptions/accepted`, "");
    const { entries } = await collectJetbrainsPlugins(context());
    expect(brief(entries)).toEqual([
      ["Rainbow &amp; Brackets", "intellij_idea", "ada", `${share}/IntelliJIdea2024.3/plugins/single.jar`],
      ["Rainbow &amp; Brackets", "pycharm_community_edition", "ada", `${share}/PyCharmCE2024.3/rainbow`],
    ]);
  });
});

describe("go_binaries", () => {
  test("are found in the usual directories, below /opt and configured ones; shared modules are one row", async () => {
    const go = program("go_binaries", "linux-amd64");
    put("/home/ada/go/bin/one", go);
    put("/opt/tool/bin/two", go);
    put("/data/tools/x/three-1.2", go);
    put("/usr/bin/packaged", go);
    put("/opt/tool/readme.txt", "x".repeat(100_000));
    symlinkSync("../../opt/tool/bin/two", join(root, "/home/ada/go/bin/two-link"));
    const { entries, markers } = await collectGoBinaries(context({ roots: ["/data/tools/"] }));
    const everywhere = ["/data/tools/x/three-1.2", "/home/ada/go/bin/one", "/opt/tool/bin/two"];
    expect(entries.map((e) => [e.name, e.version, e.installed_by, e.installed_paths])).toEqual([
      ["three-1.2", "(devel)", "", ["/data/tools/x/three-1.2"]],
      ["github.com/google/uuid", "v1.6.0", "", everywhere],
      ["stdlib", "1.26.8", "", everywhere],
      ["one", "(devel)", "ada", ["/home/ada/go/bin/one"]],
      ["two", "(devel)", "", ["/opt/tool/bin/two"]],
    ]);
    expect(markers).toEqual(expect.arrayContaining(["/home/ada/go/bin", "/opt/tool/bin", "/data/tools"]));
  });

  test("a link to a program that is searched nowhere else is its place", async () => {
    put("/srv/elsewhere/tool", program("go_binaries", "linux-386"));
    mkdirSync(join(root, "/home/bob/go/bin"), { recursive: true });
    symlinkSync("../../../../srv/elsewhere/tool", join(root, "/home/bob/go/bin/tool"));
    symlinkSync("tool", join(root, "/home/bob/go/bin/again"));
    const { entries } = await collectGoBinaries(context());
    expect(entries[0]).toMatchObject({ name: "again", installed_by: "bob", installed_paths: ["/home/bob/go/bin/again"] });
    expect(entries.filter((e) => e.name === "tool")).toEqual([]);
  });
});

describe("rust_binaries", () => {
  test("are crates that programs carry the list of, and what cargo recorded", async () => {
    put("/opt/muster-sample", program("rust_binaries", "muster-sample-linux-amd64"));
    put("/home/ada/.cargo/.crates2.json", sample("rust_binaries/samples/crates2.json"));
    put("/home/bob/.cargo/.crates2.json", "{");
    const { entries, markers } = await collectRustBinaries(context());
    expect(entries.map((e) => [e.name, e.version, e.installed_by, e.installed_paths[0]])).toEqual([
      ["itoa", "1.0.11", "", "/opt/muster-sample"],
      ["muster-sample", "0.3.1", "", "/opt/muster-sample"],
      ["smallvec", "1.13.2", "", "/opt/muster-sample"],
      ["cargo-auditable", "0.7.7", "ada", "/home/ada/.cargo/bin/cargo-auditable"],
    ]);
    expect(markers).toContain("/home/ada/.cargo/.crates2.json");
  });
});

describe("java_archives", () => {
  test("are found in servers' directories, /opt and configured ones, each file once", async () => {
    put("/var/lib/tomcat10/webapps/shop.war", sample("java_archives/samples/shop.war"));
    put("/opt/app/lib/slf4j-nop-2.0.13.jar", sample("java_archives/samples/slf4j-nop-2.0.13.jar"));
    put("/data/x/broken.jar", "this is no archive, whatever its name says");
    put("/home/ada/.m2/repository/x/x.jar", sample("java_archives/samples/javax.inject-1.jar"));
    symlinkSync("slf4j-nop-2.0.13.jar", join(root, "/opt/app/lib/slf4j-nop.jar"));
    const { entries, markers } = await collectJavaArchives(context({ roots: ["/data"] }));
    expect(entries.toSorted((a, b) => (a.name < b.name ? -1 : 1)).map((e) => [e.name, e.version, e.installed_paths])).toEqual([
      ["com.example:shop", "1.4.0", ["/var/lib/tomcat10/webapps/shop.war"]],
      ["javax.inject", "1", ["/var/lib/tomcat10/webapps/shop.war!/WEB-INF/lib/javax.inject-1.jar"]],
      [
        "org.slf4j:slf4j-nop",
        "2.0.13",
        ["/opt/app/lib/slf4j-nop-2.0.13.jar", "/var/lib/tomcat10/webapps/shop.war!/WEB-INF/lib/slf4j-nop-2.0.13.jar"],
      ],
    ]);
    expect(markers).toEqual(expect.arrayContaining(["/opt/app/lib", "/var/lib/tomcat10/webapps", "/data"]));
  });
});

describe.each(Object.entries(LISTS))("%s", (_source, collect) => {
  test("an empty machine has none, and a time that is over ends the collection", async () => {
    expect((await collect(context())).entries).toEqual([]);
    put("/home/ada/.vscode/extensions/extensions.json", "[]");
    put("/home/ada/.mozilla/firefox/a/extensions.json", "{}");
    put("/home/ada/.config/chromium/Default/Preferences", "{}");
    put("/home/ada/.local/share/JetBrains/GoLand2024.1/x", "");
    put("/opt/x", "");
    await expect(collect(context({ signal: AbortSignal.abort() }))).rejects.toMatchObject({ reason: "timeout" });
  });

  test("pipes, sockets, circles of links and dangling links hold nobody up", async () => {
    const odd = [
      "/home/ada/.vscode/extensions/extensions.json",
      "/home/ada/.mozilla/firefox/a/extensions.json",
      "/home/ada/.config/chromium/Default/Preferences",
      "/home/ada/.local/share/JetBrains/GoLand2024.1/x/lib/x.jar",
      "/home/ada/.cargo/.crates2.json",
      "/home/ada/go/bin/tool",
      "/opt/lib/tool.jar",
    ];
    for (const path of odd) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      execFileSync("mkfifo", [join(root, path)]);
    }
    symlinkSync(".", join(root, "/opt/circle"));
    symlinkSync("loop.jar", join(root, "/opt/lib/loop.jar"));
    symlinkSync("self", join(root, "/home/ada/go/bin/self"));
    symlinkSync("nowhere", join(root, "/home/ada/go/bin/dangling"));
    const server = createServer();
    await new Promise<void>((resolve) => {
      server.listen(join(root, "/opt/s.jar"), resolve);
    });
    symlinkSync("../../../opt/s.jar", join(root, "/home/ada/go/bin/socket"));
    expect((await collect(context())).entries).toEqual([]);
    server.close();
  });
});
