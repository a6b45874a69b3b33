import { sql } from "kysely";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type DeviceOptions, type SimulatedDevice, simulatedDevice } from "../../support/simulated-osquery/device.ts";
import { fixtureImage, type Image } from "../../support/simulated-osquery/images.ts";
import { expectedSoftware } from "./expected-software.ts";
import { type OsqueryServer, osqueryServer, SECRET, softwareLines } from "./osquery-server.ts";

const MAC = fixtureImage("macos-glpi-8-small");
const CENTOS = fixtureImage("linux-centos-7-osquery");
const DEBIAN = fixtureImage("linux-debian-9-osquery");
const WINDOWS = fixtureImage("windows-11-amcache");

let server: OsqueryServer;
let devices: SimulatedDevice[] = [];

beforeEach(async () => {
  server = await osqueryServer();
});
afterEach(async () => {
  for (const made of devices) made.close();
  devices = [];
  await server.close();
});

function device(image: Image, overrides: DeviceOptions["overrides"] = {}): SimulatedDevice {
  const made = simulatedDevice({ image, serverUrl: server.url, enrollSecret: SECRET, overrides });
  devices.push(made);
  return made;
}

/** Distinct `source | name | version` of an image, without rows that have no name. */
function softwareOf(image: Image): string[] {
  const lines = expectedSoftware(image).map((line) => line.split(" | ").slice(0, 3).join(" | "));
  return lines.filter((line) => line.split(" | ")[1]?.trim() !== "").toSorted();
}

/** Rows that the database itself counted as written, apart from when hosts were seen. */
async function rowsWritten({ db }: OsqueryServer): Promise<number> {
  // each connection of the pool hands its counts over when told to; asleep together, they are all told
  await Promise.all(Array.from({ length: 10 }, () => sql`select pg_stat_force_next_flush(), pg_sleep(0.1)`.execute(db)));
  const { rows } = await sql<{ n: number }>`
    select sum(n_tup_ins + n_tup_upd + n_tup_del)::int8 as n from pg_stat_user_tables where relname <> 'host_seen_times'`.execute(
    db,
  );
  return rows[0]?.n ?? 0;
}

test.each([MAC, CENTOS, DEBIAN, WINDOWS])(
  "a device with $name enrols, reports once, and all its software is there",
  async (image) => {
    const host = device(image);
    expect(await host.enroll()).toMatchObject({ status: 200, failed: false });
    expect(await host.config()).toMatchObject({ status: 200, failed: false, body: { options: { distributed_interval: 10 } } });
    const first = await host.poll();
    expect(first).toMatchObject({ written: true, accelerate: null });
    expect(await softwareLines(server.db, host.identity.hostname)).toEqual(softwareOf(image));
    await server.flush();
    expect(await host.poll()).toMatchObject({ asked: [], written: null });
  },
);

test("host facts arrive", async () => {
  const host = device(WINDOWS, { osqueryVersion: "5.12.1" });
  await host.poll();
  const row = await server.db.selectFrom("hosts").selectAll().executeTakeFirstOrThrow();
  expect(row).toMatchObject({
    hostname: host.identity.hostname,
    uuid: host.identity.uuid,
    hardware_serial: host.identity.serial,
    platform: "windows",
    os_version: "Windows 11 23H2 10.0.22000.3007",
    osquery_version: "5.12.1",
    primary_ip: "192.0.2.17",
    primary_mac: "02:00:00:00:00:17",
    distributed_interval: 10,
    config_tls_refresh: 60,
    gigs_total_disk_space: 500,
    percent_disk_space_available: 50,
    memory: 17_179_869_184,
  });
});

test("an agent that tells nothing when it enrols is asked for its details first, polls faster, then for its software", async () => {
  const host = device(CENTOS, { silentEnrollment: true, dialect: "legacy", osqueryVersion: "2.11.2" });
  const first = await host.poll();
  expect(first.accelerate).toBe(10);
  expect(first.asked.every((name) => name.startsWith("muster_detail_query_"))).toBe(true);
  await server.flush();
  const second = await host.poll();
  expect(second.accelerate).toBeNull();
  expect(second.asked).toContain("muster_software_rpm_packages");
  expect(await softwareLines(server.db, host.identity.hostname)).toEqual(softwareOf(CENTOS));
});

test("a repeated report writes nothing", async () => {
  const always = await osqueryServer({ intervalSeconds: 0 });
  const host = simulatedDevice({ image: MAC, serverUrl: always.url, enrollSecret: SECRET });
  await host.poll();
  const before = await rowsWritten(always);
  expect(before).toBeGreaterThan(40);
  expect(await host.poll()).toMatchObject({ written: true });
  expect(await rowsWritten(always)).toBe(before);
  host.close();
  await always.close();
});

