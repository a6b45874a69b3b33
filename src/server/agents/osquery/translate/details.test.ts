import { expect, test } from "vitest";
import { detailsOfResults, detailsOfTables } from "./details.ts";
import { writeResults, type ResultRow } from "./results.ts";

function details(answers: Record<string, ResultRow[]>) {
  const queries = Object.fromEntries(Object.entries(answers).map(([name, rows]) => [`muster_detail_query_${name}`, rows]));
  return detailsOfResults(writeResults({ queries }).results);
}

test("only what was answered is set: an empty text does not erase a recorded fact", () => {
  expect(details({})).toEqual({});
  expect(
    details({ system_info: [{ hostname: "h", uuid: "", hardware_serial: "Default string", physical_memory: "x" }] }),
  ).toEqual({ hostname: "h" });
});

test("Windows' feature release and update revision come from the registry", () => {
  const os_version = [{ name: "Microsoft Windows 11 Pro", version: "10.0.26100", platform: "windows", build: "26100" }];
  const registry = (rows: Record<string, string>) => Object.entries(rows).map(([name, data]) => ({ name, data }));
  expect(details({ os_version, os_version_windows: registry({ DisplayVersion: "24H2", UBR: "4061" }) })).toMatchObject({
    os_name: "Microsoft Windows 11 Pro 24H2",
    os_version: "10.0.26100.4061",
    build: "26100",
  });
  expect(details({ os_version, os_version_windows: registry({ ReleaseId: "1809" }) })).toMatchObject({
    os_name: "Microsoft Windows 11 Pro 1809",
    os_version: "10.0.26100",
  });
  expect(details({ os_version, os_version_windows: [] })).toMatchObject({
    os_name: "Microsoft Windows 11 Pro",
    os_version: "10.0.26100",
  });
  const server = [{ name: "Microsoft Windows Server 2022 Standard", version: "10.0.20348" }];
  const core = registry({ DisplayVersion: "21H2", UBR: "2762", InstallationType: "Server Core" });
  expect(details({ os_version: server, os_version_windows: core })).toMatchObject({
    os_name: "Microsoft Windows Server 2022 Standard 21H2 (Server Core)",
    os_version: "10.0.20348.2762",
  });
  const whole = [{ name: "Windows 11 24H2", version: "10.0.26100.4061" }];
  expect(details({ os_version: whole, os_version_windows: registry({ DisplayVersion: "24H2", UBR: "4061" }) })).toMatchObject({
    os_name: "Windows 11 24H2",
    os_version: "10.0.26100.4061",
  });
});

test("a rapid security response of macOS is told with its release", () => {
  const os = { name: "macOS", version: "13.4.1", platform: "darwin" };
  expect(detailsOfTables({ os_version: { ...os, extra: "(c)" } }).os_version).toBe("13.4.1 (c)");
  expect(detailsOfTables({ os_version: { ...os, extra: "" } }).os_version).toBe("13.4.1");
  expect(detailsOfTables({ os_version: { ...os, version: "13.4.1 (c)", extra: "(c)" } }).os_version).toBe("13.4.1 (c)");
  expect(detailsOfTables({ os_version: { name: "X", version: "1", platform: "linux", extra: "(c)" } }).os_version).toBe("1");
});

test("an empty platform with CentOS' name is centos; the architecture falls back to the processor's", () => {
  const tables = { os_version: { name: "CentOS Linux", version: "6.10", platform: "" }, system_info: { cpu_type: "x86_64" } };
  expect(detailsOfTables(tables)).toMatchObject({ platform: "centos", arch: "x86_64" });
});

test("settings of the agent, network, disk and uptime", () => {
  const found = details({
    osquery_flags: [
      { name: "distributed_interval", value: "10" },
      { name: "config_refresh", value: "60" },
      { name: "logger_tls_period", value: "" },
    ],
    network_interface_unix: [{ address: "fe80::1%en0", mac: "aa:bb" }],
    disk_space_unix: [{ total: "500", available: "-1" }],
    uptime: [{ total_seconds: "90000" }],
    kernel_info: [{ version: "6.1.0" }],
  });
  expect(found).toEqual({
    distributed_interval: 10,
    config_tls_refresh: 60,
    primary_ip: "fe80::1",
    primary_mac: "aa:bb",
    disk_total_bytes: 500,
    uptime_seconds: 90_000,
    kernel_version: "6.1.0",
  });
});
