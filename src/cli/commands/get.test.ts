import { expect, test } from "vitest";
import { ACTIVITY_TYPES } from "#protocol/rest/activities.ts";
import { ENDPOINTS } from "#protocol/rest/endpoints.ts";
import { HOST_ORDER_KEYS, HOST_STATUSES } from "#protocol/rest/hosts.ts";
import { fakeServer, refusal, runCommand } from "#test/support/cli-io.ts";
import { ACTIVITY_KEYS } from "./get-activities.ts";
import { HOLDER_KEYS, UNUSED_KEYS } from "./get-history.ts";
import { HOST_SOFTWARE_KEYS } from "./get-host-software.ts";
import { HOST_KEYS } from "./get-hosts.ts";
import { STATUSES } from "./host-filters.ts";
import { OS_VERSION_KEYS } from "./get-os-versions.ts";
import { TITLE_KEYS, VERSION_KEYS } from "./get-software.ts";

const ENV = { HOME: "/nonexistent", MUSTER_SERVER: "https://muster.example.org", MUSTER_TOKEN: "token" };
const LAST_PAGE = { has_next_results: false, has_previous_results: false };
const HOST = {
  id: 12,
  display_name: "web-01",
  hostname: "web-01.example.org",
  status: "online",
  platform: "debian",
  os_version: "Debian GNU/Linux 12",
  software_count: 3184,
  seen_time: "2026-01-31T11:59:00.123Z",
  memory: 16_777_216_000,
  uptime: 273_600_000_000_000,
  hardware_vendor: "Dell",
  hardware_model: "R750",
  gigs_total_disk_space: 512,
  gigs_disk_space_available: 100.5,
  cpu_logical_cores: 8,
  cpu_brand: "Xeon",
  agents: [{ agent: "muster", version: "0.1.0", enrolled_at: "2026-01-01T00:00:00Z", identifier: "4c4c" }],
  sources: [{ source: "deb_packages", rows_count: 412, updated_at: "2026-01-31T11:00:00Z", error: "dpkg is locked" }],
};

/** The order keys that an endpoint of the protocol declares. */
function declaredKeys(name: string): unknown[] {
  const properties = ENDPOINTS[name]?.query.properties as { order_key?: { anyOf: { const: string }[] } } | undefined;
  return (properties?.order_key?.anyOf ?? []).map((one) => one.const);
}

test("the choices of the command line are the protocol's", () => {
  expect(STATUSES).toEqual(HOST_STATUSES);
  expect(HOST_KEYS).toEqual(HOST_ORDER_KEYS);
  expect([...TITLE_KEYS]).toEqual(declaredKeys("listSoftwareTitles"));
  expect([...VERSION_KEYS]).toEqual(declaredKeys("listSoftwareVersions"));
  expect([...HOST_SOFTWARE_KEYS]).toEqual(declaredKeys("listHostSoftware"));
  expect([...HOLDER_KEYS]).toEqual(declaredKeys("softwareTitleHosts"));
  expect([...UNUSED_KEYS]).toEqual(declaredKeys("listUnusedSoftware"));
  expect([...OS_VERSION_KEYS]).toEqual(declaredKeys("listOsVersions"));
  expect([...ACTIVITY_KEYS]).toEqual(declaredKeys("listActivities"));
  expect(ACTIVITY_TYPES).toContain("user_failed_login"); // named in the help
});

test("hosts: filters reach the server, the table reaches the reader", async () => {
  const { fetch, requests } = fakeServer(() => Response.json({ hosts: [HOST], meta: LAST_PAGE }));
  const argv = [
    "get",
    "hosts",
    "--query",
    "web & co",
    "--status",
    "online",
    "--platform",
    "linux,darwin",
    "--software-title",
    "7",
  ];
  const run = await runCommand(argv, { fetch, env: ENV });
  expect(run).toEqual({
    code: 0,
    stdout:
      "ID  NAME    STATUS  PLATFORM  OS                   SOFTWARE  LAST SEEN\n" +
      "12  web-01  online  debian    Debian GNU/Linux 12      3184  2026-01-31 11:59:00Z\n",
    stderr: "",
  });
  expect(Object.fromEntries(requests[0]?.url.searchParams ?? [])).toEqual({
    query: "web & co",
    status: "online",
    platform: "linux,darwin",
    software_title_id: "7",
    order_key: "display_name",
    order_direction: "asc",
    per_page: "100",
  });
  expect(requests[0]?.headers.get("authorization")).toBe("Bearer token");
});

