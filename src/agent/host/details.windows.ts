import { statfs } from "node:fs/promises";
import { cpus, hostname, machine, networkInterfaces, release, uptime } from "node:os";
import type { HostDetails } from "#protocol/agent/messages.ts";
import { ProgramError } from "../system/exec.ts";
import { runPowerShell } from "../system/powershell.windows.ts";
import { createRegistry } from "../system/registry.windows.ts";
import { bounded } from "./bounded.ts";
import { primaryAddress } from "./network.ts";
import { HARDWARE_SCRIPT, parseCurrentVersion, parseWindowsHardware, type WindowsHardware } from "./windows-facts.ts";

const CURRENT_VERSION = String.raw`HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows NT\CurrentVersion`;

/** Facts about this Windows machine; what cannot be read is empty. */
export async function windowsHostDetails(): Promise<HostDetails> {
  const os = parseCurrentVersion(await createRegistry().exportKey(CURRENT_VERSION, "64", new AbortController().signal));
  const disk = await statfs("C:\\");
  return bounded({
    hostname: hostname(),
    computer_name: hostname(),
    ...(await windowsHardware()),
    hardware_version: "",
    platform: "windows",
    platform_like: "windows",
    os_name: os.name,
    os_version: os.version,
    build: os.build,
    code_name: os.name,
    arch: machine(),
    kernel_version: release(),
    cpu_type: machine(),
    cpu_subtype: "",
    cpu_logical_cores: cpus().length,
    uptime_seconds: Math.floor(uptime()),
    ...primaryAddress(networkInterfaces(), null),
    disk_total_bytes: disk.blocks * disk.bsize,
    disk_available_bytes: disk.bavail * disk.bsize,
    timezone: new Intl.DateTimeFormat().resolvedOptions().timeZone,
  });
}

/** The hardware's own facts; empty when PowerShell may not be used here. */
export async function windowsHardware(): Promise<WindowsHardware> {
  try {
    return parseWindowsHardware(await runPowerShell(HARDWARE_SCRIPT));
  } catch (error) {
    if (error instanceof ProgramError) return parseWindowsHardware("{}");
    throw error;
  }
}
