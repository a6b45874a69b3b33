import type { FastifyInstance } from "fastify";
import { clearForgottenHosts } from "../inventory/remove-host-software.ts";
import { afterEach, beforeEach, expect, test } from "vitest";
import { emptySoftwareEntry } from "#domain/software/software.ts";
import type { HostDetail } from "#protocol/rest/hosts.ts";
import { readonly } from "#server/database/pools.ts";
import { buildApp } from "#server/http/app.ts";
import type { Caller } from "#server/http/route.ts";
import { createIngestMetrics } from "#server/inventory/ingest-metrics.ts";
import { ingestReport } from "#server/inventory/ingest-report.ts";
import { devicesFixture } from "#test/support/devices.ts";
import type { DevicesFixture } from "#test/support/devices.ts";
import { authenticateNode } from "./authenticate-node.ts";
import { devicesRoutes } from "./routes.ts";

/** Hosts and operating systems through the whole HTTP server, whose answers are checked against their schemas. */

const ADMIN: Caller = { user_id: 1, session_id: 1, name: "Ada", email: "ada@example.org", api_only: false, global_role: "admin" };
let fixture: DevicesFixture;
let app: FastifyInstance;

beforeEach(async () => {
  fixture = await devicesFixture();
  const { log, metrics } = fixture;
  const config = { publicUrl: null, tlsCert: null, tlsKey: null };
  const authenticate = async (token: string) => (token === "admin" ? ADMIN : null);
  app = await buildApp({ routes: devicesRoutes(fixture), plugins: [], authenticate, config, log, metrics, webRoot: null });
});
afterEach(async () => {
  await app.close();
  await fixture.close();
});

async function call<T = Record<string, unknown>>(method: "GET" | "POST" | "DELETE", path: string, body?: object) {
  const headers = { authorization: "Bearer admin" };
  const reply = await app.inject({
    method,
    url: `/api/v1/fleet${path}`,
    headers,
    ...(body === undefined ? {} : { payload: body }),
  });
  return { status: reply.statusCode, body: reply.json<T>() };
}

async function hostWithSoftware() {
  const enrolled = await fixture.enroll();
  const { db, log, metrics } = fixture;
  const entries = ["bash", "vim"].map((name) => ({ ...emptySoftwareEntry("deb_packages"), name, version: "1" }));
  await ingestReport({ db, replica: readonly(db), log, metrics: createIngestMetrics(metrics) }, enrolled.host_id, [
    { source: "deb_packages", ok: true, entries },
    { source: "rpm_packages", ok: false, error: "no rpm" },
  ]);
  return enrolled;
}

test("list and count answer in their shapes, over the whole stack", async () => {
  await hostWithSoftware();
  const list = await call("GET", "/hosts?order_key=display_name&order_direction=desc&per_page=1&query=anna");
  expect(list).toMatchObject({ status: 200, body: { hosts: [{ display_name: "anna-laptop", software_count: 2 }] } });
  expect(list.body["meta"]).toEqual({ has_next_results: false, has_previous_results: false });
  expect((await call("GET", "/hosts/count?status=online")).body).toEqual({ count: 1 });
  expect((await call("GET", "/host_summary")).body).toMatchObject({ totals_hosts_count: 1, online_count: 1 });
  expect((await call("GET", "/os_versions")).body).toMatchObject({ count: 0, os_versions: [] });
});

test("Fleet's parameters that mean nothing here are accepted, unknown ones and wrong values refused by name", async () => {
  expect((await call("GET", "/hosts?team_id=0&populate_software=true&disable_issues=1")).status).toBe(200);
  expect(await call("GET", "/hosts?colour=red")).toMatchObject({ status: 400, body: { errors: [{ name: "colour" }] } });
  expect(await call("GET", "/hosts?status=asleep")).toMatchObject({ status: 400, body: { errors: [{ name: "status" }] } });
  expect(await call("GET", "/hosts?order_key=memory&after=much,1")).toMatchObject({
    status: 400,
    body: { errors: [{ name: "after" }] },
  });
  expect(await call("GET", "/hosts?os_name=Ubuntu")).toMatchObject({ status: 422, body: { errors: [{ name: "os_version" }] } });
});

test("a host's detail holds its facts, agents, sources and software", async () => {
  const { host_id } = await hostWithSoftware();
  const { body } = await call<{ host: HostDetail }>("GET", `/hosts/${host_id}`);
  expect(body.host.software?.map((s) => s.name)).toEqual(["bash", "vim"]);
  expect(body.host.agents).toMatchObject([{ agent: "osquery", version: "5.23.0" }]);
  expect(body.host.sources).toMatchObject([
    { source: "deb_packages", rows_count: 2, error: null },
    { source: "rpm_packages", error: "no rpm" },
  ]);
  const without = await call<{ host: HostDetail }>("GET", `/hosts/${host_id}?exclude_software=true`);
  expect(without.body.host).not.toHaveProperty("software");
});

