import { ALL_PLATFORMS, DESKTOPS, type OsqueryQuery, REFETCH_MARKER } from "./query.ts";

/**
 * Facts about the host. Tables with one row are read whole: their columns differ between versions, and `*` never names a missing
 * one.
 */
export const DETAIL_QUERIES: readonly OsqueryQuery[] = [
  { name: REFETCH_MARKER, platforms: ALL_PLATFORMS, sql: "SELECT 1 AS refetch" },
  { name: "muster_detail_query_os_version", platforms: ALL_PLATFORMS, sql: "SELECT * FROM os_version LIMIT 1" },
  { name: "muster_detail_query_system_info", platforms: ALL_PLATFORMS, sql: "SELECT * FROM system_info LIMIT 1" },
  { name: "muster_detail_query_osquery_info", platforms: ALL_PLATFORMS, sql: "SELECT * FROM osquery_info LIMIT 1" },
  {
    // the display version (24H2), the update build revision and whether a server has a desktop are in the registry only
    name: "muster_detail_query_os_version_windows",
    platforms: ["windows"],
    sql: String.raw`SELECT name, data FROM registry
WHERE key = 'HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows NT\CurrentVersion'
AND name IN ('DisplayVersion', 'ReleaseId', 'UBR', 'InstallationType')`,
  },
  {
    name: "muster_detail_query_osquery_flags",
    platforms: DESKTOPS,
    sql: `SELECT name, value FROM osquery_flags
WHERE name IN ('distributed_interval', 'config_refresh', 'config_tls_refresh', 'logger_tls_period')`,
  },
  { name: "muster_detail_query_kernel_info", platforms: DESKTOPS, sql: "SELECT version FROM kernel_info LIMIT 1" },
  { name: "muster_detail_query_uptime", platforms: DESKTOPS, sql: "SELECT total_seconds FROM uptime LIMIT 1" },
  {
    // the address on the interface of the default route; IPv4 first, since that is what people search for
    name: "muster_detail_query_network_interface_unix",
    platforms: ["darwin", "linux"],
    sql: `SELECT a.address, d.mac FROM routes r
JOIN interface_addresses a ON a.interface = r.interface
JOIN interface_details d ON d.interface = r.interface
WHERE r.netmask = 0 AND r.destination IN ('0.0.0.0', '::') AND r.type = 'gateway'
AND a.address NOT LIKE 'fe80:%' AND a.address NOT LIKE '127.%' AND a.address <> '::1'
ORDER BY a.address LIKE '%:%', r.metric LIMIT 1`,
  },
  {
    // on Windows routes name their interface by its address
    name: "muster_detail_query_network_interface_windows",
    platforms: ["windows"],
    sql: `SELECT a.address, d.mac FROM routes r
JOIN interface_addresses a ON a.address = r.interface
JOIN interface_details d ON d.interface = a.interface
WHERE r.netmask = 0 AND r.destination = '0.0.0.0' AND r.type = 'remote'
ORDER BY r.metric LIMIT 1`,
  },
  {
    name: "muster_detail_query_network_interface_chrome",
    platforms: ["chrome"],
    sql: "SELECT ipv4 AS address, mac FROM network_interfaces LIMIT 1",
  },
  {
    name: "muster_detail_query_disk_space_unix",
    platforms: ["darwin", "linux"],
    sql: "SELECT blocks_size * blocks AS total, blocks_size * blocks_available AS available FROM mounts WHERE path = '/' LIMIT 1",
  },
  {
    name: "muster_detail_query_disk_space_windows",
    platforms: ["windows"],
    sql: `SELECT size AS total, free_space AS available FROM logical_drives
WHERE file_system <> '' ORDER BY boot_partition = 1 DESC, device_id = 'C:' DESC LIMIT 1`,
  },
];
