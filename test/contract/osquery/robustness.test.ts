import { gzipSync } from "node:zlib";
import type { Pool } from "pg";
import { afterEach, beforeEach, expect, test } from "vitest";
import { AGENT_BODY_BYTES_MAX } from "#domain/core/limits.ts";
import { type OsqueryServer, osqueryServer, SECRET, softwareLines } from "./osquery-server.ts";

let server: OsqueryServer;
let node_key: string;

const call = (path: string, payload: object | Buffer, headers: Record<string, string> = {}) =>
  server.app.inject({ method: "POST", url: `/api/osquery/${path}`, payload, headers });
const write = (
  queries: Record<string, unknown>,
  statuses: Record<string, unknown> = {},
  messages: Record<string, unknown> = {},
) => call("distributed/write", { node_key, queries, statuses, messages });
const debs = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ name: `package-${i}`, version: `1.${i}-1`, source: "", maintainer: "m" }));

beforeEach(async () => {
  server = await osqueryServer();
  const host_details = {
    os_version: { name: "Debian GNU/Linux", version: "12", platform: "debian" },
    system_info: { hostname: "h" },
    osquery_info: { version: "5.23.0" },
  };
  node_key = (await call("enroll", { enroll_secret: SECRET, host_identifier: "h", host_details })).json<{ node_key: string }>()
    .node_key;
});
afterEach(() => server.close());

test("the same results twice, at once and later, are the same as once", async () => {
  const queries = { muster_software_deb_packages: debs(300) };
  const replies = await Promise.all([write(queries), write(queries), write(queries)]);
  replies.push(await write(queries));
  expect(replies.map((r) => r.json<object>())).toEqual([{}, {}, {}, {}]);
  expect(await softwareLines(server.db, "h")).toHaveLength(300);
});

test("a host with 20,000 rows works", async () => {
  expect((await write({ muster_software_deb_packages: debs(20_000) })).json()).toEqual({});
  expect(await softwareLines(server.db, "h")).toHaveLength(20_000);
});

test("an absurd report is taken without its absurd source, which says why", async () => {
  const reply = await write({
    muster_software_deb_packages: debs(60_000),
    muster_software_npm_packages: [{ name: "npm", version: "11" }],
  });
  expect(reply.json()).toEqual({});
  expect(await softwareLines(server.db, "h")).toEqual(["npm_packages | npm | 11"]);
  const [failed] = await server.db
    .selectFrom("host_software_sources")
    .select(["source", "error"])
    .where("error", "is not", null)
    .execute();
  expect(failed).toEqual({
    source: "deb_packages",
    error: "60001 software rows in one report; at most 50000 are accepted from one host.",
  });
});

test("hostile rows cost their neighbours nothing", async () => {
  const hostile = [
    { name: "nul\u0000inside", version: "1" },
    { name: "half \ud800 pair", version: "2" },
    { name: "n".repeat(10_000), version: "v".repeat(10_000), source: "s".repeat(10_000), maintainer: "m".repeat(100_000) },
    { name: "  ", version: "3" },
    { version: "no name" },
    { name: { not: "text" }, version: ["4"] },
    { name: "good", version: "5" },
  ];
  const reply = await write(
    {
      muster_software_deb_packages: hostile,
      muster_detail_query_system_info: [
        { hostname: "h\u0000\ud800", physical_memory: "1e400", cpu_logical_cores: "99999999999" },
      ],
    },
    { muster_software_npm_packages: 1 },
    { muster_software_npm_packages: "bad\u0000message" },
  );
  expect(reply.json()).toEqual({});
  const [row] = await server.db.selectFrom("hosts").select(["id", "hostname"]).execute();
  const lines = await softwareLines(server.db, row?.hostname ?? "");
  expect(lines).toHaveLength(4);
  expect(lines).toContain("deb_packages | good | 5");
  expect(lines).toContain("deb_packages | nulinside | 1");
});

test("one malformed result is that query's failure", async () => {
  const queries = {
    muster_software_deb_packages: debs(1),
    muster_software_rpm_packages: { not: "a list" },
    muster_software_npm_packages: [7],
  };
  expect((await write(queries)).json()).toEqual({});
  const failed = await server.db
    .selectFrom("host_software_sources")
    .select("source")
    .where("error", "is not", null)
    .orderBy("source")
    .execute();
  expect(failed.map((row) => row.source)).toEqual(["npm_packages", "rpm_packages"]);
});

test("a body past the bound is refused with an error key, plain and compressed", async () => {
  const plain = await call("distributed/write", Buffer.alloc(AGENT_BODY_BYTES_MAX + 1, " "));
  expect([plain.statusCode, Object.keys(plain.json<object>())]).toEqual([413, ["error"]]);
  const bomb = await call("log", gzipSync(Buffer.alloc(AGENT_BODY_BYTES_MAX + 1, " ")), { "content-encoding": "gzip" });
  expect([bomb.statusCode, Object.keys(bomb.json<object>())]).toEqual([413, ["error"]]);
});

test("the header's key counts where the body has none, and the body's where both are", async () => {
  const header = { authorization: `NodeKey ${node_key}` };
  expect((await call("config", {}, header)).json()).toHaveProperty("options");
  expect((await call("config", { node_key: "nobody's" }, header)).statusCode).toBe(401);
  expect((await call("config", { node_key }, { authorization: "NodeKey nobody's" })).statusCode).toBe(200);
});

test("an idle poll is one database query, and an unknown key no more", async () => {
  await write({ muster_software_deb_packages: debs(1) });
  await server.flush();
  expect(await queriesOf(server.pool, () => call("distributed/read", { node_key }))).toBe(1);
  expect(await queriesOf(server.pool, () => call("distributed/read", { node_key: "nobody's" }))).toBe(1);
  expect(await queriesOf(server.pool, () => call("distributed/read", {}))).toBe(0);
});

test("what Muster's own agent reports is neither asked of osquery beside it nor taken from it", async () => {
  const { id } = await server.db.selectFrom("hosts").select("id").executeTakeFirstOrThrow();
  const muster = {
    host_id: id,
    agent: "muster",
    identifier: "h",
    node_key_hash: Buffer.from("k"),
    reported_at: new Date(),
    enrolled_at: new Date(),
  };
  await server.db.insertInto("host_enrollments").values(muster).execute();
  const asked = Object.keys((await call("distributed/read", { node_key })).json<{ queries: object }>().queries);
  expect(asked).toContain("muster_software_portage_packages");
  expect(asked).not.toContain("muster_software_deb_packages");
  await write({ muster_software_deb_packages: debs(5), muster_software_portage_packages: [{ package: "vim", version: "9" }] });
  expect(await softwareLines(server.db, "h")).toEqual(["portage_packages | vim | 9"]);
});

test("an updated agent's version is noted", async () => {
  await write({ muster_detail_query_osquery_info: [{ version: "5.24.0" }] });
  expect(await server.db.selectFrom("host_enrollments").select("agent_version").execute()).toEqual([{ agent_version: "5.24.0" }]);
});

async function queriesOf(pool: Pool, work: () => Promise<unknown>): Promise<number> {
  let count = 0;
  const listener = (): number => count++;
  pool.on("acquire", listener);
  await work();
  pool.off("acquire", listener);
  return count;
}