test("a source whose query fails keeps its software; the others are taken, and the error shows", async () => {
  const host = device(CENTOS);
  await host.poll();
  await server.flush();
  host.mutate((tables) => {
    tables["python_packages"] = [];
    tables["rpm_packages"] = (tables["rpm_packages"] ?? []).slice(1);
  });
  host.failQueries(/FROM rpm_packages/, "distributed query is denylisted");
  server.advance(3600 * 1.2);
  const poll = await host.poll();
  expect(poll.ran).toMatchObject({ muster_software_rpm_packages: "distributed query is denylisted" });
  const kept = softwareOf(CENTOS).filter((line) => !line.startsWith("python_packages"));
  expect(await softwareLines(server.db, host.identity.hostname)).toEqual(kept);
  const failed = await server.db
    .selectFrom("host_software_sources")
    .select(["source", "error"])
    .where("error", "is not", null)
    .execute();
  expect(failed).toEqual([{ source: "rpm_packages", error: "distributed query is denylisted" }]);
  host.failQueries(null);
  await server.flush();
  server.advance(3600 * 1.2);
  await host.poll();
  expect(await softwareLines(server.db, host.identity.hostname)).toHaveLength(kept.length - 1);
});

test("a table that the agent does not have leaves its source as it was", async () => {
  const host = device(CENTOS);
  await host.poll();
  const asked = await server.db.selectFrom("host_software_sources").select("source").orderBy("source").execute();
  expect(asked.map((row) => row.source)).not.toContain("go_binaries");
  expect(asked.map((row) => row.source)).toContain("portage_packages");
});

test("a deleted host enrols again and reports again", async () => {
  const host = device(DEBIAN);
  await host.poll();
  const key = host.nodeKey();
  await server.db.deleteFrom("hosts").execute();
  const invalid = await host.poll();
  expect(invalid.reply).toMatchObject({ status: 401, failed: true, nodeInvalid: true });
  expect(host.nodeKey()).toBeNull();
  expect(await host.poll()).toMatchObject({ written: true });
  expect(host.nodeKey()).not.toBe(key);
});

test("a batch is not handed out again while its results are awaited, and is after a while", async () => {
  const host = device(MAC);
  await host.enroll();
  const read = () =>
    server.app.inject({ method: "POST", url: "/api/osquery/distributed/read", payload: { node_key: host.nodeKey() } });
  expect(Object.keys((await read()).json<{ queries: object }>().queries)).not.toEqual([]);
  expect((await read()).json()).toEqual({});
  server.advance(61);
  expect((await read()).json()).toHaveProperty("queries");
});

test("with an interval of 0 every poll is a full report", async () => {
  const always = await osqueryServer({ intervalSeconds: 0 });
  const host = simulatedDevice({ image: DEBIAN, serverUrl: always.url, enrollSecret: SECRET });
  expect(await host.poll()).toMatchObject({ written: true });
  expect(await host.poll()).toMatchObject({ written: true });
  host.close();
  await always.close();
});

test("a refetch is answered by the next poll, and only by a report that was asked for after it", async () => {
  const host = device(DEBIAN);
  await host.poll();
  await server.flush();
  const requested = () => server.db.selectFrom("hosts").select("refetch_requested").executeTakeFirstOrThrow();
  await server.db.updateTable("hosts").set({ refetch_requested: true }).execute();
  const earlier = {
    node_key: host.nodeKey(),
    queries: { muster_software_deb_packages: [{ name: "a", version: "1" }] },
    statuses: { muster_software_deb_packages: 0 },
  };
  const reply = await server.app.inject({ method: "POST", url: "/api/osquery/distributed/write", payload: earlier });
  expect(reply.json()).toEqual({});
  expect(await requested()).toEqual({ refetch_requested: true });
  expect(await host.poll()).toMatchObject({ written: true });
  expect(await requested()).toEqual({ refetch_requested: false });
  expect(await softwareLines(server.db, host.identity.hostname)).toEqual(softwareOf(DEBIAN));
});

test("while ingestion fails, results are refused and kept by the agent, and arrive later", async () => {
  const host = device(DEBIAN);
  await host.enroll();
  await sql`alter table host_software_sources rename to host_software_sources_away`.execute(server.db);
  expect(await host.poll()).toMatchObject({ written: false });
  await sql`alter table host_software_sources_away rename to host_software_sources`.execute(server.db);
  server.advance(61);
  expect(await host.poll()).toMatchObject({ written: true });
  expect(await softwareLines(server.db, host.identity.hostname)).toEqual(softwareOf(DEBIAN));
});

test("log lines leave the agent's buffer once they were taken, compressed or not", async () => {
  const host = device(MAC);
  const lines = [{ severity: "2", filename: "x.cpp", line: "1", message: "odd", hostIdentifier: "h", unixTime: "1" }];
  expect(await host.log("status", lines)).toMatchObject({ status: 200, body: {}, failed: false });
  expect(await host.log("result", [{ name: "q", action: "added", columns: { a: "1" } }], { gzip: true })).toMatchObject({
    failed: false,
  });
  expect(host.bufferedLines()).toBe(0);
  expect(await server.metrics.text()).toContain('muster_osquery_log_lines_total{type="status"} 1');
});
