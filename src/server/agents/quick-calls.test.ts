import type { AddressInfo } from "node:net";
import type { FastifyInstance } from "fastify";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { readConfig } from "#server/config.ts";
import { readonly } from "#server/database/pools.ts";
import { deleteHost } from "#server/devices/delete-hosts.ts";
import { NodeSessions } from "#server/devices/node-sessions.ts";
import { requestRefetch } from "#server/devices/request-refetch.ts";
import { SeenBuffer } from "#server/devices/seen-buffer.ts";
import { buildApp } from "#server/http/app.ts";
import { createIngestMetrics } from "#server/inventory/ingest-metrics.ts";
import { ingestReport } from "#server/inventory/ingest-report.ts";
import { createSignals } from "#server/notify/signals.ts";
import type { Signals } from "#server/notify/signals.ts";
import { createMetrics } from "#server/observe/metrics.ts";
import { devicesFixture } from "#test/support/devices.ts";
import type { DevicesFixture } from "#test/support/devices.ts";
import { PATIENT } from "#test/support/patience.ts";
import { musterAgentPlugin } from "./muster/muster-agent-plugin.ts";
import { quickCalls } from "./muster/quick-calls.ts";
import { osqueryPlugin } from "./osquery/osquery-plugin.ts";
import { osqueryMemories } from "./osquery/memories.ts";
import { quickOsqueryCalls } from "./osquery/quick-calls.ts";
import { takeResults } from "./osquery/take-results.ts";
import { ReportMemory } from "./report-memory.ts";

vi.mock(import("./osquery/take-results.ts"), { spy: true });

interface Process {
  url: string;
  app: FastifyInstance;
  signals: Signals;
  sessions: NodeSessions;
  seen: SeenBuffer;
}

let fixture: DevicesFixture;
let here: Process;
let there: Process;

beforeEach(async () => {
  fixture = await devicesFixture();
  [here, there] = await Promise.all([startProcess(), startProcess()]);
});
afterEach(async () => {
  for (const { app, signals, sessions, seen } of [here, there]) {
    await app.close();
    sessions.stop();
    await seen.stop();
    await signals.close();
  }
  await fixture.close();
});

/** One server process with both protocols, on the common database, listening for real: what is quick never reaches Fastify. */
async function startProcess(): Promise<Process> {
  const { db, log, now, database } = fixture;
  const metrics = createMetrics();
  const signals = createSignals({ url: database.url, db, log });
  const devices = { ...fixture, metrics, signals };
  const sessions = new NodeSessions(devices, signals);
  const reports = new ReportMemory(sessions);
  const seen = new SeenBuffer(devices, 3_600_000);
  const ingest = { db, replica: readonly(db), log, metrics: createIngestMetrics(metrics) };
  const memories = osqueryMemories({ sessions });
  const common = { devices, ingest, seen, sessions, intervalSeconds: 3600, poolSize: 10 };
  const app = await buildApp({
    routes: [],
    plugins: [osqueryPlugin({ ...common, now, log, metrics }, memories), musterAgentPlugin({ ...common, reports, signals })],
    fastCalls: [...quickOsqueryCalls({ ...common, ...memories, now }), ...quickCalls({ ...common, reports })],
    authenticate: async () => null,
    config: readConfig({}),
    log,
    metrics,
    webRoot: null,
  });
  await app.listen({ port: 0, host: "127.0.0.1" });
  let listening = false;
  signals.watch((state) => (listening = state));
  await vi.waitUntil(() => listening, PATIENT);
  return { url: `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`, app, signals, sessions, seen };
}

async function post({ url }: Process, path: string, body: string, key?: string): Promise<{ status: number; body: unknown }> {
  const headers = { "content-type": "application/json", ...(key === undefined ? {} : { authorization: `NodeKey ${key}` }) };
  const reply = await fetch(`${url}${path}`, { method: "POST", headers, body });
  return { status: reply.status, body: await reply.json() };
}

const READ = "/api/osquery/distributed/read";
const poll = (process: Process, node_key: string) => post(process, READ, JSON.stringify({ node_key }));

