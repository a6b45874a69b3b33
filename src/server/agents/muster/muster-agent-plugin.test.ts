import { createHash } from "node:crypto";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import type { FastifyInstance } from "fastify";
import { afterEach, beforeEach, expect, test } from "vitest";
import { sourceDigestText } from "#domain/inventory/digest.ts";
import { emptySoftwareEntry } from "#domain/software/software.ts";
import type { HostDetails, SoftwareRow } from "#protocol/agent/messages.ts";
import { readonly } from "#server/database/pools.ts";
import { deleteHost } from "#server/devices/delete-hosts.ts";
import { requestRefetch } from "#server/devices/request-refetch.ts";
import { NodeSessions } from "#server/devices/node-sessions.ts";
import { SeenBuffer } from "#server/devices/seen-buffer.ts";
import { createLabel } from "#server/labels/create-label.ts";
import { labelHost } from "#server/labels/label-host.ts";
import { hostCollection, writeCollectionSettings } from "#server/settings/collection-settings.ts";
import { buildApp } from "#server/http/app.ts";
import { createIngestMetrics } from "#server/inventory/ingest-metrics.ts";
import { createSignals } from "#server/notify/signals.ts";
import type { Signals } from "#server/notify/signals.ts";
import { devicesFixture } from "#test/support/devices.ts";
import type { DevicesFixture } from "#test/support/devices.ts";
import { ReportMemory } from "../report-memory.ts";
import { musterAgentPlugin } from "./muster-agent-plugin.ts";

const DETAILS: HostDetails = {
  hostname: "build-7",
  computer_name: "Build 7",
  uuid: "4C4C4544-0042-3510-8054-B4C04F564433",
  hardware_serial: "5VD4V33",
  hardware_vendor: "Dell Inc.",
  hardware_model: "OptiPlex",
  hardware_version: "",
  platform: "debian",
  platform_like: "",
  os_name: "Debian GNU/Linux",
  os_version: "12 (bookworm)",
  build: "",
  code_name: "bookworm",
  arch: "x86_64",
  kernel_version: "6.1.0-18-amd64",
  cpu_type: "x86_64",
  cpu_subtype: "",
  cpu_brand: "Intel",
  cpu_physical_cores: 4,
  cpu_logical_cores: 8,
  memory: 16_000_000_000,
  uptime_seconds: 12_345_678,
  primary_ip: "10.1.2.3",
  primary_mac: "00:11:22:33:44:55",
  disk_total_bytes: 500_000_000_000,
  disk_available_bytes: 125_000_000_000,
  timezone: "Europe/Berlin",
};

let fixture: DevicesFixture;
let signals: Signals;
let seen: SeenBuffer;
let app: FastifyInstance;

beforeEach(async () => {
  fixture = await devicesFixture();
  const { db, log, metrics, database } = fixture;
  signals = createSignals({ url: database.url, db, log });
  const devices = { ...fixture, signals };
  seen = new SeenBuffer(devices, 5);
  const ingest = { db, replica: readonly(db), log, metrics: createIngestMetrics(metrics) };
  const sessions = new NodeSessions(devices, signals);
  const reports = new ReportMemory(sessions);
  const plugin = musterAgentPlugin({ devices, ingest, seen, sessions, reports, signals, intervalSeconds: 3600, poolSize: 10 });
  const config = { publicUrl: null, tlsCert: null, tlsKey: null };
  app = await buildApp({ routes: [], plugins: [plugin], authenticate: async () => null, config, log, metrics, webRoot: null });
});
afterEach(async () => {
  await app.close();
  await seen.stop();
  await signals.close();
  await fixture.close();
});

async function call(name: string, body: unknown, nodeKey?: string) {
  const headers = {
    "content-type": "application/json",
    ...(nodeKey === undefined ? {} : { authorization: `NodeKey ${nodeKey}` }),
  };
  const payload = Buffer.isBuffer(body) ? body : JSON.stringify(body);
  const reply = await app.inject({ method: "POST", url: `/api/v1/muster/agent/${name}`, headers, payload });
  return { status: reply.statusCode, body: reply.json<Record<string, unknown>>() };
}

async function enroll(): Promise<{ node_key: string; host_id: number }> {
  const { status, body } = await call("enroll", {
    enroll_secret: fixture.secret,
    host_identifier: DETAILS.uuid,
    instance_id: "one",
    agent_version: "0.1.0",
    host_details: DETAILS,
  });
  expect(status).toBe(200);
  return body as { node_key: string; host_id: number };
}

const digestOf = (source: string, rows: SoftwareRow[]) =>
  createHash("sha256")
    .update(sourceDigestText(rows.map((row) => ({ ...emptySoftwareEntry(source), ...(row as object) }) as never)))
    .digest("hex");

