import { cleanSerial } from "#domain/devices/hardware.ts";
import type { HostDetails } from "#protocol/agent/messages.ts";
import { number, type QueryResult, type ResultRow, text } from "./results.ts";

/** Host facts as osquery tells them: those every agent reports, and the agent's own settings. Only what was answered is set. */
export type OsqueryDetails = Partial<
  HostDetails & {
    osquery_version: string;
    /** Seconds. */
    distributed_interval: number;
    config_tls_refresh: number;
    logger_tls_period: number;
  }
>;

/** Host facts of a distributed write. Pure. A query's rows count even when it came with a warning (ChromeOS's agent). */
export function detailsOfResults(results: ReadonlyMap<string, QueryResult>): OsqueryDetails {
  const row = (query: string): ResultRow | undefined => results.get(`muster_detail_query_${query}`)?.rows[0];
  const rows = (query: string): ResultRow[] => results.get(`muster_detail_query_${query}`)?.rows ?? [];
  return answered({
    ...detailsOfTables({ os_version: row("os_version"), system_info: row("system_info"), osquery_info: row("osquery_info") }),
    ...windowsVersion(row("os_version"), rows("os_version_windows")),
    ...flags(rows("osquery_flags")),
    ...kernel(row("kernel_info")),
    ...whole("uptime_seconds", row("uptime"), "total_seconds"),
    ...network(row("network_interface_unix") ?? row("network_interface_windows") ?? row("network_interface_chrome")),
    ...disk(row("disk_space_unix") ?? row("disk_space_windows")),
  });
}

/** Host facts of the tables that an agent also sends when it enrols. */
export function detailsOfTables(tables: {
  os_version?: ResultRow | undefined;
  system_info?: ResultRow | undefined;
  osquery_info?: ResultRow | undefined;
}): OsqueryDetails {
  return answered({
    ...(tables.os_version === undefined ? {} : operatingSystem(tables.os_version)),
    ...(tables.system_info === undefined ? {} : hardware(tables.system_info)),
    ...(tables.osquery_info === undefined ? {} : { osquery_version: text(tables.osquery_info, "version") }),
    ...(tables.os_version === undefined ? {} : architecture(tables.os_version, tables.system_info)),
  });
}

/** Without the texts that are empty: an agent that cannot read a fact does not erase the one that is recorded. */
function answered(details: OsqueryDetails): OsqueryDetails {
  return Object.fromEntries(Object.entries(details).filter(([, value]) => value !== ""));
}

function operatingSystem(row: ResultRow): OsqueryDetails {
  const name = text(row, "name");
  return {
    // osquery leaves the platform of old CentOS releases empty
    platform: text(row, "platform") || (/centos/i.test(name) ? "centos" : ""),
    platform_like: text(row, "platform_like"),
    os_name: name,
    os_version: systemVersion(row),
    build: text(row, "build"),
    code_name: text(row, "codename"),
  };
}

/** macOS tells a rapid security response apart from its release in a column of its own: `13.4.1` and `(c)`. */
function systemVersion(row: ResultRow): string {
  const [version, extra] = [text(row, "version"), text(row, "extra").trim()];
  const isResponse = text(row, "platform") === "darwin" && /^\([a-z]\)$/i.test(extra) && !version.endsWith(extra);
  return isResponse ? `${version} ${extra}` : version;
}

/** The system's architecture; the processor's where an old agent does not tell. */
function architecture(os: ResultRow, system: ResultRow | undefined): OsqueryDetails {
  return { arch: text(os, "arch") || (system === undefined ? "" : text(system, "cpu_type")) };
}

function hardware(row: ResultRow): OsqueryDetails {
  return {
    hostname: text(row, "hostname"),
    computer_name: text(row, "computer_name"),
    uuid: text(row, "uuid"),
    hardware_serial: cleanSerial(text(row, "hardware_serial")),
    hardware_vendor: text(row, "hardware_vendor").trim(),
    hardware_model: text(row, "hardware_model").trim(),
    hardware_version: text(row, "hardware_version").trim(),
    cpu_type: text(row, "cpu_type"),
    cpu_subtype: text(row, "cpu_subtype"),
    cpu_brand: text(row, "cpu_brand").trim(),
    ...whole("cpu_physical_cores", row, "cpu_physical_cores"),
    ...whole("cpu_logical_cores", row, "cpu_logical_cores"),
    ...whole("memory", row, "physical_memory"),
  };
}

/** `Windows 11 Pro 24H2`, `10.0.26100.4061`: the feature release and the monthly update are in the registry only, and a server's kind. */
function windowsVersion(os: ResultRow | undefined, registry: ResultRow[]): OsqueryDetails {
  if (os === undefined || registry.length === 0) return {};
  const value = (name: string): string => text(registry.find((row) => text(row, "name") === name) ?? {}, "data");
  const [display, revision] = [value("DisplayVersion") || value("ReleaseId"), value("UBR")];
  const [name, version] = [text(os, "name"), text(os, "version")];
  const isWhole = version.split(".").length === 3 && /^\d+$/.test(revision);
  return {
    os_name: windowsName(name, display, value("InstallationType")),
    os_version: isWhole ? `${version}.${revision}` : version,
  };
}

/** A server without a desktop gets updates of its own in Microsoft's lists: `Microsoft Windows Server 2022 Standard 21H2 (Server Core)`. */
function windowsName(name: string, display: string, installation: string): string {
  const release = display === "" || name.endsWith(` ${display}`) ? name : `${name} ${display}`;
  return installation === "Server Core" && !/\bcore\b/i.test(name) ? `${release} (Server Core)` : release;
}

function flags(rows: ResultRow[]): OsqueryDetails {
  const flag = (name: string): ResultRow | undefined => rows.find((row) => text(row, "name") === name);
  return {
    ...whole("distributed_interval", flag("distributed_interval"), "value"),
    ...whole("config_tls_refresh", flag("config_refresh") ?? flag("config_tls_refresh"), "value"),
    ...whole("logger_tls_period", flag("logger_tls_period"), "value"),
  };
}

function kernel(row: ResultRow | undefined): OsqueryDetails {
  return row === undefined ? {} : { kernel_version: text(row, "version") };
}

function network(row: ResultRow | undefined): OsqueryDetails {
  // link-local addresses carry their interface after a percent sign
  return row === undefined ? {} : { primary_ip: text(row, "address").replace(/%.*$/, ""), primary_mac: text(row, "mac") };
}

function disk(row: ResultRow | undefined): OsqueryDetails {
  return { ...whole("disk_total_bytes", row, "total"), ...whole("disk_available_bytes", row, "available") };
}

/** A whole number from a column under a field's name; nothing where the column has none. */
function whole(field: keyof OsqueryDetails, row: ResultRow | undefined, column: string): OsqueryDetails {
  const value = row === undefined ? null : number(row, column);
  return value !== null && Number.isSafeInteger(value) && value >= 0 ? { [field]: value } : {};
}