test.each([
  "4C4C4544-0042-3510-8054-B4C04F564433",
  "4c4c4544-0042-3510-8054-b4c04f564433",
  "ANNA-laptop",
  "5vd4v33",
  "an identifier / with?",
])("the host is found by identifier %s", async (identifier) => {
  const { host_id } = await fixture.enroll({ identifier: "an identifier / with?" });
  const { body } = await call<{ host: HostDetail }>("GET", `/hosts/identifier/${encodeURIComponent(identifier)}`);
  expect(body.host.id).toBe(host_id);
});

test("of hosts with one name the one enrolled last answers; nobody's name is not found", async () => {
  await fixture.enroll({ identifier: "a", hardware: { uuid: "", hardware_serial: "" } });
  fixture.wait(1);
  const second = await fixture.enroll({ identifier: "b", hardware: { uuid: "", hardware_serial: "" } });
  const { body } = await call<{ host: HostDetail }>("GET", "/hosts/identifier/anna-laptop");
  expect(body.host.id).toBe(second.host_id);
  expect(await call("GET", "/hosts/identifier/nobody")).toMatchObject({
    status: 404,
    body: { errors: [{ name: "identifier" }] },
  });
});

test("deleting a host forgets its software, its counts and its key, and is in the audit trail", async () => {
  const { host_id, node_key } = await hostWithSoftware();
  expect((await call("DELETE", `/hosts/${host_id}`)).status).toBe(200);
  expect((await call("GET", `/hosts/${host_id}`)).status).toBe(404);
  expect(await authenticateNode(fixture, node_key)).toBeNull();
  // links of a deleted host are out of every count and list at once, and cleared away in the background
  expect(await clearForgottenHosts(fixture.db)).toBe(1);
  for (const table of ["host_software", "host_software_sources", "host_enrollments", "host_seen_times"] as const) {
    expect(await fixture.db.selectFrom(table).selectAll().execute()).toEqual([]);
  }
  const activity = await fixture.db.selectFrom("activities").where("type", "=", "deleted_host").selectAll().executeTakeFirst();
  expect(activity).toMatchObject({
    actor_email: "ada@example.org",
    details: { host_id, host_display_name: "anna-laptop", host_serial: "5VD4V33" },
  });
  expect(fixture.published).toEqual([`host ${host_id}`]);
  expect((await call("DELETE", `/hosts/${host_id}`)).status).toBe(404);
});

test("a host that is deleted may enrol again, as a new host", async () => {
  const first = await fixture.enroll();
  await call("DELETE", `/hosts/${first.host_id}`);
  const second = await fixture.enroll();
  expect(second.host_id).not.toBe(first.host_id);
  expect(await fixture.activities("fleet_enrolled")).toHaveLength(2);
});

test("several hosts are deleted by one call; those that do not exist do not matter", async () => {
  const hosts = [];
  for (let i = 0; i < 3; i++) {
    hosts.push(await fixture.enroll({ identifier: `${i}`, hardware: { uuid: "", hardware_serial: `SERIAL-${i}` } }));
  }
  const ids = hosts.slice(0, 2).map((h) => h.host_id);
  expect((await call("POST", "/hosts/delete", { ids: [...ids, ...ids, 9999] })).status).toBe(200);
  expect((await call("GET", "/hosts/count")).body).toEqual({ count: 1 });
  expect(await fixture.activities("deleted_host")).toHaveLength(2);
  expect(await call("POST", "/hosts/delete", { ids: [] })).toMatchObject({ status: 422, body: { errors: [{ name: "ids" }] } });
});

test("a refetch is stored and signalled", async () => {
  const { host_id, node_key } = await fixture.enroll();
  expect((await call("POST", `/hosts/${host_id}/refetch`)).status).toBe(200);
  expect((await call("POST", `/hosts/${host_id}/refetch`)).status).toBe(200);
  expect(fixture.published).toEqual([`host ${host_id}`, `host ${host_id}`]);
  expect(await authenticateNode(fixture, node_key)).toMatchObject({ refetch_requested: true });
  expect((await call("GET", `/hosts/${host_id}`)).body["host"]).toMatchObject({ refetch_requested: true });
  expect((await call("POST", "/hosts/9999/refetch")).status).toBe(404);
});
