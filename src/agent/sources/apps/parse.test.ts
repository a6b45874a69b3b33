import { createHash } from "node:crypto";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { collectApps } from "./collect.darwin.ts";
import { executablePath, parseApp, parseCodesign, parseLastUsed } from "./parse.ts";

const samples = new URL("samples/", import.meta.url);
const sample = (name: string) => readFileSync(new URL(name, samples));

describe("an application's Info.plist", () => {
  test("names and identifies it as osquery's rows are", () => {
    expect(parseApp("/Applications/Firefox.app", sample("Firefox.plist"))).toMatchObject({
      name: "Firefox",
      version: "143.0.1",
      source: "apps",
      bundle_identifier: "org.mozilla.firefox",
      installed_paths: ["/Applications/Firefox.app"],
    });
  });

  test("a helper without a version keeps an empty one and its own name", () => {
    const path = "/Applications/Postman.app/Contents/Frameworks/Postman Helper (GPU).app";
    expect(parseApp(path, sample("PostmanHelper.plist"))).toMatchObject({
      name: "Postman Helper (GPU)",
      version: "",
      bundle_identifier: "com.postmanlabs.mac.helper",
    });
  });

  test("its program is below it, or nowhere", () => {
    const plist = (name: string) =>
      Buffer.from(`<plist><dict><key>CFBundleExecutable</key><string>${name}</string></dict></plist>`);
    expect(executablePath("/a.app", plist("run"))).toBe("/a.app/Contents/MacOS/run");
    expect(executablePath("/a.app", plist("../../etc/passwd"))).toBe("");
    expect(executablePath("/a.app", plist(".."))).toBe("");
  });
});

test("codesign's report gives team and hash; an ad-hoc signature has no team; no signature is none", () => {
  expect(parseCodesign(sample("codesign.txt").toString())).toEqual({
    team_identifier: "43AQ936H96",
    hash_sha256: "1f2e3d4c5b6a79880102030405060708090a0b0c0d0e0f101112131415161718",
  });
  expect(parseCodesign("Signature=adhoc\nCDHash=aa\nTeamIdentifier=not set\n")).toEqual({
    team_identifier: "",
    hash_sha256: "aa",
  });
  expect(parseCodesign("/Applications/x.app: code object is not signed at all\n")).toBeNull();
});

test("Spotlight's dates, in order, with those it does not know", () => {
  expect(parseLastUsed("2026-11-20 08:30:00 +0000\0(null)\x002026-11-20 10:30:00 +0200\0")).toEqual([
    Date.UTC(2026, 10, 20, 8, 30) / 1000,
    null,
    Date.UTC(2026, 10, 20, 8, 30) / 1000,
  ]);
});

describe("applications in their folders", () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "muster-mac-"));
  });
  afterEach(() => {
    rmSync(root, { recursive: true, force: true });
  });

  function app(path: string, plist: string): void {
    mkdirSync(join(root, path, "Contents/MacOS"), { recursive: true });
    cpSync(new URL(plist, samples), join(root, path, "Contents/Info.plist"));
  }

  test("are found for the machine and for people; what is inside an application is part of it", async () => {
    app("/Applications/Firefox.app", "Firefox.plist");
    writeFileSync(join(root, "/Applications/Firefox.app/Contents/MacOS/firefox"), "program");
    app("/Applications/Firefox.app/Contents/Frameworks/Postman Helper (GPU).app", "PostmanHelper.plist");
    app("/Users/ada/Applications/Suite/Firefox.app", "Firefox.plist");
    app("/Users/Shared/Applications/Other.app", "Firefox.plist");
    app("/Applications/Broken.app", "README.md");
    mkdirSync(join(root, "/Applications/Empty.app"), { recursive: true });
    const { entries } = await collectApps({ root, platform: "darwin", signal: new AbortController().signal });
    expect(entries.map((entry) => [entry.name, entry.installed_paths[0]])).toEqual([
      ["Firefox", "/Applications/Firefox.app"],
      ["Firefox", "/Users/ada/Applications/Suite/Firefox.app"],
    ]);
    expect(entries[0]?.signature_information).toEqual([
      {
        installed_path: "/Applications/Firefox.app",
        team_identifier: "",
        hash_sha256: "",
        executable_sha256: createHash("sha256").update("program").digest("hex"),
        executable_path: "/Applications/Firefox.app/Contents/MacOS/firefox",
      },
    ]);
  });
});
