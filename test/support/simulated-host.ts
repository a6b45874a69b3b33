import { createHash } from "node:crypto";
import type { HostDetails } from "#protocol/agent/messages.ts";

/** Plausible facts of a machine of this name that does not exist; the same every time. */
export function simulatedHost(hostname: string, platform: string): HostDetails {
  const hash = createHash("sha256").update(hostname).digest("hex");
  return {
    hostname,
    computer_name: hostname,
    uuid: hash
      .slice(0, 32)
      .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5")
      .toUpperCase(),
    hardware_serial: `SN${hash.slice(40, 50).toUpperCase()}`,
    hardware_vendor: "Simulated",
    hardware_model: "Simulated",
    hardware_version: "",
    platform,
    platform_like: platform === "ubuntu" ? "debian" : "",
    os_name: platform === "ubuntu" ? "Ubuntu" : platform,
    os_version: "24.04.1 LTS",
    build: "",
    code_name: "",
    arch: "x86_64",
    kernel_version: "6.8.0",
    cpu_type: "x86_64",
    cpu_subtype: "",
    cpu_brand: "Simulated",
    cpu_physical_cores: 4,
    cpu_logical_cores: 8,
    memory: 17_179_869_184,
    uptime_seconds: 90_000,
    primary_ip: "192.0.2.17",
    primary_mac: `02:00:00:${hash.slice(0, 2)}:${hash.slice(2, 4)}:${hash.slice(4, 6)}`,
    disk_total_bytes: 500_000_000_000,
    disk_available_bytes: 250_000_000_000,
    timezone: "UTC",
  };
}