test("hosts: amounts of memory are read as tables show them, or in bytes", async () => {
  const { fetch, requests } = fakeServer(() => Response.json({ hosts: [HOST], meta: LAST_PAGE }));
  const argv = ["get", "hosts", "--min-memory", "15.5GiB", "--max-memory", "17179869184", "--order-by", "agents"];
  expect((await runCommand(argv, { fetch, env: ENV })).code).toBe(0);
  expect(Object.fromEntries(requests[0]?.url.searchParams ?? [])).toMatchObject({
    memory_min: "16642998272",
    memory_max: "17179869184",
    order_key: "agents",
  });
  for (const wrong of ["0", "16 cats", "99999999TiB"]) {
    // oxlint-disable-next-line no-await-in-loop -- one command after the other
    const { code, stderr } = await runCommand(["get", "hosts", "--min-memory", wrong], { fetch, env: ENV });
    expect([code === 0, stderr]).toEqual([false, expect.stringContaining("It must be an amount of memory: 512MiB, 15.6GiB")]);
  }
  expect(requests).toHaveLength(1);
});

test("hosts: what is not shown is said", async () => {
  const meta = { has_next_results: true, has_previous_results: false, next_cursor: "web-01,12" };
  const { fetch } = fakeServer(() => Response.json({ hosts: [HOST], meta }));
  const { stdout, stderr } = await runCommand(["get", "hosts", "--limit", "1"], { fetch, env: ENV });
  expect(stdout.split("\n")).toHaveLength(3);
  expect(stderr).toBe("1 device shown, there are more; --limit or --all shows more.\n");
});

test("hosts: none is no failure", async () => {
  const { fetch } = fakeServer(() => Response.json({ hosts: [], meta: LAST_PAGE }));
  expect(await runCommand(["get", "hosts"], { fetch, env: ENV })).toEqual({ code: 0, stdout: "", stderr: "No devices found.\n" });
});

test("hosts: --all --json follows the cursors and prints one answer", async () => {
  const { fetch, requests } = fakeServer(({ url }) => {
    const second = url.searchParams.get("after") === "web-01,12";
    const meta = second ? LAST_PAGE : { ...LAST_PAGE, has_next_results: true, next_cursor: "web-01,12" };
    return Response.json({ hosts: [{ ...HOST, id: second ? 13 : 12 }], meta });
  });
  const { code, stdout } = await runCommand(["get", "hosts", "--all", "--json"], { fetch, env: ENV });
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toEqual({ hosts: [HOST, { ...HOST, id: 13 }], meta: LAST_PAGE });
  expect(requests.map(({ url }) => url.searchParams.get("per_page"))).toEqual(["1000", "1000"]);
});

test("hosts: --json prints the answer exactly, whatever a device calls itself", async () => {
  const answer = { hosts: [{ ...HOST, display_name: "\u001b[2J\u202ex\u009b" }], future_field: [1.5, null], meta: LAST_PAGE };
  const { fetch } = fakeServer(() => Response.json(answer));
  const { stdout } = await runCommand(["get", "hosts", "--json"], { fetch, env: ENV });
  expect(JSON.parse(stdout)).toEqual(answer);
});

test("hosts: a terminal gets a fitted table and a word about it, --wide the whole", async () => {
  const long = { ...HOST, display_name: "a-very-long-device-name-that-does-not-fit-anywhere" };
  const { fetch } = fakeServer(() => Response.json({ hosts: [long], meta: LAST_PAGE }));
  const out: string[] = [];
  const stdout = { columns: 80, write: (text: string) => out.push(text) };
  const fitted = await runCommand(["get", "hosts"], { fetch, env: ENV, isTty: true, stdout });
  for (const line of out.join("").trimEnd().split("\n")) expect(line.length).toBeLessThanOrEqual(80);
  expect(fitted.stderr).toContain("--wide shows them whole");
  out.length = 0;
  const wide = await runCommand(["get", "hosts", "--wide"], { fetch, env: ENV, isTty: true, stdout });
  expect(out.join("")).toContain(long.display_name);
  expect(wide.stderr).toBe("");
});

test("host: by id, with facts, agents and what each source last said", async () => {
  const { fetch, requests } = fakeServer(() => Response.json({ host: HOST }));
  const { code, stdout } = await runCommand(["get", "host", "12"], { fetch, env: ENV });
  expect(code).toBe(0);
  expect(requests[0]?.url.pathname).toBe("/api/latest/fleet/hosts/12");
  expect(requests[0]?.url.search).toBe("?exclude_software=true");
  expect(stdout).toMatch(/^Name +web-01$/m);
  expect(stdout).toMatch(/^Memory +15\.6 GiB$/m);
  expect(stdout).toMatch(/^Disk +100\.5 GB free of 512\.0 GB$/m);
  expect(stdout).toMatch(/^Up for +3 d 4 h$/m);
  expect(stdout).toMatch(/^Software +3184$/m);
  expect(stdout).toMatch(/^ {2}muster +0\.1\.0 +2026-01-01 00:00:00Z +4c4c$/m);
  expect(stdout).toMatch(/^ {2}deb_packages +Package \(deb\) +412 +2026-01-31 11:00:00Z +dpkg is locked$/m);
  expect(stdout).not.toMatch(/^UUID/m);
});

