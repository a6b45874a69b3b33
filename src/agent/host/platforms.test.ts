import { describe, expect, test } from "vitest";
import { parseRegistryFile } from "../formats/registry-file.ts";
import { parsePlatformExpert, parseSysctl, parseSystemVersion } from "./darwin-facts.ts";
import { parseCurrentVersion, parseWindowsHardware } from "./windows-facts.ts";

describe("macOS", () => {
  test("the system's version file, in osquery's words", () => {
    const plist = `<plist><dict><key>ProductName</key><string>macOS</string><key>ProductVersion</key><string>15.6.1</string>
      <key>ProductBuildVersion</key><string>24G90</string></dict></plist>`;
    expect(parseSystemVersion(Buffer.from(plist))).toEqual({ name: "macOS", version: "15.6.1", build: "24G90" });
    const response = plist.replace("</dict>", "<key>ProductVersionExtra</key><string>(a)</string></dict>");
    expect(parseSystemVersion(Buffer.from(response)).version).toBe("15.6.1 (a)");
  });

  test("sysctl's lines and the platform expert's properties", () => {
    expect(parseSysctl("hw.memsize: 17179869184\nmachdep.cpu.brand_string: Apple M2\n").get("hw.memsize")).toBe("17179869184");
    const text = `  "IOPlatformUUID" = "0C1B2A39-4857-5664-8392-A1B2C3D4E5F6"\n  "IOPlatformSerialNumber" = "C02XK0AAJG5J"\n  "model" = <"Mac14,2">\n`;
    expect(parsePlatformExpert(text)).toEqual({
      uuid: "0C1B2A39-4857-5664-8392-A1B2C3D4E5F6",
      hardware_serial: "C02XK0AAJG5J",
      hardware_model: "Mac14,2",
    });
    expect(parsePlatformExpert("")).toEqual({ uuid: "", hardware_serial: "", hardware_model: "" });
  });
});

describe("Windows", () => {
  function currentVersion(...values: string[]) {
    const head = [
      "Windows Registry Editor Version 5.00",
      "",
      "[HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion]",
    ];
    return parseCurrentVersion(parseRegistryFile([...head, ...values].join("\r\n")));
  }

  test("Windows 11 calls itself 10 in the registry; its build tells", () => {
    const values = [
      '"ProductName"="Windows 10 Pro"',
      '"CurrentBuildNumber"="26100"',
      '"DisplayVersion"="24H2"',
      '"UBR"=dword:000010a5',
    ];
    expect(
      currentVersion(...values, '"CurrentMajorVersionNumber"=dword:0000000a', '"CurrentMinorVersionNumber"=dword:00000000'),
    ).toEqual({
      name: "Microsoft Windows 11 Pro 24H2",
      version: "10.0.26100.4261",
      build: "26100",
    });
  });

  test("a server of the same build keeps its name, and an old Windows its version", () => {
    expect(currentVersion('"ProductName"="Windows Server 2025 Datacenter"', '"CurrentBuildNumber"="26100"').name).toBe(
      "Microsoft Windows Server 2025 Datacenter",
    );
    const core = ['"ProductName"="Windows Server 2022 Standard"', '"DisplayVersion"="21H2"', '"InstallationType"="Server Core"'];
    expect(currentVersion(...core).name).toBe("Microsoft Windows Server 2022 Standard 21H2 (Server Core)");
    const seven = currentVersion('"ProductName"="Windows 7"', '"CurrentVersion"="6.1"', '"CurrentBuildNumber"="7601"');
    expect(seven).toEqual({ name: "Microsoft Windows 7", version: "6.1.7601", build: "7601" });
  });

  test("hardware facts of the script; filler and anything that is no answer are empty", () => {
    const facts = parseWindowsHardware(
      '{"uuid":"4C4C4544-0051-3010-8047-B4C04F4A4D32","serial":"To be filled by O.E.M.","vendor":"Dell Inc.","model":"Latitude 7440","cpu":"13th Gen","cores":10,"memory":17179869184}',
    );
    expect(facts).toMatchObject({ hardware_serial: "", hardware_vendor: "Dell Inc.", cpu_physical_cores: 10 });
    expect(facts.uuid).not.toBe("");
    expect(parseWindowsHardware("Access is denied.")).toMatchObject({ uuid: "", memory: 0 });
  });
});
