import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { AGENT_PREFIX } from "#protocol/agent/messages.ts";
import type { HostDetails, SoftwareRow } from "#protocol/agent/messages.ts";
import { TITLE_ORDER_KEYS, VERSION_ORDER_KEYS } from "#protocol/rest/software.ts";
import { runCommand } from "#test/support/cli-io.ts";
import { testServer } from "#test/support/server.ts";
import type { TestServer } from "#test/support/server.ts";

/** More than one page of the API holds, so that reading all of them follows cursors. */
const PACKAGES = Array.from({ length: 1500 }, (_, i): SoftwareRow => ({ name: `package-${i}`, version: `1.${i % 7}` }));
const HOSTILE = "\u001b[31mbad\u202e";

let server: TestServer;

beforeAll(async () => {
  server = await testServer();
  await device("web-01", "serial-1", PACKAGES);
  await device("web-02", "5501234", [{ name: "package-1", version: "1.1" }]);
  await device(HOSTILE, "serial-3", [{ name: `${HOSTILE}\nname`, version: "1" }]);
});

afterAll(async () => {
  await server.stop();
});

/** A device that enrols and reports in the Muster agent's protocol. */
async function device(hostname: string, hardware_serial: string, rows: SoftwareRow[]): Promise<void> {
  const enrolled = await post("enroll", {
    enroll_secret: server.enrollSecret,
    host_identifier: hardware_serial,
    agent_version: "0.1.0",
    host_details: { ...EMPTY_DETAILS, hostname, hardware_serial, platform: "debian", os_name: "Debian", os_version: "12" },
  });
  const { node_key } = enrolled as { node_key: string };
  await post("inventory", { sources: [{ source: "deb_packages", rows }] }, node_key);
}

async function post(call: string, body: object, nodeKey?: string): Promise<unknown> {
  const headers: Record<string, string> = { "content-type": "application/json" };
  if (nodeKey !== undefined) headers["authorization"] = `NodeKey ${nodeKey}`;
  const response = await fetch(`${server.url}${AGENT_PREFIX}/${call}`, {
    method: "POST",
    headers,
    body: JSON.stringify(body),
  });
  expect(response.status).toBe(200);
  return response.json();
}

function muster(...argv: string[]) {
  const env = { HOME: "/nonexistent", MUSTER_SERVER: server.url, MUSTER_TOKEN: server.token };
  return runCommand(argv, { fetch, env });
}

async function someTitle(): Promise<number> {
  const { stdout } = await muster("get", "software", "--limit", "1", "--json");
  const { software_titles } = JSON.parse(stdout) as { software_titles: { id: number }[] };
  return software_titles[0]?.id ?? 0;
}

function isOneOf(keys: readonly string[], key: string): boolean {
  return keys.includes(key);
}

test("every list works in every order that it offers, in both directions", async () => {
  const { buildProgram } = await import("#cli/main.ts");
  const { processIo } = await import("#cli/io.ts");
  const get = buildProgram(processIo()).commands.find((command) => command.name() === "get");
  await server.db.insertInto("vulnerabilities").values({ cve: "CVE-2024-0001" }).execute(); // one that a list is of
  const ordered = (get?.commands ?? []).filter((list) => list.options.some((option) => option.long === "--order-by"));
  const needed = new Map([
    ["host", ["web-01", "--software"]],
    ["host-vulnerabilities", ["web-01"]],
    ["vulnerable-software", ["CVE-2024-0001"]],
    ["title-hosts", [String(await someTitle())]],
  ]);
  const lists = ordered.map((list) => ({
    words: [list.name(), ...(needed.get(list.name()) ?? [])],
    keys: list.options.find((option) => option.long === "--order-by")?.argChoices ?? [],
  }));
  expect(lists.map(({ words }) => words[0])).toEqual(
    expect.arrayContaining(["hosts", "host", "software", "os-versions", "activities"]),
  );
  const offered = lists.flatMap(({ words, keys }) => {
    if (words[0] !== "software") return [{ words, keys }];
    const titles = { words, keys: keys.filter((key) => isOneOf(TITLE_ORDER_KEYS, key)) };
    return [titles, { words: [...words, "--versions"], keys: keys.filter((key) => isOneOf(VERSION_ORDER_KEYS, key)) }];
  });
  for (const { words, keys } of offered) {
    expect(keys).not.toEqual([]);
    for (const key of keys) {
      for (const direction of [[], ["--descending"]]) {
        const run = await muster("get", ...words, "--order-by", key, ...direction, "--limit", "2");
        expect({ words, key, code: run.code, error: run.code === 0 ? "" : run.stderr }).toEqual({
          words,
          key,
          code: 0,
          error: "",
        });
      }
    }
  }
});

