import { cleanSerial } from "#domain/devices/hardware.ts";
import type { RegistryKey } from "../formats/registry-file.ts";
import { firmwareText, saneUuid } from "./hardware.ts";

/** What the registry and Windows' own programs say of it. Pure: texts in, facts out. */

const FIRST_BUILD_OF_WINDOWS_11 = 22_000;

/**
 * The key `HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion`, in osquery's words: the product's name with its display version, and the
 * build with its update revision. Windows 11 still calls itself 10 there; a server without a desktop says so.
 */
export function parseCurrentVersion(keys: RegistryKey[]): { name: string; version: string; build: string } {
  const values = keys[0]?.values ?? new Map<string, string | number>();
  const text = (name: string) => String(values.get(name) ?? "");
  const build = text("CurrentBuildNumber");
  const name = `Microsoft ${text("ProductName")}`.trim();
  const eleven = Number(build) >= FIRST_BUILD_OF_WINDOWS_11 && !/server/i.test(name);
  const display = text("DisplayVersion") || text("ReleaseId");
  const major = values.get("CurrentMajorVersionNumber");
  const kernel = major === undefined ? text("CurrentVersion") : `${major}.${text("CurrentMinorVersionNumber")}`;
  const revision = values.get("UBR");
  const core = text("InstallationType") === "Server Core" ? " (Server Core)" : "";
  return {
    name: `${eleven ? name.replace("Windows 10", "Windows 11") : name}${display === "" ? "" : ` ${display}`}${core}`,
    version: [kernel, build, ...(revision === undefined ? [] : [String(revision)])].filter((part) => part !== "").join("."),
    build,
  };
}

export interface WindowsHardware {
  uuid: string;
  hardware_serial: string;
  hardware_vendor: string;
  hardware_model: string;
  cpu_brand: string;
  cpu_physical_cores: number;
  memory: number;
}

/** What {@link HARDWARE_SCRIPT} prints: one JSON object. Facts that are missing or of another kind are empty. */
export function parseWindowsHardware(json: string): WindowsHardware {
  const value = record(json);
  const text = (name: string) => (typeof value[name] === "string" ? firmwareText(value[name]) : "");
  const number = (name: string) => (typeof value[name] === "number" ? value[name] : 0);
  return {
    uuid: saneUuid(text("uuid")),
    hardware_serial: cleanSerial(text("serial")),
    hardware_vendor: text("vendor"),
    hardware_model: text("model"),
    cpu_brand: text("cpu"),
    cpu_physical_cores: number("cores"),
    memory: number("memory"),
  };
}

function record(json: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(json.replace(/^\uFEFF/, ""));
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** Asks Windows Management Instrumentation in PowerShell 5, which every supported Windows has. */
export const HARDWARE_SCRIPT = `
[Console]::OutputEncoding = [Text.Encoding]::UTF8
$s = Get-CimInstance Win32_ComputerSystem
$p = Get-CimInstance Win32_ComputerSystemProduct
$b = Get-CimInstance Win32_BIOS
$c = @(Get-CimInstance Win32_Processor)
ConvertTo-Json -Compress @{ uuid = $p.UUID; serial = $b.SerialNumber; vendor = $s.Manufacturer; model = $s.Model;
  cpu = $c[0].Name; cores = [int](($c | Measure-Object NumberOfCores -Sum).Sum); memory = [long]$s.TotalPhysicalMemory }`;