const DEBS: SoftwareRow[] = [
  { name: "bash", version: "5.2.15-2+b2", arch: "amd64", facts: { source_package: "bash" } },
  { name: "openssl", version: "3.0.11-1", arch: "amd64" },
];
const PYTHON: SoftwareRow[] = [{ name: "requests", version: "2.31.0", installed_paths: ["/usr/lib/python3/dist-packages"] }];
const digests = (debs = DEBS) => [
  { source: "deb_packages", digest: digestOf("deb_packages", debs) },
  { source: "python_packages", digest: digestOf("python_packages", PYTHON) },
  { source: "rpm_packages", digest: digestOf("rpm_packages", []) },
];
const checkin = (nodeKey: string, more: object = {}) =>
  call("checkin", { agent_version: "0.1.0", sources: digests(), failures: [], ...more }, nodeKey);
const INVENTORY = {
  sources: [
    { source: "deb_packages", rows: DEBS },
    { source: "python_packages", rows: PYTHON },
  ],
};
const host = async () =>
  fixture.db.selectFrom("hosts").select(["hostname", "os_version", "muster_version", "software_count"]).executeTakeFirst();
const refetchRequested = async () =>
  (await fixture.db.selectFrom("hosts").select("refetch_requested").executeTakeFirstOrThrow()).refetch_requested;

test("enrolment answers a key and stores the host's facts", async () => {
  const { host_id, node_key } = await enroll();
  expect(node_key).toHaveLength(43);
  const row = await fixture.db
    .selectFrom("hosts")
    .where("id", "=", host_id)
    .selectAll()
    .executeTakeFirst()
    .catch((e: unknown) => e);
  // 143 days of uptime in nanoseconds do not fit a number: the column is never read as one
  expect(row).toBeInstanceOf(RangeError);
  expect(await host()).toEqual({
    hostname: "build-7",
    os_version: "Debian GNU/Linux 12 (bookworm)",
    muster_version: "0.1.0",
    software_count: 0,
  });
});

test("a wrong enroll secret answers 401", async () => {
  const refused = await call("enroll", { enroll_secret: "x", host_identifier: "a", agent_version: "", host_details: DETAILS });
  expect(refused).toMatchObject({ status: 401, body: { errors: [{ name: "enroll_secret" }] } });
  expect(refused.body).not.toHaveProperty("node_invalid");
});

test("digests first, rows only of sources that differ, nothing when nothing differs", async () => {
  const { node_key } = await enroll();
  const first = await checkin(node_key);
  expect(first.body["wanted"]).toEqual(["deb_packages", "python_packages"]);
  expect(first.body["interval_seconds"]).toBeGreaterThanOrEqual(3600);
  expect((await call("inventory", INVENTORY, node_key)).status).toBe(200);
  expect(await host()).toMatchObject({ software_count: 3 });
  expect((await checkin(node_key)).body["wanted"]).toEqual([]);
  const changed = await checkin(node_key, { sources: digests(DEBS.slice(1)) });
  expect(changed.body["wanted"]).toEqual(["deb_packages"]);
});

test("a source that became empty is wanted, one that always was is not", async () => {
  const { node_key } = await enroll();
  await call("inventory", INVENTORY, node_key);
  const gone = await checkin(node_key, { sources: digests([]) });
  expect(gone.body["wanted"]).toEqual(["deb_packages"]);
});

test("an unchanged check-in marks the report as done and writes nothing to the host", async () => {
  const { node_key } = await enroll();
  await call("inventory", INVENTORY, node_key);
  await seen.flush();
  const before = await fixture.db.selectFrom("hosts").select("updated_at").executeTakeFirst();
  fixture.wait(60);
  await checkin(node_key, { host_details: { ...DETAILS, uptime_seconds: DETAILS.uptime_seconds + 60 } });
  await seen.flush();
  const times = await fixture.db.selectFrom("host_enrollments").select("reported_at").executeTakeFirst();
  expect(times?.reported_at).toEqual(fixture.now());
  expect(await fixture.db.selectFrom("hosts").select("updated_at").executeTakeFirst()).toEqual(before);
});

test("a failed source keeps its rows and shows its error", async () => {
  const { node_key } = await enroll();
  await call("inventory", INVENTORY, node_key);
  await checkin(node_key, { sources: digests().slice(1), failures: [{ source: "deb_packages", error: "dpkg is locked" }] });
  const sources = await fixture.db.selectFrom("host_software_sources").where("source", "=", "deb_packages").selectAll().execute();
  expect(sources).toMatchObject([{ rows_count: 2, error: "dpkg is locked" }]);
  expect(await host()).toMatchObject({ software_count: 3 });
  // healthy again with the same digest: wanted, so that the error goes
  expect((await checkin(node_key)).body["wanted"]).toEqual(["deb_packages"]);
});

