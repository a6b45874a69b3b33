import { afterAll, beforeAll, expect, it } from "vitest";
import { softwareReports } from "#server/agents/osquery/translate/software.ts";
import { readonly } from "#server/database/pools.ts";
import { createIngestMetrics } from "#server/inventory/ingest-metrics.ts";
import { ingestReport } from "#server/inventory/ingest-report.ts";
import { createLog } from "#server/observe/log.ts";
import { createMetrics } from "#server/observe/metrics.ts";
import { testServer } from "#test/support/server.ts";
import type { TestServer } from "#test/support/server.ts";

let server: TestServer;
let label: number;
const hosts: number[] = [];

/** Three devices, two of one operating system; each has `shared` and a package of its own. The first two are in the label. */
beforeAll(async () => {
  server = await testServer();
  const { db } = server;
  const deps = { db, replica: readonly(db), log: createLog("silent"), metrics: createIngestMetrics(createMetrics()) };
  const systems = await db
    .insertInto("operating_systems")
    .values(
      ["11", "12"].map((version) => ({ name: "Debian", version, arch: "x86_64", kernel_version: "6.1", platform: "debian" })),
    )
    .returning("id")
    .execute();
  for (const number of [0, 1, 2]) {
    const { id } = await db
      .insertInto("hosts")
      .values({ hostname: `h${number}`, platform: "debian", operating_system_id: systems[number === 0 ? 0 : 1]?.id ?? null })
      .returning("id")
      .executeTakeFirstOrThrow();
    await db.insertInto("host_seen_times").values({ host_id: id, seen_time: new Date() }).execute();
    const rows = ["shared", `own-${number}`].map((name) => ({ name, version: "1" }));
    await ingestReport(deps, id, softwareReports(new Map([["muster_software_deb_packages", { ok: true, rows }]]), "debian"));
    hosts.push(id);
  }
  ({ id: label } = await db
    .insertInto("labels")
    .values({ name: "first two", label_membership_type: "manual", criteria: null as never })
    .returning("id")
    .executeTakeFirstOrThrow());
  const members = hosts.slice(0, 2).map((host_id) => ({ host_id, label_id: label }));
  await db.insertInto("label_membership").values(members).execute();
});
afterAll(() => server.stop());

async function get(path: string): Promise<{ status: number; body: Record<string, never> }> {
  const answer = await fetch(`${server.url}/api/latest/fleet${path}`, { headers: { authorization: `Bearer ${server.token}` } });
  return { status: answer.status, body: (await answer.json()) as Record<string, never> };
}

async function counted(path: string, key: string): Promise<[total: number, rows: Record<string, number>]> {
  const { status, body } = await get(path);
  expect([status, status === 200 ? {} : body]).toEqual([200, {}]);
  const rows = body[key] as unknown as { name: string; hosts_count: number }[];
  return [body["count"] as unknown as number, Object.fromEntries(rows.map((row) => [row.name, row.hosts_count]))];
}

it.each([
  ["/software/titles", "software_titles"],
  ["/software/versions", "software"],
])("%s of a label: what its devices hold, counted within it; all without it", async (path, key) => {
  expect(await counted(`${path}?label_id=${label}`, key)).toEqual([3, { shared: 2, "own-0": 1, "own-1": 1 }]);
  expect(await counted(`${path}?label_id=${label}&query=own`, key)).toEqual([2, { "own-0": 1, "own-1": 1 }]);
  expect(await counted(path, key)).toEqual([4, { shared: 3, "own-0": 1, "own-1": 1, "own-2": 1 }]);
});

it("the devices of a label, and those of a title within it, are as many as the counts say", async () => {
  const ids = async (query: string) =>
    ((await get(`/hosts?${query}`)).body["hosts"] as unknown as { id: number }[])
      .map((host) => host.id)
      .toSorted((a, b) => a - b);
  expect(await ids(`label_id=${label}`)).toEqual(hosts.slice(0, 2));
  const { body } = await get(`/software/titles?label_id=${label}&query=shared`);
  const title = (body["software_titles"] as unknown as { id: number }[])[0]?.id ?? 0;
  expect(await ids(`label_id=${label}&software_title_id=${title}`)).toEqual(hosts.slice(0, 2));
});

it("the operating systems of a label: those of its devices, counted within it", async () => {
  expect(await counted(`/os_versions?label_id=${label}`, "os_versions")).toEqual([2, { "Debian 11": 1, "Debian 12": 1 }]);
  expect(await counted("/os_versions", "os_versions")).toEqual([2, { "Debian 11": 1, "Debian 12": 2 }]);
});

it.each(["/software/titles", "/software/versions"])("%s of a label that is not there is said, by name", async (path) => {
  const { status, body } = await get(`${path}?label_id=999999`);
  expect(status).toBe(404);
  expect(JSON.stringify(body)).toContain("label_id");
});