/** A host whose osquery has just reported, polled once in the second process. */
async function reportedHost(): Promise<{ host_id: number; node_key: string }> {
  const enrolled = await fixture.enroll();
  await fixture.db
    .updateTable("host_enrollments")
    .set({ reported_at: fixture.now() })
    .where("host_id", "=", enrolled.host_id)
    .execute();
  expect(await poll(there, enrolled.node_key)).toEqual({ status: 200, body: {} });
  return enrolled;
}

test("a poll with nothing due asks the database nothing, and counts as seen", async () => {
  const { node_key, host_id } = await reportedHost();
  const queries = vi.spyOn(fixture.db, "executeQuery");
  fixture.wait(60);
  for (let i = 0; i < 3; i++) expect(await poll(there, node_key)).toEqual({ status: 200, body: {} });
  expect(queries).not.toHaveBeenCalled();
  await there.seen.flush();
  const row = await fixture.db
    .selectFrom("host_seen_times")
    .where("host_id", "=", host_id)
    .select("seen_time")
    .executeTakeFirst();
  expect(row?.seen_time).toEqual(fixture.now());
});

test("a refetch that one process is asked for reaches the next poll at the other", async () => {
  const { node_key, host_id } = await reportedHost();
  await requestRefetch({ db: fixture.db, signals: here.signals }, host_id);
  await vi.waitUntil(() => there.sessions.kept(node_key) === null, PATIENT);
  expect((await poll(there, node_key)).body).toHaveProperty("queries");
});

test("a host that one process deletes is refused at the next poll at the other", async () => {
  const { node_key, host_id } = await reportedHost();
  await deleteHost({ ...fixture, signals: here.signals }, host_id, null);
  await vi.waitUntil(() => there.sessions.kept(node_key) === null, PATIENT);
  expect(await poll(there, node_key)).toMatchObject({ status: 401, body: { node_invalid: true } });
});

test("a report becomes due by the clock alone", async () => {
  const { node_key } = await reportedHost();
  fixture.wait(3600 * 1.2);
  expect((await poll(there, node_key)).body).toHaveProperty("queries");
});

test.each([
  ["an unknown key", JSON.stringify({ node_key: "nobody's" }), 401],
  ["no key", "{}", 401],
  ["no JSON", "{", 400],
  ["another type", "[1]", 400],
  ["null", "null", 400],
])("%s is refused in osquery's words", async (_what, body, status) => {
  const reply = await post(there, READ, body);
  expect(reply.status).toBe(status);
  expect(reply.body).toHaveProperty("error");
});

const CHECKIN = "/api/v1/muster/agent/checkin";

test("a check-in of Muster's agent that repeats the last one costs one read, until anything about the host changes", async () => {
  const { node_key, host_id } = await fixture.enroll({ agent: "muster", agent_version: "1.0.0" });
  const body = JSON.stringify({
    agent_version: "1.0.0",
    sources: [{ source: "deb_packages", digest: "0".repeat(64) }],
    failures: [],
  });
  const ask = async (process: Process): Promise<string[]> =>
    ((await post(process, CHECKIN, body, node_key)).body as { wanted: string[] }).wanted;
  expect(await ask(there)).toEqual(["deb_packages"]);
  await fixture.db
    .insertInto("host_software_sources")
    .values({ host_id, source: "deb_packages", digest: Buffer.alloc(32), rows_count: 0 })
    .execute();
  expect(await ask(there)).toEqual([]);
  const queries = vi.spyOn(fixture.db, "executeQuery");
  expect(await ask(there)).toEqual([]);
  expect(queries).toHaveBeenCalledTimes(1);
  const { db, log } = fixture;
  const ingest = { db, replica: readonly(db), log, metrics: createIngestMetrics(createMetrics()) };
  await ingestReport(ingest, host_id, [{ source: "deb_packages", ok: false, error: "broken" }]);
  expect(await ask(there)).toEqual(["deb_packages"]);
});

const WRITE = "/api/osquery/distributed/write";

function writeBody(node_key: string, packages: string[], details: object = {}): string {
  const queries = {
    muster_detail_query_os_version: [{ name: "Debian GNU/Linux", version: "12", platform: "debian", ...details }],
    muster_software_deb_packages: packages.map((name) => ({ name, version: "1", source: "deb_packages", arch: "amd64" })),
  };
  return JSON.stringify({ node_key, queries, statuses: Object.fromEntries(Object.keys(queries).map((name) => [name, 0])) });
}