test("an agent's update shows at its next check-in", async () => {
  const { node_key } = await enroll();
  await checkin(node_key, { agent_version: "0.2.0" });
  expect(await host()).toMatchObject({ muster_version: "0.2.0" });
  expect(await fixture.db.selectFrom("host_enrollments").select("agent_version").execute()).toEqual([{ agent_version: "0.2.0" }]);
});

test("an unknown key answers 401 with node_invalid, before the body is looked at", async () => {
  const { node_key } = await enroll();
  for (const key of ["nobody", undefined, `${node_key}x`, ""]) {
    for (const name of ["checkin", "inventory", "poll"]) {
      const refused = await call(name, Buffer.from("not json"), key);
      expect(refused).toMatchObject({ status: 401, body: { node_invalid: true, errors: [{ name: "node_key" }] } });
    }
  }
});

test("a key of another kind of agent is none here", async () => {
  const { node_key } = await fixture.enroll({ agent: "osquery" });
  expect((await checkin(node_key)).status).toBe(401);
});

test("bodies may come packed; damage and bombs are refused", async () => {
  const { node_key } = await enroll();
  expect((await call("inventory", gzipSync(JSON.stringify(INVENTORY)), node_key)).status).toBe(200);
  expect(await host()).toMatchObject({ software_count: 3 });
  const damaged = gzipSync(JSON.stringify(INVENTORY)).subarray(0, 60);
  expect(await call("inventory", damaged, node_key)).toMatchObject({ status: 400, body: { errors: [{ name: "body" }] } });
  const bomb = gzipSync(Buffer.alloc(70 * 1024 * 1024, " "));
  expect((await call("inventory", bomb, node_key)).status).toBe(413);
  expect((await call("checkin", Buffer.alloc(600_000, " "), node_key)).status).toBe(413);
});

test.each<[string, unknown, string]>([
  ["checkin", { agent_version: 7, sources: [], failures: [] }, "agent_version"],
  ["checkin", { agent_version: "1", failures: [] }, "sources"],
  ["checkin", { agent_version: "1", sources: [{ source: "deb_packages", digest: "abc" }], failures: [] }, "sources.0.digest"],
  ["checkin", { agent_version: "1", sources: [...digests(), ...digests()], failures: [] }, "sources"],
  [
    "checkin",
    { agent_version: "1", sources: [{ source: "Robert'); --", digest: "0".repeat(64) }], failures: [] },
    "sources.0.source",
  ],
  ["inventory", { sources: [{ source: "deb_packages", rows: [{ version: "1" }] }] }, "sources.0.rows.0.name"],
  ["inventory", { sources: [INVENTORY.sources[0], INVENTORY.sources[0]] }, "sources"],
  ["inventory", [], "body"],
  ["poll", { wait_seconds: 61 }, "wait_seconds"],
  ["poll", { wait_seconds: "1" }, "wait_seconds"],
])("a wrong body of %s names its field (%#)", async (name, body, field) => {
  const { node_key } = await enroll();
  const refused = await call(name, body, node_key);
  expect(refused).toMatchObject({ status: 400, body: { errors: [{ name: field }] } });
});

test("unknown facts in the details are ignored", async () => {
  const { node_key, host_id } = await enroll();
  const evil = { ...DETAILS, software_sequence: 7, id: 99, 'x" = 1; --': "y", __proto__: { memory: 1 } };
  expect((await checkin(node_key, { host_details: evil })).status).toBe(200);
  const rows = await fixture.db.selectFrom("hosts").select(["id", "software_sequence"]).execute();
  expect(rows).toEqual([{ id: host_id, software_sequence: 0 }]);
});

test("a refetch wants every source, and lasts until all of them arrived", async () => {
  const { node_key, host_id } = await enroll();
  await call("inventory", INVENTORY, node_key);
  await requestRefetch({ ...fixture, signals }, host_id);
  expect((await call("poll", { wait_seconds: 60 }, node_key)).body).toMatchObject({ refetch: true });
  // the reply may be lost: the next poll says it again
  expect((await call("poll", { wait_seconds: 60 }, node_key)).body).toMatchObject({ refetch: true });
  expect((await checkin(node_key)).body["wanted"]).toEqual(["deb_packages", "python_packages", "rpm_packages"]);
  await call("inventory", INVENTORY, node_key);
  expect(await refetchRequested()).toBe(true);
  await call("inventory", { sources: [{ source: "rpm_packages", rows: [] }] }, node_key);
  expect(await refetchRequested()).toBe(false);
  expect((await call("poll", { wait_seconds: 0 }, node_key)).body).toMatchObject({ refetch: false });
});

