import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { linuxDevice } from "#agent/device.linux.ts";
import { runAgent } from "#agent/main.ts";
import { lineLog } from "#agent/system/log.ts";
import { systemClock } from "#agent/system/clock.ts";
import type { CollectionSettings } from "#protocol/agent/messages.ts";
import { listHostSoftware } from "#protocol/rest/host-software.ts";
import { refetchHost, getHost, listHosts } from "#protocol/rest/hosts.ts";
import { putCollectionSettings } from "#protocol/rest/settings.ts";
import { testServer } from "#test/support/server.ts";
import type { TestServer } from "#test/support/server.ts";

/** Muster's agent and Muster's server, as they are, on a machine made of files. */

let directory: string;
let server: TestServer;
let agents: { stop: AbortController; done: Promise<void> }[];
let lines: string[];

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "muster-agent-contract-"));
  agents = [];
  lines = [];
  put("/etc/os-release", 'NAME="Debian GNU/Linux"\nVERSION="12 (bookworm)"\nID=debian\nVERSION_CODENAME=bookworm\n');
  put("/etc/machine-id", "0123456789abcdef0123456789abcdef\n");
  put("/usr/lib/python3/dist-packages/six-1.16.0.dist-info/METADATA", "Name: six\nVersion: 1.16.0\n");
  put("/usr/lib/node_modules/npm/package.json", '{"name":"npm","version":"11.0.0"}');
  putDebs(["bash", "5.2.15-2"], ["hello", "2.10-3"]);
  server = await testServer();
});
afterEach(async () => {
  await endAgents();
  await server.stop();
  rmSync(directory, { recursive: true, force: true });
});

function put(path: string, text: string): void {
  mkdirSync(dirname(join(directory, "root", path)), { recursive: true });
  writeFileSync(join(directory, "root", path), text);
}

function putDebs(...debs: [string, string][]): void {
  const stanza = ([name, version]: [string, string]) =>
    `Package: ${name}\nStatus: install ok installed\nArchitecture: amd64\nSource: ${name}-src (1.0)\nVersion: ${version}\n`;
  put("/var/lib/dpkg/status", debs.map(stanza).join("\n"));
}

function startAgent(): void {
  const stop = new AbortController();
  const root = join(directory, "root");
  const log = lineLog((line) => lines.push(line));
  const options = {
    server: server.url,
    enrollSecret: server.enrollSecret,
    stateDir: join(directory, "state"),
    inventoryOnly: true,
    log,
  };
  const world = { device: linuxDevice(root), root, clock: systemClock, random: () => 0.5 };
  agents.push({ stop, done: runAgent(options, stop.signal, world) });
}

async function endAgents(): Promise<void> {
  for (const agent of agents) agent.stop.abort();
  await Promise.all(agents.map((agent) => agent.done));
  agents = [];
}

async function hosts() {
  return (await server.client.call(listHosts, { query: {} })).hosts;
}

async function software(id: number): Promise<string[]> {
  const { software: rows } = await server.client.call(listHostSoftware, { params: { id }, query: {} });
  return rows
    .flatMap((row) => (row.installed_versions ?? []).map((version) => `${row.source} ${row.name} ${version.version}`))
    .toSorted();
}

const ALL = [
  "deb_packages bash 5.2.15-2",
  "deb_packages hello 2.10-3",
  "npm_packages npm 11.0.0",
  "python_packages python3-six 1.16.0",
];

async function reportedHost(): Promise<number> {
  await expect.poll(async () => (await hosts()).length).toBe(1);
  const id = (await hosts())[0]?.id ?? 0;
  await expect.poll(() => software(id)).toEqual(ALL);
  return id;
}

test("a device enrols and shows what is installed on it", async () => {
  startAgent();
  const id = await reportedHost();
  const { host } = await server.client.call(getHost, { params: { id }, query: {} });
  expect(host).toMatchObject({ platform: "debian", os_version: "Debian GNU/Linux 12 (bookworm)", code_name: "bookworm" });
});

test("a package that is installed or removed shows within seconds", async () => {
  startAgent();
  const id = await reportedHost();
  putDebs(["bash", "5.2.15-2"], ["cowsay", "3.03"]);
  const changed = ["deb_packages bash 5.2.15-2", "deb_packages cowsay 3.03", ...ALL.slice(2)];
  await expect.poll(() => software(id)).toEqual(changed);
});

test("both compute the same digests: a restarted agent sends no rows, and stays the same device", async () => {
  startAgent();
  const id = await reportedHost();
  await endAgents();
  lines = [];
  const before = (await hosts())[0]?.detail_updated_at;
  startAgent();
  await expect.poll(async () => (await hosts())[0]?.detail_updated_at).not.toBe(before);
  await delay(500);
  expect(lines.filter((line) => line.includes("Reported software"))).toEqual([]);
  expect((await hosts()).map((host) => host.id)).toEqual([id]);
});

test("a refetch is answered at once", async () => {
  startAgent();
  const id = await reportedHost();
  lines = [];
  await server.client.call(refetchHost, { params: { id } });
  await expect.poll(() => lines.some((line) => line.includes("Reported software"))).toBe(true);
  await expect.poll(async () => (await hosts())[0]?.refetch_requested).toBe(false);
});

test("collection settings are followed: a source that is off stays as it was, roots are searched, a limit is told", async () => {
  startAgent();
  const id = await reportedHost();
  put("/srv/app/package-lock.json", JSON.stringify({ packages: { "node_modules/left-pad": { version: "1.3.0" } } }));
  const follow = async (sources: CollectionSettings["sources"]) => {
    lines = [];
    await server.client.call(putCollectionSettings, { body: { sources } });
    await server.client.call(refetchHost, { params: { id } });
    const followed = () => lines.some((line) => line.includes("Follows new collection settings"));
    await expect.poll(followed).toBe(true);
  };
  await follow({ python_packages: { enabled: false }, npm_packages: { roots: ["/srv"] }, deb_packages: { rows_max: 1 } });
  rmSync(join(directory, "root/usr/lib/python3/dist-packages/six-1.16.0.dist-info"), { recursive: true });
  const searched = [...ALL.slice(0, 2), "npm_packages left-pad 1.3.0", ...ALL.slice(2)];
  await expect.poll(() => software(id)).toEqual(searched);
  const told = () => lines.some((line) => line.includes("too_large: More than 1 packages were found."));
  await expect.poll(told).toBe(true);
  await follow({});
  await expect.poll(() => software(id)).toEqual(ALL.slice(0, 3));
});
