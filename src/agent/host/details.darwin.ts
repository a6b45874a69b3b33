import { readlink, statfs } from "node:fs/promises";
import { hostname, machine, networkInterfaces, release, uptime } from "node:os";
import type { HostDetails } from "#protocol/agent/messages.ts";
import { ProgramError, runProgram, type ProgramName } from "../system/exec.ts";
import { readBytes } from "../system/files.ts";
import { bounded } from "./bounded.ts";
import { parsePlatformExpert, parseSysctl, parseSystemVersion } from "./darwin-facts.ts";
import { primaryAddress } from "./network.ts";

const SYSTEM_VERSION = "/System/Library/CoreServices/SystemVersion.plist";
const FILE_BYTES_MAX = 1024 * 1024;
const SYSCTLS = ["hw.memsize", "hw.physicalcpu", "hw.logicalcpu", "machdep.cpu.brand_string", "hw.cpusubtype"];

/** Facts about this Mac; what cannot be read is empty. */
export async function darwinHostDetails(): Promise<HostDetails> {
  const version = await readBytes(SYSTEM_VERSION, FILE_BYTES_MAX);
  const os = version === null ? { name: "macOS", version: "", build: "" } : parseSystemVersion(version);
  const system = parseSysctl(await output("sysctl", SYSCTLS));
  const number = (name: string) => Number(system.get(name) ?? 0);
  const disk = await statfs("/");
  return bounded({
    hostname: hostname(),
    computer_name: hostname().replace(/\.local$/, ""),
    ...(await darwinHardware()),
    hardware_vendor: "Apple Inc.",
    hardware_version: "",
    platform: "darwin",
    platform_like: "darwin",
    os_name: os.name,
    os_version: os.version,
    build: os.build,
    code_name: "",
    arch: machine(),
    kernel_version: release(),
    cpu_type: machine(),
    cpu_subtype: system.get("hw.cpusubtype") ?? "",
    cpu_brand: system.get("machdep.cpu.brand_string") ?? "",
    cpu_physical_cores: number("hw.physicalcpu"),
    cpu_logical_cores: number("hw.logicalcpu"),
    memory: number("hw.memsize"),
    uptime_seconds: Math.floor(uptime()),
    ...primaryAddress(networkInterfaces(), null),
    disk_total_bytes: disk.blocks * disk.bsize,
    disk_available_bytes: disk.bavail * disk.bsize,
    timezone: await timezone(),
  });
}

/** The uuid, serial number and model of this Mac. */
export async function darwinHardware(): Promise<Pick<HostDetails, "uuid" | "hardware_serial" | "hardware_model">> {
  return parsePlatformExpert(await output("ioreg", ["-rd1", "-c", "IOPlatformExpertDevice"]));
}

async function timezone(): Promise<string> {
  const target = await readlink("/etc/localtime").catch(() => "");
  return /zoneinfo\/(.+)$/.exec(target)?.[1] ?? "UTC";
}

/** A program's output; "" when it fails: a fact that is missing must not cost the others. */
async function output(program: ProgramName, args: string[]): Promise<string> {
  try {
    return await runProgram(program, args, { timeoutMs: 10_000, outputBytesMax: FILE_BYTES_MAX });
  } catch (error) {
    if (error instanceof ProgramError) return "";
    throw error;
  }
}
