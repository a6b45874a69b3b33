import { cleanText } from "#domain/core/text.ts";
import { cleanSerial } from "#domain/devices/hardware.ts";
import type { HostDetails } from "#protocol/agent/messages.ts";

/** Everything an agent may tell about its host: what Muster's agent sends, and what only osquery or its adapter knows. */
export interface HostFacts extends HostDetails {
  osquery_version: string;
  orbit_version: string;
  muster_version: string;
  public_ip: string;
  /** Seconds. */
  distributed_interval: number;
  config_tls_refresh: number;
  logger_tls_period: number;
}

/** Longest value of each text fact. Facts that are in neither list do not exist: names come from outside and become columns. */
const TEXTS: Readonly<Record<string, number>> = {
  hostname: 255,
  computer_name: 255,
  uuid: 255,
  hardware_serial: 255,
  hardware_vendor: 255,
  hardware_model: 255,
  hardware_version: 255,
  platform: 64,
  platform_like: 64,
  os_name: 255,
  os_version: 255,
  build: 255,
  code_name: 255,
  arch: 64,
  kernel_version: 255,
  cpu_type: 255,
  cpu_subtype: 255,
  cpu_brand: 255,
  primary_ip: 64,
  primary_mac: 64,
  timezone: 64,
  osquery_version: 64,
  orbit_version: 64,
  muster_version: 64,
  public_ip: 64,
} satisfies Partial<Record<keyof HostFacts, number>>;

const INTEGER_MAX = 2_147_483_647;
const CENTURY_SECONDS = 3_155_760_000;

/** Greatest value of each number fact: what its column (or, for uptime, a date) can hold. */
const NUMBERS: Readonly<Record<string, number>> = {
  cpu_physical_cores: INTEGER_MAX,
  cpu_logical_cores: INTEGER_MAX,
  distributed_interval: INTEGER_MAX,
  config_tls_refresh: INTEGER_MAX,
  logger_tls_period: INTEGER_MAX,
  uptime_seconds: CENTURY_SECONDS,
  memory: Number.MAX_SAFE_INTEGER,
  disk_total_bytes: Number.MAX_SAFE_INTEGER,
  disk_available_bytes: Number.MAX_SAFE_INTEGER,
} satisfies Partial<Record<keyof HostFacts, number>>;

/**
 * Makes reported facts fit to store: texts cleaned and bounded, filler serials emptied, numbers whole, not negative and within their
 * column. Absent facts stay absent; values of a wrong type and unknown names are left out.
 */
export function cleanFacts(facts: Partial<HostFacts>): Partial<HostFacts> {
  const clean: Record<string, string | number> = {};
  for (const [name, value] of Object.entries(facts) as [string, unknown][]) {
    const lengthMax = TEXTS[name];
    const numberMax = NUMBERS[name];
    if (lengthMax !== undefined && typeof value === "string") clean[name] = cleanText(value, lengthMax);
    if (numberMax !== undefined && typeof value === "number" && Number.isFinite(value)) {
      clean[name] = Math.min(numberMax, Math.max(0, Math.trunc(value)));
    }
  }
  if (typeof clean["hardware_serial"] === "string") clean["hardware_serial"] = cleanSerial(clean["hardware_serial"]);
  return clean;
}

/** Values of the columns of table `hosts` that facts set; `operating_system_id` and times are the store's. */
export type HostColumns = Record<string, string | number | null>;

/** Facts whose column has another name or unit, or no column at all. */
const DERIVED = new Set<keyof HostFacts>(["os_name", "os_version", "arch", "kernel_version", "uptime_seconds"]);
const DISK = new Set<keyof HostFacts>(["disk_total_bytes", "disk_available_bytes"]);
/** Nullable texts: an agent that is not there has no version. */
const NULLABLE = new Set<keyof HostFacts>(["orbit_version", "muster_version", "timezone"]);

/** The columns that hold lasting facts, as cleaned facts say; those that change all the time are in {@link volatileColumns}. */
export function lastingColumns(facts: Partial<HostFacts>): HostColumns {
  const columns: HostColumns = {};
  for (const [name, value] of Object.entries(facts) as [keyof HostFacts, string | number][]) {
    if (DERIVED.has(name) || DISK.has(name)) continue;
    columns[name] = NULLABLE.has(name) && value === "" ? null : value;
  }
  if (facts.os_name !== undefined && facts.os_version !== undefined) {
    columns["os_version"] = `${facts.os_name} ${facts.os_version}`.trim().slice(0, 255);
  }
  return columns;
}

const GIGABYTE = 1e9;

/** Free disk space in Fleet's units: gigabytes (10^9 bytes) with one decimal, whole per cent. Empty when the facts lack it. */
export function volatileColumns(facts: Partial<HostFacts>): HostColumns {
  const { disk_total_bytes: total, disk_available_bytes: available } = facts;
  if (total === undefined || available === undefined || total === 0) return {};
  return {
    gigs_total_disk_space: Math.round((total / GIGABYTE) * 10) / 10,
    gigs_disk_space_available: Math.round((available / GIGABYTE) * 10) / 10,
    percent_disk_space_available: Math.min(100, Math.round((available / total) * 100)),
  };
}
