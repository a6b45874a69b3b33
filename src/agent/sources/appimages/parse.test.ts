import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readStartBytes } from "../../system/files.ts";
import { collectAppImages } from "./collect.ts";
import { appImageArch, appImageName, parseDesktopEntry } from "./parse.ts";

const PROGRAM = await readStartBytes("/proc/self/exe", 64);

/** The begin of this very Node, an ELF program, with the bytes that make it an AppImage. */
function appImage(type: number): Buffer {
  const bytes = Buffer.from(PROGRAM);
  bytes.set([0x41, 0x49, type], 8);
  return bytes;
}

const DESKTOP = readFileSync(new URL("samples/appimagekit-example.desktop", import.meta.url), "utf8");

describe("appImageArch", () => {
  test("tells AppImages of both types from other programs and from anything else", () => {
    const machine = process.arch === "x64" ? "x86_64" : "aarch64";
    expect(appImageArch(appImage(1))).toBe(machine);
    expect(appImageArch(appImage(2))).toBe(machine);
    expect(appImageArch(appImage(3))).toBeNull();
    expect(appImageArch(PROGRAM)).toBeNull();
    expect(appImageArch(Buffer.from("#!/bin/sh\necho AI\u0002\n"))).toBeNull();
    expect(appImageArch(appImage(2).subarray(0, 19))).toBeNull();
  });
});

describe("appImageName", () => {
  test.each([
    ["Krita-5.2.2-x86_64.appimage", "Krita", "5.2.2"],
    ["nvim.appimage", "nvim", ""],
    ["nvim-linux-x86_64.appimage", "nvim", ""],
    ["Obsidian-1.7.7.AppImage", "Obsidian", "1.7.7"],
    ["Joplin-3.1.24.AppImage", "Joplin", "3.1.24"],
    ["balenaEtcher-1.18.11-x64.AppImage", "balenaEtcher", "1.18.11"],
    ["UltiMaker-Cura-5.9.0-linux-X64.AppImage", "UltiMaker-Cura", "5.9.0"],
    ["FreeCAD_1.0.0-conda-Linux-x86_64-py311.AppImage", "FreeCAD", "1.0.0-conda-Linux-x86_64-py311"],
    ["LibreOffice-fresh.standard-x86_64.AppImage", "LibreOffice-fresh.standard", ""],
    ["app_v2.0.1_0123456789abcdef0123456789abcdef.appimage", "app", "2.0.1"],
    ["7zip-24.08-x86_64.AppImage", "7zip", "24.08"],
    ["viewer", "viewer", ""],
  ])("%s", (file, name, version) => {
    expect(appImageName(file)).toEqual({ name, version });
  });

  test("always leaves a name when there is one", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 80 }), (stem) => {
        expect(appImageName(`x${stem}.AppImage`).name).not.toBe("");
      }),
    );
  });
});

test("a desktop entry names the file it is of, and its version", () => {
  expect(parseDesktopEntry(DESKTOP)).toEqual({ path: "/home/ada/Applications/Viewer.AppImage", version: "3.1.4" });
  expect(parseDesktopEntry(DESKTOP.replace(/^TryExec.*$/m, ""))?.path).toBe("/home/ada/Applications/Viewer Example.AppImage");
  expect(parseDesktopEntry("[Desktop Entry]\nExec=viewer\nX-AppImage-Version=1\n")).toBeNull();
  expect(parseDesktopEntry("[Desktop Entry]\nExec=/usr/bin/viewer\n")).toBeNull();
});

test("AppImages are found in the usual places and below roots, once, with whose they are", async () => {
  const root = mkdtempSync(join(tmpdir(), "muster-appimage-"));
  const put = (path: string, content: string | Buffer) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  };
  put("/etc/passwd", "root:x:0:0:root:/root:/bin/bash\nada:x:1000:1000::/home/ada:/bin/bash\n");
  put("/home/ada/Applications/Viewer.AppImage", appImage(2));
  put("/home/ada/.local/share/applications/appimagekit-example.desktop", DESKTOP);
  put("/home/ada/Downloads/Krita-5.2.2-x86_64.appimage", appImage(2));
  put("/home/ada/Downloads/not-one.AppImage", "text");
  put("/opt/tools/plain-2.0", appImage(1));
  put("/srv/images/deep/er/Other-1.0.AppImage", appImage(2));
  symlinkSync("Viewer.AppImage", join(root, "home/ada/Applications/link.AppImage"));
  const context = { root, platform: "debian", signal: new AbortController().signal };
  const rows = async (roots: string[]) =>
    (await collectAppImages({ ...context, roots })).entries.map((e) => [e.name, e.version, e.installed_by, e.installed_paths[0]]);
  const usual = [
    ["plain", "2.0", "", "/opt/tools/plain-2.0"],
    ["Viewer", "3.1.4", "ada", "/home/ada/Applications/Viewer.AppImage"],
    ["Krita", "5.2.2", "ada", "/home/ada/Downloads/Krita-5.2.2-x86_64.appimage"],
  ];
  expect(await rows([])).toEqual(usual);
  expect(await rows(["/srv", "/opt"])).toEqual([...usual, ["Other", "1.0", "", "/srv/images/deep/er/Other-1.0.AppImage"]]);
  rmSync(root, { recursive: true });
});