async function packagesOf(hostId: number): Promise<string[]> {
  const rows = await fixture.db
    .selectFrom("host_software as hs")
    .innerJoin("software as s", "s.id", "hs.software_id")
    .where("hs.host_id", "=", hostId)
    .select("s.name")
    .orderBy("s.name")
    .execute();
  return rows.map((row) => row.name);
}

test("a write that repeats the last one costs one read and counts as a report; any difference is taken", async () => {
  const { node_key, host_id } = await fixture.enroll();
  const write = (packages: string[], details?: object) => post(there, WRITE, writeBody(node_key, packages, details));
  for (let i = 0; i < 2; i++) expect(await write(["a", "b"])).toEqual({ status: 200, body: {} });
  await there.seen.flush();
  const queries = vi.spyOn(fixture.db, "executeQuery");
  vi.mocked(takeResults).mockClear();
  fixture.wait(600);
  expect(await write(["a", "b"])).toEqual({ status: 200, body: {} });
  expect(queries).toHaveBeenCalledTimes(1);
  expect(takeResults).not.toHaveBeenCalled();
  queries.mockRestore();
  await there.seen.flush();
  const { reported_at } = await fixture.db
    .selectFrom("host_enrollments")
    .where("host_id", "=", host_id)
    .select("reported_at")
    .executeTakeFirstOrThrow();
  expect(reported_at).toEqual(fixture.now());
  await write(["a", "c"]);
  expect(await packagesOf(host_id)).toEqual(["a", "c"]);
  await write(["a", "c"], { version: "13" });
  const host = await fixture.db.selectFrom("hosts").where("id", "=", host_id).select("os_version").executeTakeFirstOrThrow();
  expect(host.os_version).toContain("13");
});

test("what another process took in between is noticed by a write that repeats this process's last one", async () => {
  const { node_key, host_id } = await fixture.enroll();
  for (let i = 0; i < 2; i++) await post(there, WRITE, writeBody(node_key, ["a"]));
  await post(here, WRITE, writeBody(node_key, ["b"]));
  expect(await post(there, WRITE, writeBody(node_key, ["a"]))).toEqual({ status: 200, body: {} });
  expect(await packagesOf(host_id)).toEqual(["a"]);
});

test("a host that is due is asked the same with and without the quick way, and what labels ask besides", async () => {
  const { node_key } = await reportedHost();
  await fixture.db.updateTable("hosts").set({ platform: "debian" }).execute();
  fixture.wait(3600 * 1.2);
  // the first poll of a process has no session in memory, the next ones do
  const slow = await poll(here, node_key);
  const quick = await poll(there, node_key);
  expect(quick).toEqual(slow);
  await fixture.db
    .insertInto("labels")
    .values({ name: "asks", label_membership_type: "dynamic", query: "SELECT 1", platform: "" })
    .execute();
  fixture.wait(120);
  const names = Object.keys(((await poll(there, node_key)).body as { queries: object }).queries);
  expect(names.some((name) => name.startsWith("fleet_label_query_"))).toBe(true);
});

test("a refetch is not hidden by a repeated check-in or a poll that does not wait", async () => {
  const { node_key, host_id } = await fixture.enroll({ agent: "muster", agent_version: "1.0.0" });
  const body = JSON.stringify({
    agent_version: "1.0.0",
    sources: [{ source: "deb_packages", digest: "0".repeat(64) }],
    failures: [],
  });
  await fixture.db
    .insertInto("host_software_sources")
    .values({ host_id, source: "deb_packages", digest: Buffer.alloc(32), rows_count: 0 })
    .execute();
  for (let i = 0; i < 2; i++) expect((await post(there, CHECKIN, body, node_key)).body).toMatchObject({ wanted: [] });
  const noWait = JSON.stringify({ wait_seconds: 0 });
  expect((await post(there, "/api/v1/muster/agent/poll", noWait, node_key)).body).toMatchObject({ refetch: false });
  await requestRefetch({ db: fixture.db, signals: here.signals }, host_id);
  await vi.waitUntil(() => there.sessions.kept(node_key) === null, PATIENT);
  expect((await post(there, "/api/v1/muster/agent/poll", noWait, node_key)).body).toMatchObject({ refetch: true });
  expect((await post(there, CHECKIN, body, node_key)).body).toMatchObject({ wanted: ["deb_packages"] });
});