test("hosts: search, filters, and names that would act on the terminal", async () => {
  const all = await muster("get", "hosts");
  expect(all.code).toBe(0);
  expect(all.stdout.trimEnd().split("\n")).toHaveLength(4);
  expect(all.stdout).toMatch(/web-01 +online +debian +Debian 12 +1500 /);
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  expect(all.stdout).not.toMatch(/[\u001b\u202e]/u);
  const found = await muster("get", "hosts", "--query", "5501234", "--platform", "linux", "--status", "online", "--json");
  expect(JSON.parse(found.stdout)).toMatchObject({ hosts: [{ hostname: "web-02" }] });
  expect(await muster("get", "hosts", "--query", "nowhere")).toEqual({ code: 0, stdout: "", stderr: "No devices found.\n" });
});

test("--all reads every page: as many rows as the server counts, none twice", async () => {
  const versions = await muster("get", "software", "--versions", "--all", "--json");
  const answer = JSON.parse(versions.stdout) as { count: number; software: { id: number; hosts_count: number }[] };
  expect(answer.count).toBe(1501);
  expect(new Set(answer.software.map(({ id }) => id)).size).toBe(1501);
  expect(answer.software[0]?.hosts_count).toBe(2);
  const held = await muster("get", "host", "web-01", "--software", "--all");
  expect(held.stdout.trimEnd().split("\n")).toHaveLength(1501);
  expect(held.stderr).toBe("");
});

test("what is left out is said with the number there is", async () => {
  const titles = await muster("get", "software", "--limit", "3");
  expect(titles.stderr).toBe("3 titles shown, of 1,501; --limit or --all shows more.\n");
});

test("a host by id, host name and a serial number that looks like an id", async () => {
  for (const [name, expected] of [
    ["1", "web-01"],
    ["web-02", "web-02"],
    ["5501234", "web-02"],
  ] as const) {
    const run = await muster("get", "host", name);
    expect(run.code).toBe(0);
    expect(run.stdout).toMatch(new RegExp(`^Name +${expected}$`, "m"));
    expect(run.stdout).toMatch(/^ {2}muster +0\.1\.0 /m);
    expect(run.stdout).toMatch(/^ {2}deb_packages +Package \(deb\) +\d+ /m);
  }
  const none = await muster("get", "host", "99");
  expect(none).toMatchObject({ code: 4, stdout: "", stderr: expect.stringMatching(/^muster: .*No host/) });
});

test("secrets, activities, operating systems and versions", async () => {
  expect((await muster("enroll-secret", "get")).stdout).toBe(`${server.enrollSecret}\n`);
  expect((await muster("get", "activities", "--type", "fleet_enrolled")).stdout.match(/fleet_enrolled/g)).toHaveLength(3);
  expect((await muster("get", "os-versions", "--platform", "debian,darwin")).stdout).toMatch(/^ *1 {2}Debian {2}12 +debian +3$/m);
  expect((await muster("version", "--remote")).stdout).toContain(`${server.url}: muster `);
});

test("login, use, logout: the session is real and ends", async () => {
  const account = { name: "Ada", email: "ada@example.org", password: "at least twelve characters" };
  const made = await fetch(`${server.url}/api/v1/fleet/users/admin`, {
    method: "POST",
    headers: { authorization: `Bearer ${server.token}`, "content-type": "application/json" },
    body: JSON.stringify(account),
  });
  expect(made.status).toBe(200);
  const env = { HOME: mkdtempSync(join(tmpdir(), "muster-cli-")), MUSTER_SERVER: server.url };
  const secrets = { MUSTER_EMAIL: account.email, MUSTER_PASSWORD: account.password };
  const wrong = await runCommand(["login"], { fetch, env: { ...env, ...secrets, MUSTER_PASSWORD: "wrong" } });
  expect(wrong).toMatchObject({ code: 3, stderr: expect.not.stringContaining("muster login") });
  expect((await runCommand(["login"], { fetch, env: { ...env, ...secrets } })).code).toBe(0);
  expect((await runCommand(["get", "hosts"], { fetch, env })).code).toBe(0);
  expect((await runCommand(["logout"], { fetch, env })).code).toBe(0);
  expect((await runCommand(["get", "hosts"], { fetch, env })).code).toBe(3);
});

const EMPTY_DETAILS: HostDetails = {
  hostname: "",
  computer_name: "",
  uuid: "",
  hardware_serial: "",
  hardware_vendor: "",
  hardware_model: "",
  hardware_version: "",
  platform: "",
  platform_like: "",
  os_name: "",
  os_version: "",
  build: "",
  code_name: "",
  arch: "",
  kernel_version: "",
  cpu_type: "",
  cpu_subtype: "",
  cpu_brand: "",
  cpu_physical_cores: 0,
  cpu_logical_cores: 0,
  memory: 0,
  uptime_seconds: 0,
  primary_ip: "",
  primary_mac: "",
  disk_total_bytes: 0,
  disk_available_bytes: 0,
  timezone: "",
};
