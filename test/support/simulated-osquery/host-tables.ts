import type { Image, TableRow } from "./images.ts";
import type { Family, Table } from "./schema.ts";

/**
 * Stand-ins for what differs between devices of one image. Results are computed once an image and shared by all its devices; each
 * device puts its own values in.
 */
export const MARKERS = { hostname: "@@hostname@@", uuid: "@@uuid@@", serial: "@@serial@@", instance: "@@instance@@" } as const;

/** The person whose browsers and editors the image's rows belong to; osquery lists such rows by user. */
const PERSON_UID = "501";
const USER_TABLES = new Set([
  "chrome_extensions",
  "firefox_addons",
  "safari_extensions",
  "vscode_extensions",
  "jetbrains_plugins",
  "python_packages",
]);

/** All rows of a device: the image's own, and those tables that every host fills. */
export function hostRows(image: Image, family: Family, version: string, tables: Map<string, Table>): Record<string, TableRow[]> {
  const rows: Record<string, TableRow[]> = { ...machineRows(image, family, version), ...image.tables };
  for (const table of USER_TABLES) {
    const own = rows[table];
    if (own !== undefined) rows[table] = own.map((row) => ({ ...row, uid: row["uid"] || PERSON_UID }));
  }
  // hash_resources is an input: the row repeats what the statement asks for, which is 0
  rows["signature"] &&= rows["signature"].map((row) => ({ ...row, hash_resources: "0" }));
  rows["osquery_registry"] = [...tables.keys()].map((name) => ({
    registry: "table",
    name,
    owner_uuid: "0",
    internal: "0",
    active: "1",
  }));
  return rows;
}

function machineRows(image: Image, family: Family, version: string): Record<string, TableRow[]> {
  const system = image.host.system_info[0] ?? {};
  const interfaceName = family === "windows" ? "12" : family === "darwin" ? "en0" : "eth0";
  return {
    os_version: image.host.os_version.slice(0, 1),
    system_info: [
      {
        physical_memory: "17179869184",
        cpu_logical_cores: "8",
        cpu_physical_cores: "4",
        ...Object.fromEntries(Object.entries(system).filter(([, value]) => value !== "")),
        hostname: MARKERS.hostname,
        computer_name: MARKERS.hostname,
        uuid: MARKERS.uuid,
        hardware_serial: MARKERS.serial,
      },
    ],
    osquery_info: [
      { pid: "777", version, uuid: MARKERS.uuid, instance_id: MARKERS.instance, build_platform: family, config_valid: "1" },
    ],
    kernel_info: image.host.kernel_info ?? [{ version: "0.0.0-simulated" }],
    platform_info: [{ vendor: "Simulated", version: "1" }],
    uptime: [{ days: "1", hours: "1", minutes: "0", seconds: "0", total_seconds: "90000" }],
    osquery_flags: [
      { name: "distributed_interval", value: "10" },
      { name: "config_refresh", value: "60" },
      { name: "logger_tls_period", value: "10" },
    ],
    users: [
      { uid: "0", gid: "0", username: "root", shell: "/bin/sh", directory: "/root" },
      { uid: "1", gid: "1", username: "daemon", shell: "/usr/sbin/nologin", directory: "/usr/sbin" },
      {
        uid: PERSON_UID,
        gid: "20",
        username: "user1",
        shell: family === "windows" ? String.raw`C:\Windows\system32\cmd.exe` : "/bin/zsh",
      },
    ],
    ...networkRows(family, interfaceName),
    mounts: [{ path: "/", type: "ext4", blocks_size: "4096", blocks: "122070312", blocks_available: "61035156" }],
    logical_drives: [
      { device_id: "C:", file_system: "NTFS", size: "500000000000", free_space: "250000000000", boot_partition: "1" },
      { device_id: "D:", file_system: "", size: "-1", free_space: "-1", boot_partition: "0" },
    ],
    registry: family === "windows" ? windowsVersionRows() : [],
  };
}

function networkRows(family: Family, interfaceName: string): Record<string, TableRow[]> {
  const address = "192.0.2.17";
  const isWindows = family === "windows";
  return {
    network_interfaces: [{ ipv4: address, address, mac: "02:00:00:00:00:17" }],
    routes: [
      {
        destination: "0.0.0.0",
        netmask: "0",
        gateway: "192.0.2.1",
        type: isWindows ? "remote" : "gateway",
        metric: "5",
        interface: isWindows ? address : interfaceName,
      },
      { destination: "127.0.0.1", netmask: "8", type: "local", metric: "1", interface: "lo" },
    ],
    interface_addresses: [
      { interface: "lo", address: "127.0.0.1" },
      { interface: interfaceName, address: "fe80::1%eth0" },
      { interface: interfaceName, address },
    ],
    interface_details: [
      { interface: "lo", mac: "00:00:00:00:00:00" },
      { interface: interfaceName, mac: "02:00:00:00:00:17" },
    ],
  };
}

function windowsVersionRows(): TableRow[] {
  const key = String.raw`HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows NT\CurrentVersion`;
  return [
    { key, name: "DisplayVersion", data: "23H2", path: `${key}\\DisplayVersion`, type: "REG_SZ" },
    { key, name: "UBR", data: "3007", path: `${key}\\UBR`, type: "REG_DWORD" },
  ];
}