test("an inventory that answers no refetch leaves the refetch wanted", async () => {
  const { node_key, host_id } = await enroll();
  await checkin(node_key);
  await requestRefetch({ ...fixture, signals }, host_id);
  await call("inventory", INVENTORY, node_key);
  expect(await refetchRequested()).toBe(true);
});

const heldPolls = async () => /^muster_agent_polls_held (\d+)$/m.exec(await fixture.metrics.text())?.[1];

test("a held poll is answered when a refetch is asked for, at once", async () => {
  const { node_key, host_id } = await enroll();
  const start = performance.now();
  const poll = call("poll", { wait_seconds: 60 }, node_key);
  await expect.poll(heldPolls).toBe("1");
  await requestRefetch({ ...fixture, signals }, host_id);
  expect((await poll).body).toMatchObject({ refetch: true });
  expect(performance.now() - start).toBeLessThan(30_000);
});

test("a poll never misses a refetch, whenever it comes", async () => {
  const { node_key, host_id } = await enroll();
  for (let i = 0; i < 20; i++) {
    const [poll] = await Promise.all([
      call("poll", { wait_seconds: 10 }, node_key),
      new Promise((resolve) => setTimeout(resolve, i)).then(() => requestRefetch({ ...fixture, signals }, host_id)),
    ]);
    expect(poll.body).toMatchObject({ refetch: true });
    await fixture.db.updateTable("hosts").set({ refetch_requested: false }).execute();
  }
});

test("a poll that nobody signals ends with its wait", async () => {
  const { node_key } = await enroll();
  const start = performance.now();
  expect((await call("poll", { wait_seconds: 1 }, node_key)).body).toMatchObject({ refetch: false });
  expect(performance.now() - start).toBeGreaterThan(900);
});

test("a poll reads the database once and writes nothing; while it is held it does nothing", async () => {
  const { node_key } = await enroll();
  await seen.stop();
  let connections = 0;
  fixture.database.pool.on("acquire", () => connections++);
  await call("poll", { wait_seconds: 1 }, node_key);
  expect(connections).toBe(1);
});

test("a poll names the settings that the host follows, those of its end when it was held; a check-in names the same", async () => {
  const { host_id, node_key } = await enroll();
  const before = (await hostCollection(fixture.db, host_id)).etag;
  expect((await call("poll", { wait_seconds: 0 }, node_key)).body).toEqual({ refetch: false, collection_etag: before });
  const held = call("poll", { wait_seconds: 2 }, node_key);
  await expect.poll(heldPolls).toBe("1");
  const { label } = await createLabel(fixture, { name: "quiet" }, null);
  const settings = { sources: {}, labels: [{ label_id: label.id, sources: { npm_packages: { enabled: false } } }] };
  await writeCollectionSettings({ ...fixture, signals }, settings, null);
  await labelHost(fixture, host_id, ["quiet"], true);
  const { etag } = await hostCollection(fixture.db, host_id);
  expect(etag).not.toBe(before);
  expect((await held).body).toEqual({ refetch: false, collection_etag: etag });
  expect((await checkin(node_key)).body).toMatchObject({ collection_etag: etag });
});

test("a held poll of a deleted host is told so at once", async () => {
  const { node_key, host_id } = await enroll();
  const poll = call("poll", { wait_seconds: 20 }, node_key);
  await new Promise((resolve) => setTimeout(resolve, 300));
  await deleteHost({ ...fixture, signals }, host_id, null);
  expect(await poll).toMatchObject({ status: 401, body: { node_invalid: true } });
});

test("an agent that hangs up leaves nothing behind; stopping the server answers held polls", async () => {
  const { node_key } = await enroll();
  await app.listen({ port: 0, host: "127.0.0.1" });
  const url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}/api/v1/muster/agent/poll`;
  const request = { method: "POST", headers: { authorization: `NodeKey ${node_key}` }, body: '{"wait_seconds":60}' };
  const hangUp = new AbortController();
  const gone = fetch(url, { ...request, signal: hangUp.signal }).catch((error: unknown) => error);
  const stays = fetch(url, request);
  await expect.poll(heldPolls).toBe("2");
  hangUp.abort();
  await gone;
  await expect.poll(heldPolls).toBe("1");
  const start = performance.now();
  const closing = app.close();
  const answer = await stays;
  expect(answer.headers.get("connection")).toBe("close");
  expect(await answer.json()).toMatchObject({ refetch: false });
  expect(performance.now() - start).toBeLessThan(30_000);
  await closing;
});

test("calls count as signs of life", async () => {
  const { node_key, host_id } = await enroll();
  fixture.wait(500);
  await call("poll", { wait_seconds: 0 }, node_key);
  await seen.flush();
  const row = await fixture.db
    .selectFrom("host_seen_times")
    .where("host_id", "=", host_id)
    .select("seen_time")
    .executeTakeFirst();
  expect(row?.seen_time).toEqual(fixture.now());
});
