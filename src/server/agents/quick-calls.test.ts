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
import { musterAgentPlugin } from "./muster/muster-agent-plugin.ts";
import { quickCalls } from "./muster/quick-calls.ts";
import { osqueryPlugin } from "./osquery/osquery-plugin.ts";
import { quickPolls } from "./osquery/quick-poll.ts";
import { ReportMemory } from "./report-memory.ts";

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
  const common = { devices, ingest, seen, sessions, intervalSeconds: 3600, poolSize: 10 };
  const app = await buildApp({
    routes: [],
    plugins: [osqueryPlugin({ ...common, now, log, metrics }), musterAgentPlugin({ ...common, reports, signals })],
    fastCalls: [...quickPolls({ ...common, now }), ...quickCalls({ ...common, reports })],
    authenticate: async () => null,
    config: readConfig({}),
    log,
    metrics,
    webRoot: null,
  });
  await app.listen({ port: 0, host: "127.0.0.1" });
  let listening = false;
  signals.watch((state) => (listening = state));
  await vi.waitUntil(() => listening);
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
  await vi.waitUntil(() => there.sessions.kept(node_key) === null);
  expect((await poll(there, node_key)).body).toHaveProperty("queries");
});

test("a host that one process deletes is refused at the next poll at the other", async () => {
  const { node_key, host_id } = await reportedHost();
  await deleteHost({ ...fixture, signals: here.signals }, host_id, null);
  await vi.waitUntil(() => there.sessions.kept(node_key) === null);
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
  await vi.waitUntil(() => there.sessions.kept(node_key) === null);
  expect((await post(there, "/api/v1/muster/agent/poll", noWait, node_key)).body).toMatchObject({ refetch: true });
  expect((await post(there, CHECKIN, body, node_key)).body).toMatchObject({ wanted: ["deb_packages"] });
});
