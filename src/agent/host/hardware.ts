import { isTrivialHardwareId } from "#domain/devices/hardware.ts";

/** The hardware uuid when it is one that tells machines apart, else "". Its letter case stays as the machine states it. */
export function saneUuid(text: string): string {
  const uuid = text.trim();
  if (!/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(uuid)) return "";
  return isTrivialHardwareId(uuid) ? "" : uuid;
}

/** A text of the firmware without the padding that firmware and device tree put around it. */
export function firmwareText(text: string): string {
  return text.replaceAll("\u0000", "").trim();
}

/** The facts of /proc/cpuinfo that osquery's `system_info` has. */
export interface CpuInfo {
  cpu_brand: string;
  cpu_subtype: string;
  cpu_physical_cores: number;
  cpu_logical_cores: number;
}

/**
 * Reads /proc/cpuinfo. Physical cores are the distinct (physical id, core id) pairs, or the logical ones where the kernel names
 * none (virtual machines, ARM). `cpu_subtype` is the model number of the first processor, "0" without one, as osquery has it.
 */
export function parseCpuInfo(text: string): CpuInfo {
  const cores = new Set<string>();
  let logical = 0;
  let brand = "";
  let subtype = "0";
  for (const block of text.split(/\n\s*\n/)) {
    const fields = new Map(block.split("\n").map((line) => cpuField(line)));
    if (!fields.has("processor")) {
      brand ||= fields.get("Model") ?? "";
      continue;
    }
    if (logical === 0) subtype = fields.get("model") ?? "0";
    logical++;
    brand ||= fields.get("model name") ?? "";
    const core = fields.get("core id");
    if (core !== undefined) cores.add(`${fields.get("physical id") ?? "0"}/${core}`);
  }
  const physical = cores.size === 0 ? logical : cores.size;
  return { cpu_brand: brand, cpu_subtype: subtype, cpu_physical_cores: physical, cpu_logical_cores: logical };
}

function cpuField(line: string): [string, string] {
  const colon = line.indexOf(":");
  return colon === -1 ? [line.trim(), ""] : [line.slice(0, colon).trim(), line.slice(colon + 1).trim()];
}

/** Bytes of memory by /proc/meminfo's `MemTotal`, 0 when it is not there. */
export function parseMemoryTotal(text: string): number {
  return Number(/^MemTotal:\s+(\d+) kB$/m.exec(text)?.[1] ?? 0) * 1024;
}
