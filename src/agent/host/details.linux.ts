import { statfs } from "node:fs/promises";
import { hostname, machine, networkInterfaces, release, uptime } from "node:os";
import { join } from "node:path";
import { cleanSerial } from "#domain/devices/hardware.ts";
import type { HostDetails } from "#protocol/agent/messages.ts";
import { linkTarget, readText } from "../system/files.ts";
import { bounded } from "./bounded.ts";
import { firmwareText, parseCpuInfo, parseMemoryTotal, saneUuid } from "./hardware.ts";
import { defaultInterface, primaryAddress } from "./network.ts";
import { parseOsVersion } from "./os-release.ts";
import type { OsVersion } from "./os-release.ts";

const BYTES_MAX = 4 * 1024 * 1024;

/** Facts about this Linux machine, from the kernel's and the distribution's own files; what cannot be read is empty. */
export async function linuxHostDetails(root: string): Promise<HostDetails> {
  const [os, hardware, system] = await Promise.all([readOsVersion(root), readHardware(root), readSystem(root)]);
  const details: HostDetails = {
    hostname: hostname(),
    computer_name: hostname(),
    ...hardware,
    platform: os.platform,
    platform_like: os.platform_like,
    os_name: os.name,
    os_version: os.version,
    build: os.build,
    code_name: os.codename,
    arch: machine(),
    kernel_version: release(),
    cpu_type: machine(),
    ...system,
    uptime_seconds: Math.floor(uptime()),
    ...(await readDisk(root)),
  };
  return bounded(details);
}

/** The operating system in osquery's words. */
export async function readOsVersion(root: string): Promise<OsVersion> {
  // Distributions may keep only the second file; the first is normally a link to it (os-release(5)).
  const osRelease = (await file(root, "/etc/os-release")) ?? (await file(root, "/usr/lib/os-release"));
  return parseOsVersion(osRelease, await file(root, "/etc/redhat-release"), await file(root, "/etc/gentoo-release"));
}

/** The uuid of the machine's firmware when it tells machines apart, else "". Readable by root only on most systems. */
export async function readHardwareUuid(root: string): Promise<string> {
  return saneUuid((await file(root, "/sys/class/dmi/id/product_uuid")) ?? "");
}

/** systemd's machine id (machine-id(5)), else D-Bus's; "" when there is none or it is not set yet. */
export async function readMachineId(root: string): Promise<string> {
  const text = (await file(root, "/etc/machine-id")) ?? (await file(root, "/var/lib/dbus/machine-id")) ?? "";
  return /^(?!0{32}$)[0-9a-f]{32}$/.test(text.trim()) ? text.trim() : "";
}

type Hardware = Pick<HostDetails, "uuid" | "hardware_serial" | "hardware_vendor" | "hardware_model" | "hardware_version">;

async function readHardware(root: string): Promise<Hardware> {
  async function firmware(name: string): Promise<string> {
    return firmwareText((await file(root, `/sys/class/dmi/id/${name}`)) ?? "");
  }
  // Boards without SMBIOS (most ARM ones) name themselves in the device tree.
  const tree = firmwareText((await file(root, "/sys/firmware/devicetree/base/model")) ?? "");
  const serial = firmwareText((await file(root, "/sys/firmware/devicetree/base/serial-number")) ?? "");
  return {
    uuid: await readHardwareUuid(root),
    hardware_serial: cleanSerial(await firmware("product_serial")) || cleanSerial(serial),
    hardware_vendor: await firmware("sys_vendor"),
    hardware_model: (await firmware("product_name")) || tree,
    hardware_version: await firmware("product_version"),
  };
}

type System = Pick<
  HostDetails,
  "cpu_brand" | "cpu_subtype" | "cpu_physical_cores" | "cpu_logical_cores" | "memory" | "timezone"
> &
  Pick<HostDetails, "primary_ip" | "primary_mac">;

async function readSystem(root: string): Promise<System> {
  const cpu = parseCpuInfo((await file(root, "/proc/cpuinfo")) ?? "");
  const ipv4 = (await file(root, "/proc/net/route")) ?? "";
  const ipv6 = (await file(root, "/proc/net/ipv6_route")) ?? "";
  return {
    ...cpu,
    memory: parseMemoryTotal((await file(root, "/proc/meminfo")) ?? ""),
    timezone: await readTimezone(root),
    ...primaryAddress(networkInterfaces(), defaultInterface(ipv4, ipv6)),
  };
}

/** The machine's time zone by name (not the process's, which a service manager may set); "UTC" is the default of the system. */
async function readTimezone(root: string): Promise<string> {
  const linked = /zoneinfo\/(?:posix\/|right\/)?(.+)$/.exec((await linkTarget(join(root, "/etc/localtime"))) ?? "")?.[1];
  const named = linked ?? (await file(root, "/etc/timezone"))?.trim() ?? "";
  return named === "" ? "UTC" : named;
}

async function readDisk(root: string): Promise<Pick<HostDetails, "disk_total_bytes" | "disk_available_bytes">> {
  const disk = await statfs(root === "" ? "/" : root);
  return { disk_total_bytes: disk.blocks * disk.bsize, disk_available_bytes: disk.bavail * disk.bsize };
}

/** A file of the kernel or of /etc; null when it is missing or not for this user's eyes, which is normal for firmware facts. */
async function file(root: string, path: string): Promise<string | null> {
  try {
    return await readText(join(root, path), BYTES_MAX);
  } catch {
    return null;
  }
}
