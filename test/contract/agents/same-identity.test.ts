import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { collectChromeExtensions } from "#agent/sources/chrome_extensions/collect.ts";
import { collectFirefoxAddons } from "#agent/sources/firefox_addons/collect.ts";
import { collectGoBinaries } from "#agent/sources/go_binaries/collect.ts";
import { collectJetbrainsPlugins } from "#agent/sources/jetbrains_plugins/collect.ts";
import type { CollectContext, Collected } from "#agent/sources/source.ts";
import { collectVscodeExtensions } from "#agent/sources/vscode_extensions/collect.ts";
import { identityKey } from "#domain/software/identity.ts";
import { ENTRY_MAKERS } from "#server/agents/osquery/translate/entries.ts";
import { type Recording } from "#test/support/recorded-bytes.ts";

/**
 * A device may have both agents: what one reports must not be other software when the other reports it. Each sample lies on disk as
 * its program leaves it, and as the row that osquery (Fleet's extension, for Go) makes of that.
 */

const SOURCES = new URL("../../../src/agent/sources/", import.meta.url);
const sample = (path: string) => readFileSync(new URL(path, SOURCES));
let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "muster-root-"));
  put("/etc/passwd", "ada:x:1000:1000::/home/ada:/bin/bash\n");
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

function put(path: string, content: string | Buffer): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
}

type Collect = (context: CollectContext) => Promise<Collected>;

/** Identities and paths of what both agents say. */
async function both(
  collect: Collect,
  query: string,
  rows: Record<string, string>[],
): Promise<{ muster: string[]; osquery: string[] }> {
  const maker = ENTRY_MAKERS.get(query);
  if (maker === undefined) throw new Error(`There is no query ${query}.`);
  const { entries } = await collect({ root, platform: "ubuntu", signal: new AbortController().signal });
  const said = (entry: (typeof entries)[number]) => `${identityKey(entry)} ${entry.installed_paths.join()}`;
  return { muster: entries.map(said), osquery: rows.map((row) => said(maker.entry(row))) };
}

test("Chrome extensions", async () => {
  const path = "/home/ada/.config/google-chrome/Default/Extensions/hcllpmkgobnjpnmfoggdpmebjjmfakig/1.58.0_0";
  put("/home/ada/.config/google-chrome/Default/Preferences", "{}");
  put(`${path}/manifest.json`, sample("chrome_extensions/samples/manifest.json"));
  put(`${path}/_locales/en/messages.json`, sample("chrome_extensions/samples/messages.json"));
  const row = {
    name: "Example Blocker – résumé",
    version: "1.58.0",
    identifier: "hcllpmkgobnjpnmfoggdpmebjjmfakig",
    browser_type: "chrome",
    path,
  };
  const { muster, osquery } = await both(collectChromeExtensions, "muster_software_chrome_extensions", [row]);
  expect(muster).toEqual(osquery);
});

test("Firefox add-ons", async () => {
  put("/home/ada/.mozilla/firefox/x.default/extensions.json", sample("firefox_addons/samples/extensions.json"));
  const base = "/home/ada/.mozilla/firefox/x1y2z3.default-release/extensions";
  const sorter = "{c2c003ee-bd69-42a2-b0e9-6f34222cb046}";
  const { muster, osquery } = await both(collectFirefoxAddons, "muster_software_firefox_addons", [
    { name: "Dark Reader", version: "4.9.96", identifier: "addon@darkreader.org", path: `${base}/addon@darkreader.org.xpi` },
    { name: "Form Autofill", version: "1.0.1", identifier: "formautofill@mozilla.org", path: "" },
    { name: "Auto-Sort Bookmarks", version: "2", identifier: sorter, path: `${base}/${sorter}.xpi` },
    { name: "", version: "1.0", identifier: "nameless@example.com", path: "" },
  ]);
  expect(muster).toEqual(osquery);
});

test("VS Code extensions that osquery lists; it leaves out those without metadata", async () => {
  put("/home/ada/.vscode/extensions/extensions.json", sample("vscode_extensions/samples/extensions.json"));
  const row = {
    name: "ms-python.python",
    version: "2024.14.1",
    uuid: "f1f59ae4-9318-4f3c-a9b5-81b2eaa5f8a5",
    publisher: "Microsoft",
    vscode_edition: "vscode",
    path: "/home/ada/.vscode/extensions/ms-python.python-2024.14.1-linux-x64",
  };
  const { muster, osquery } = await both(collectVscodeExtensions, "muster_software_vscode_extensions", [row]);
  expect(muster).toEqual(expect.arrayContaining(osquery));
  expect(muster).toHaveLength(3);
});

test("JetBrains plugins", async () => {
  const path = "/home/ada/.local/share/JetBrains/IntelliJIdea2024.3/plugins/rainbow";
  put(`${path}/lib/rainbow.jar`, sample("jetbrains_plugins/samples/rainbow.jar"));
  const row = {
    name: "Rainbow &amp; Brackets",
    version: "2024.2.10",
    vendor: "Example Ltd",
    product_type: "intellij_idea",
    path,
  };
  const { muster, osquery } = await both(collectJetbrainsPlugins, "muster_software_jetbrains_plugins", [row]);
  expect(muster).toEqual(osquery);
});

test("Go programs; the modules in them are Muster's own addition", async () => {
  const { size, reads } = JSON.parse(sample("go_binaries/samples/linux-amd64.json").toString("utf8")) as Recording;
  const program = Buffer.alloc(size);
  for (const { offset, base64 } of reads) Buffer.from(base64, "base64").copy(program, offset);
  put("/home/ada/go/bin/sample", program);
  const row = { name: "sample", version: "(devel)", path: "/home/ada/go/bin/sample" };
  const { muster, osquery } = await both(collectGoBinaries, "muster_software_go_binaries", [row]);
  expect(muster[0]).toBe(osquery[0]);
  expect(muster).toHaveLength(3);
});
