import { describe, expect, test } from "vitest";
import { hostDetailsKey } from "./details-key.ts";
import { linuxHostDetails } from "./details.linux.ts";
import { firmwareText, parseCpuInfo, parseMemoryTotal, saneUuid } from "./hardware.ts";
import { defaultInterface, primaryAddress } from "./network.ts";
import { parseOsVersion } from "./os-release.ts";

describe("parseOsVersion", () => {
  test("Debian", () => {
    const text =
      'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\nVERSION_ID="12"\nVERSION="12 (bookworm)"\nVERSION_CODENAME=bookworm\nID=debian\n';
    expect(parseOsVersion(text, null, null)).toEqual({
      name: "Debian GNU/Linux",
      version: "12 (bookworm)",
      build: "",
      platform: "debian",
      platform_like: "",
      codename: "bookworm",
    });
  });

  test("Ubuntu: its own code name field is the last to count", () => {
    const text =
      "NAME='Ubuntu'\nVERSION=\"24.04.1 LTS (Noble Numbat)\"\nVERSION_CODENAME=noble\nID=ubuntu\nID_LIKE=debian\nUBUNTU_CODENAME=noble\n";
    expect(parseOsVersion(text, null, null)).toMatchObject({
      name: "Ubuntu",
      version: "24.04.1 LTS (Noble Numbat)",
      platform: "ubuntu",
      platform_like: "debian",
      codename: "noble",
    });
  });

  test("Red Hat's family is platform rhel, named by the line of its release file, as osquery has it", () => {
    const text = 'NAME="Rocky Linux"\nVERSION="9.4 (Blue Onyx)"\nID="rocky"\nID_LIKE="rhel centos fedora"\n';
    expect(parseOsVersion(text, "Rocky Linux release 9.4 (Blue Onyx)\n", null)).toMatchObject({
      name: "Rocky Linux",
      version: "Rocky Linux release 9.4 (Blue Onyx)",
      platform: "rhel",
      platform_like: "rhel",
    });
    // Fedora's line has no minor version, so its name stays.
    expect(parseOsVersion('NAME="Fedora Linux"\nID=fedora\n', "Fedora release 42 (Adams)\n", null)).toMatchObject({
      name: "Fedora Linux",
      platform: "rhel",
    });
  });

  test("Arch has a build and no version; no file at all is unknown", () => {
    expect(parseOsVersion("NAME=Arch Linux\nID=arch\nBUILD_ID=rolling\n", null, null)).toMatchObject({
      name: "Arch Linux",
      version: "",
      build: "rolling",
    });
    expect(parseOsVersion(null, null, null)).toMatchObject({ name: "Unknown", platform: "posix" });
    expect(parseOsVersion("NAME=Gentoo\nID=gentoo\n", null, "Gentoo Base System release 2.15\n").platform).toBe("gentoo");
  });
});

describe("hardware", () => {
  test("a uuid counts only when it tells machines apart", () => {
    expect(saneUuid("4C4C4544-0051-3010-8054-B7C04F4E3532\n")).toBe("4C4C4544-0051-3010-8054-B7C04F4E3532");
    const filler = [
      "",
      "none",
      "00000000-0000-0000-0000-000000000000",
      "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF",
      "03000200-0400-0500-0006-000700080009",
    ];
    expect(filler.map(saneUuid)).toEqual(filler.map(() => ""));
  });

  test("firmware texts lose their padding", () => {
    expect(firmwareText(" Raspberry Pi 4 Model B Rev 1.4\u0000\n")).toBe("Raspberry Pi 4 Model B Rev 1.4");
  });

  test("two cores with two threads each", () => {
    const block = (processor: number, core: number) =>
      `processor\t: ${processor}\nmodel\t\t: 142\nmodel name\t: Intel(R) Core(TM) i5\nphysical id\t: 0\ncore id\t\t: ${core}\n`;
    expect(parseCpuInfo([block(0, 0), block(1, 1), block(2, 0), block(3, 1)].join("\n"))).toEqual({
      cpu_brand: "Intel(R) Core(TM) i5",
      cpu_subtype: "142",
      cpu_physical_cores: 2,
      cpu_logical_cores: 4,
    });
  });

  test("ARM names no cores and its board at the end", () => {
    const text =
      "processor\t: 0\nBogoMIPS\t: 108.00\n\nprocessor\t: 1\nBogoMIPS\t: 108.00\n\nHardware\t: BCM2835\nModel\t\t: Raspberry Pi 4\n";
    expect(parseCpuInfo(text)).toEqual({
      cpu_brand: "Raspberry Pi 4",
      cpu_subtype: "0",
      cpu_physical_cores: 2,
      cpu_logical_cores: 2,
    });
  });

  test("memory in bytes", () => {
    expect([parseMemoryTotal("MemTotal:       24684096 kB\nMemFree: 1 kB\n"), parseMemoryTotal("")]).toEqual([25_276_514_304, 0]);
  });
});

