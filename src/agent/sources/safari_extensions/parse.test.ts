import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { collectSafariExtensions } from "./collect.darwin.ts";
import { parseSafariExtension } from "./parse.ts";

const sample = new URL("samples/1PasswordSafari.plist", import.meta.url);

test("a plug-in of Safari is an extension for safari, one of anything else is none", () => {
  expect(parseSafariExtension("/x.appex", readFileSync(sample))).toMatchObject({
    source: "safari_extensions",
    name: "1Password for Safari",
    version: "8.11.4",
    extension_for: "safari",
    extension_id: "",
    installed_paths: ["/x.appex"],
  });
  const other =
    "<plist><dict><key>NSExtension</key><dict><key>NSExtensionPointIdentifier</key><string>x</string></dict></dict></plist>";
  expect(parseSafariExtension("/x.appex", Buffer.from(other))).toBeNull();
  expect(parseSafariExtension("/x.appex", Buffer.from("<plist><dict/></plist>"))).toBeNull();
});

test("extensions are found inside applications", async () => {
  const root = mkdtempSync(join(tmpdir(), "muster-mac-"));
  const plugIn = "/Applications/1Password for Safari.app/Contents/PlugIns/1Password.appex";
  mkdirSync(join(root, plugIn, "Contents"), { recursive: true });
  cpSync(sample, join(root, plugIn, "Contents/Info.plist"));
  const { entries } = await collectSafariExtensions({ root, platform: "darwin", signal: new AbortController().signal });
  expect(entries.map((entry) => [entry.name, entry.installed_paths])).toEqual([["1Password for Safari", [plugIn]]]);
  rmSync(root, { recursive: true, force: true });
});