test("host: a number that is no id is tried as a serial number; names are escaped", async () => {
  const { fetch, requests } = fakeServer(({ url }) =>
    url.pathname.includes("/identifier/") ? Response.json({ host: HOST }) : refusal(404, "No such host."),
  );
  expect((await runCommand(["get", "host", "5501234"], { fetch, env: ENV })).code).toBe(0);
  expect((await runCommand(["get", "host", "a/b?c"], { fetch, env: ENV })).code).toBe(0);
  expect(requests.map(({ url }) => url.pathname.replace("/api/latest/fleet", ""))).toEqual([
    "/hosts/5501234",
    "/hosts/identifier/5501234",
    "/hosts/identifier/a%2Fb%3Fc",
  ]);
});

test("host --software: one row a version, columns that are empty everywhere left out", async () => {
  const version = { id: 1, name: "openssl", version: "3.0.15-1", installed_at: "2026-01-02T00:00:00Z", installed_paths: [] };
  const software = [
    { id: 9, name: "openssl", source: "deb_packages", installed_versions: [version, { ...version, version: "3.5.0" }] },
  ];
  const { fetch, requests } = fakeServer(({ url }) =>
    url.pathname.endsWith("/software")
      ? Response.json({ count: 1, versions_count: 2, software, meta: LAST_PAGE })
      : Response.json({ host: HOST }),
  );
  const { stdout } = await runCommand(["get", "host", "web-01", "--software", "--query", "ssl", "--arch", "amd64"], {
    fetch,
    env: ENV,
  });
  expect(stdout).toBe(
    "NAME     VERSION   KIND           SINCE\n" +
      "openssl  3.0.15-1  Package (deb)  2026-01-02 00:00:00Z\n" +
      "openssl  3.5.0     Package (deb)  2026-01-02 00:00:00Z\n",
  );
  expect(requests[1]?.url.pathname).toBe("/api/latest/fleet/hosts/12/software");
  expect(requests[1]?.url.searchParams.get("query")).toBe("ssl");
  expect(requests[1]?.url.searchParams.get("arch")).toBe("amd64");
});

test("software: titles by number of devices, or versions", async () => {
  const { fetch, requests } = fakeServer(({ url }) => {
    const row = { id: 3, display_name: "Dark Reader", source: "firefox_addons", extension_for: "firefox", hosts_count: 1204 };
    return url.pathname.endsWith("/titles")
      ? Response.json({ count: 1, software_titles: [{ ...row, vendor: "Ada Lovelace", versions_count: 4 }], meta: LAST_PAGE })
      : Response.json({ count: 1, software: [{ ...row, version: "4.9.1" }], meta: LAST_PAGE });
  });
  const titles = await runCommand(["get", "software", "--source", "firefox_addons"], { fetch, env: ENV });
  expect(titles.stdout).toContain("Browser extension (Firefox): firefox  Ada Lovelace         4     1204\n");
  const versions = await runCommand(["get", "software", "--versions", "--order-by", "name"], { fetch, env: ENV });
  expect(versions.stdout).toMatch(/^ 3 {2}Dark Reader {2}4\.9\.1 /m);
  const asked = requests.map(({ url }) => [
    url.pathname,
    url.searchParams.get("order_key"),
    url.searchParams.get("order_direction"),
  ]);
  expect(asked).toEqual([
    ["/api/latest/fleet/software/titles", "hosts_count", "desc"],
    ["/api/latest/fleet/software/versions", "name", "asc"],
  ]);
});

test("os-versions and activities are tables, too", async () => {
  const { fetch } = fakeServer(({ url }) => {
    const os = { os_version_id: 1, name_only: "macOS", version: "15.2", platform: "darwin", hosts_count: 3 };
    const details = { host_id: 4, host_display_name: "x y", agent: "osquery", host_serial: "" };
    const activity = {
      id: 1,
      created_at: "2026-01-31T10:00:00Z",
      type: "fleet_enrolled",
      actor_full_name: null,
      actor_email: null,
      details,
    };
    return url.pathname.endsWith("/os_versions")
      ? Response.json({ count: 1, os_versions: [os], meta: LAST_PAGE })
      : Response.json({ activities: [activity], meta: LAST_PAGE });
  });
  const systems = await runCommand(["get", "os-versions"], { fetch, env: ENV });
  expect(systems.stdout).toMatch(/^ 1 {2}macOS {2}15\.2 {5}darwin {10}3$/m);
  const activities = await runCommand(["get", "activities", "--type", "fleet_enrolled"], { fetch, env: ENV });
  expect(activities.stdout).toContain(
    "2026-01-31 10:00:00Z  fleet_enrolled  Muster  host_id=4 host_display_name=x y agent=osquery\n",
  );
});

test("enroll-secret get prints the secrets alone, one a line", async () => {
  const secrets = ["first-secret-0123456789", "second-secret-012345678"].map((secret) => ({
    secret,
    created_at: "",
    team_id: null,
  }));
  const { fetch } = fakeServer(() => Response.json({ spec: { secrets } }));
  const { stdout, stderr } = await runCommand(["enroll-secret", "get"], { fetch, env: ENV });
  expect({ stdout, stderr }).toEqual({ stdout: "first-secret-0123456789\nsecond-secret-012345678\n", stderr: "" });
});
