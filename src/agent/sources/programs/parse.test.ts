import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { decodeRegistryFile, parseRegistryFile } from "../../formats/registry-file.ts";
import { parseAppxPackages, parseUninstallKeys, parseUpgradeCodes, profileNames, unpackGuid, userSids } from "./parse.ts";

const sample = (name: string) => parseRegistryFile(decodeRegistryFile(readFileSync(new URL(`samples/${name}`, import.meta.url))));
const MACHINE = String.raw`HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall`;
const CODES = String.raw`HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows\CurrentVersion\Installer\UpgradeCodes`;
const USER = String.raw`HKEY_USERS\S-1-5-21-0-0-0-1000`;
const CHROME = "{B6F6FFE6-2F3E-3EDA-83A1-B6A491C80760}";

describe("uninstall keys", () => {
  test("each key with a display name is a program; a product of Windows Installer has its upgrade code", () => {
    const codes = parseUpgradeCodes(sample("upgrade-codes.reg"), CODES);
    const programs = parseUninstallKeys(sample("machine-64.reg"), MACHINE, codes);
    expect(programs).toHaveLength(9);
    expect(programs.find((program) => program.name === "Google Chrome")).toMatchObject({
      source: "programs",
      version: "106.0.5249.119",
      vendor: "Google LLC",
      upgrade_code: codes.get(CHROME),
      installed_by: "",
    });
    expect(programs.filter((program) => program.upgrade_code !== "")).toHaveLength(1);
  });

  test("the view of 32-bit programs is exported under the same path", () => {
    expect(parseUninstallKeys(sample("machine-32.reg"), MACHINE, new Map()).map((program) => program.name)).toContain("Slack");
  });

  test("a user's own programs say whose they are", () => {
    const names = profileNames(
      sample("profiles.reg"),
      String.raw`HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows NT\CurrentVersion\ProfileList`,
    );
    const key = `${USER}\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Uninstall`;
    const [program] = parseUninstallKeys(sample("user.reg"), key, new Map(), names.get("S-1-5-21-0-0-0-1000"));
    expect(program).toMatchObject({ name: "Microsoft OneDrive", version: "21.220.1024.0005", installed_by: "ada" });
  });
});

test("Store packages: the display name, or the package's own where that is only a reference", () => {
  const parent = `${USER}_Classes\\Local Settings\\Software\\Microsoft\\Windows\\CurrentVersion\\AppModel\\Repository\\Packages`;
  expect(parseAppxPackages(sample("packages.reg"), parent, "ada").map((p) => [p.name, p.version, p.installed_by])).toEqual([
    ["Microsoft.VCLibs.140.00", "14.0.30704.0", "ada"],
    ["Windows Terminal", "1.19.11213.0", "ada"],
  ]);
});

test("packed GUIDs unpack to what the catalogue writes", () => {
  expect(unpackGuid("6EFF6F6BE3F2ADE3381A6B4A198C7006")).toBe(CHROME);
  expect(unpackGuid("6EFF6F6BE3F2ADE3381A6B4A198C700")).toBeNull();
  expect(unpackGuid("not a guid, but thirty-two chars")).toBeNull();
});

test("people's accounts are told from services' and from their classes", () => {
  const paths = [".DEFAULT", "S-1-5-18", "S-1-5-21-1-2-3-1001", "S-1-5-21-1-2-3-1001_Classes", "S-1-12-1-4-5-6-7"];
  expect(userSids(paths.map((path) => `HKEY_USERS\\${path}`))).toEqual(["S-1-5-21-1-2-3-1001", "S-1-12-1-4-5-6-7"]);
});
