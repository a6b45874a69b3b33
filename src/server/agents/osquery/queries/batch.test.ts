import { expect, test } from "vitest";
import { type AskedHost, isAtLeast, queriesOf, readResponse } from "./batch.ts";
import { REFETCH_MARKER } from "./query.ts";

const host = (fields: Partial<AskedHost>): AskedHost => ({
  platform: "",
  osquery_version: "",
  refetch_requested: false,
  muster_reports: false,
  ...fields,
});
const names = (fields: Partial<AskedHost>): string[] => Object.keys(readResponse(host(fields)).queries ?? {});

test.each([
  ["5.16.0", "5.16.0", true],
  ["5.16.1-7-gabcdef", "5.16.0", true],
  ["5.9.1", "5.16.0", false],
  ["10.0", "5.16.0", true],
  ["5.16", "5.16.0", false],
  ["", "5.16.0", false],
  ["unknown", "5.16.0", false],
])("version %j is at least %j: %j", (version, bound, expected) => {
  expect(isAtLeast(version, bound)).toBe(expected);
});

test.each(["darwin", "windows", "linux"] as const)("on %s every agent version is asked one variant of each query", (family) => {
  for (const [before, after] of [
    ["5.14.9", "5.15.0"],
    ["5.15.9", "5.16.0"],
    ["5.16.9", "5.17.0"],
    ["", "99.0.0"],
  ] as const) {
    const [older, newer] = [before, after].map((osquery_version) =>
      queriesOf(family, { osquery_version, muster_reports: false }),
    );
    expect(older).toHaveLength(newer?.length ?? -1);
  }
});

test("an unknown platform is asked what every agent can answer, and polls faster", () => {
  const reply = readResponse(host({}));
  expect(Object.keys(reply.queries ?? {})).toEqual([
    "muster_detail_query_os_version",
    "muster_detail_query_system_info",
    "muster_detail_query_osquery_info",
  ]);
  expect(reply.accelerate).toBe(10);
  expect(readResponse(host({ platform: "ubuntu" }))).not.toHaveProperty("accelerate");
});

test("every query has a discovery: very old agents skip those without", () => {
  for (const platform of ["darwin", "windows", "gentoo", "chrome", ""]) {
    const { queries = {}, discovery = {} } = readResponse(host({ platform }));
    expect(Object.keys(discovery)).toEqual(Object.keys(queries));
  }
});

test("the marker of a refetch goes along only when one was asked for", () => {
  expect(names({ platform: "debian" })).not.toContain(REFETCH_MARKER);
  expect(names({ platform: "debian", refetch_requested: true })).toContain(REFETCH_MARKER);
});

test("what Muster's own agent reports is not asked of osquery beside it", () => {
  const beside = names({ platform: "debian", osquery_version: "5.23.0", muster_reports: true });
  const alone = names({ platform: "debian", osquery_version: "5.23.0" });
  expect(alone.filter((name) => !beside.includes(name))).toEqual([
    "muster_software_chrome_extensions",
    "muster_software_firefox_addons",
    "muster_software_vscode_extensions",
    "muster_software_jetbrains_plugins",
    "muster_software_python_packages_of_users",
    "muster_software_npm_packages",
    "muster_software_go_binaries",
    "muster_software_deb_packages",
    "muster_software_rpm_packages",
    "muster_software_deb_packages_opened",
    "muster_software_rpm_packages_opened",
    "muster_software_pacman_packages",
  ]);
});