const ROUTES = `Iface	Destination	Gateway 	Flags	RefCnt	Use	Metric	Mask		MTU	Window	IRTT
wlan0	00000000	0101A8C0	0003	0	0	600	00000000	0	0	0
eth0	00000000	0100000A	0003	0	0	100	00000000	0	0	0
down0	00000000	0100000A	0002	0	0	1	00000000	0	0	0
eth0	0000000A	00000000	0001	0	0	100	00FFFFFF	0	0	0
`;
const ROUTES6 = `00000000000000000000000000000000 00 00000000000000000000000000000000 00 fe800000000000000000000000000001 00000400 00000001 00000000 00000003     eth6
00000000000000000000000000000000 00 00000000000000000000000000000000 00 00000000000000000000000000000000 ffffffff 00000001 00000000 00200200       lo
`;

describe("network", () => {
  test("the default route with the lowest metric decides, IPv6 only without IPv4", () => {
    expect([defaultInterface(ROUTES, ROUTES6), defaultInterface("", ROUTES6), defaultInterface("", "")]).toEqual([
      "eth0",
      "eth6",
      null,
    ]);
  });

  test("its IPv4 address, else its IPv6 one that is not link-local", () => {
    const v6 = { family: "IPv6" as const, netmask: "", internal: false, cidr: null, scopeid: 0 };
    const v4 = { family: "IPv4" as const, netmask: "", internal: false, cidr: null };
    const mac = "52:54:00:12:34:56";
    const link = { ...v6, address: "fe80::1", mac };
    const lo = { ...v4, internal: true, address: "127.0.0.1", mac: "00:00:00:00:00:00" };
    expect(
      primaryAddress({ eth0: [link, { ...v6, address: "2001:db8::5", mac }, { ...v4, address: "10.0.0.5", mac }] }, "eth0"),
    ).toEqual({
      primary_ip: "10.0.0.5",
      primary_mac: mac,
    });
    expect(primaryAddress({ lo: [lo], tun0: [{ ...v6, address: "2001:db8::5", mac: lo.mac }] }, null)).toEqual({
      primary_ip: "2001:db8::5",
      primary_mac: "",
    });
    expect(primaryAddress({ lo: [lo], eth0: [link] }, "eth0")).toEqual({ primary_ip: "", primary_mac: "" });
  });
});

const LINUX = process.platform === "linux";
describe.skipIf(!LINUX)(`details of this machine${LINUX ? "" : " (skipped: this is not Linux)"}`, () => {
  test("are complete where every Linux machine has them", async () => {
    const details = await linuxHostDetails("");
    expect(details.hostname).not.toBe("");
    expect(details.cpu_logical_cores).toBeGreaterThan(0);
    expect(details.memory).toBeGreaterThan(0);
    expect(details.disk_total_bytes).toBeGreaterThan(details.disk_available_bytes);
  });

  test("uptime and a little disk space do not make them news; a new kernel does", async () => {
    const details = { ...(await linuxHostDetails("")), disk_total_bytes: 1000, disk_available_bytes: 501 };
    expect(hostDetailsKey({ ...details, uptime_seconds: 1, disk_available_bytes: 504 })).toBe(hostDetailsKey(details));
    expect(hostDetailsKey({ ...details, kernel_version: "other" })).not.toBe(hostDetailsKey(details));
  });
});
