import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startServerProcess } from "#test/e2e/server-process.ts";
import type { ServerProcess } from "#test/e2e/server-process.ts";
import { testDatabase } from "#test/support/postgres.ts";
import type { TestDatabase } from "#test/support/postgres.ts";
import { cutProxy } from "../support/cut-proxy.ts";
import { deb, debs, holding } from "../support/entries.ts";
import { holdHost } from "../support/hold-host.ts";
import { MusterDevice, NotAnswered } from "../support/muster-device.ts";
import { storedHistory, storedSoftware, wrongStoredCounts } from "../support/stored.ts";
import { until } from "../support/until.ts";

/** Servers that are processes of their own and die, and answers that get lost. */
const SECRET = "simulated-enroll-secret";
const ENV = { MUSTER_ENROLL_SECRET: SECRET, MUSTER_FEEDS: "off", MUSTER_LOCAL_DEVICE: "off", MUSTER_LOG_LEVEL: "warn" };

let database: TestDatabase;
let server: ServerProcess;

beforeAll(async () => {
  database = await testDatabase();
  server = await startServerProcess({ env: { ...ENV, DATABASE_URL: database.url } });
});
afterAll(async () => {
  await server.close();
  await database.close();
});

describe("a server that is killed after phase 1 of a check-in, while phase 2 waits", () => {
  test("leaves the host as it was or as reported, never between; the repeated report is taken by the next server as once", async () => {
    const device = new MusterDevice({ hostname: "killed-between", enrollSecret: SECRET });
    const before = debs(30);
    await device.report(server.url, holding(...before));
    const held = await holdHost(database.url, device.hostId);
    const after = [...before.slice(1), deb("brand-new", "2.0-1"), deb("package-0", "1.1-1")];
    const report = device.report(server.url, holding(...after)).catch((error: unknown) => error);
    // phase 1 is committed: the catalogue has the new software, nobody holds it. Its "seen" may be the first that waits, so not that alone
    await until("the catalogue has the new software", async () => await catalogueHas("brand-new"));
    await held.untilSomebodyWaits();
    await server.kill();
    expect(await report).toBeInstanceOf(NotAnswered);
    expect(await storedSoftware(database.db, device.hostId)).toEqual(lines(before));
    expect(await storedHistory(database.db, device.hostId)).toEqual([]);
    await held.release();
    await until("the killed server's sessions have ended", async () => (await serverSessions()) === 0);
    // phase 2 is one call that the database has: it ends it, and nobody hears the answer
    const history = ["updated deb_packages|package-0|1.0-1"];
    expect([
      { software: lines(before), history: [] },
      { software: lines(after), history },
    ]).toContainEqual({
      software: await storedSoftware(database.db, device.hostId),
      history: await storedHistory(database.db, device.hostId),
    });
    expect(await wrongStoredCounts(database.db)).toEqual([]);

    server = await startServerProcess({ env: { ...ENV, DATABASE_URL: database.url } });
    await device.report(server.url, holding(...after));
    expect(await storedSoftware(database.db, device.hostId)).toEqual(lines(after));
    expect(await storedHistory(database.db, device.hostId)).toEqual(history);
    expect(await wrongStoredCounts(database.db)).toEqual([]);
  });
});

describe("an answer that is lost after the commit", () => {
  test("makes the agent repeat, and the repetition changes nothing", async () => {
    const proxy = await cutProxy(server.url);
    const device = new MusterDevice({ hostname: "reply-lost", enrollSecret: SECRET });
    await device.report(proxy.url, holding(...debs(10)));
    const second = holding(...debs(12));
    const { wanted } = await device.checkIn(proxy.url, [{ source: "deb_packages", digest: "0".repeat(64) }]);
    proxy.cutReplies(1);
    await expect(device.inventory(proxy.url, wanted, second)).rejects.toThrow(NotAnswered);
    expect(proxy.cut()).toBe(1);
    expect(await storedSoftware(database.db, device.hostId)).toHaveLength(12); // committed all the same
    const sequence = await sequenceOf(device.hostId);
    await device.report(proxy.url, second);
    await device.inventory(proxy.url, wanted, second);
    expect(await storedSoftware(database.db, device.hostId)).toEqual(lines(second.get("deb_packages") ?? []));
    expect(await sequenceOf(device.hostId)).toBe(sequence);
    expect(await storedHistory(database.db, device.hostId)).toEqual([]);
    expect(await wrongStoredCounts(database.db)).toEqual([]);
    await proxy.close();
  });

  test("of an enrolment leaves one host, whose agent enrols again", async () => {
    const proxy = await cutProxy(server.url);
    const device = new MusterDevice({ hostname: "enrolment-lost", enrollSecret: SECRET });
    proxy.cutReplies(1);
    await expect(device.report(proxy.url, holding(deb("a")))).rejects.toThrow(NotAnswered);
    await device.report(proxy.url, holding(deb("a")));
    const hosts = await database.db.selectFrom("hosts").select("id").where("hostname", "=", "enrolment-lost").execute();
    expect(hosts).toEqual([{ id: device.hostId }]);
    expect(await storedSoftware(database.db, device.hostId)).toEqual(["deb_packages|a|1.0-1"]);
    await proxy.close();
  });
});

function lines(entries: { source: string; name: string; version: string }[]): string[] {
  return entries.map((e) => `${e.source}|${e.name}|${e.version}`).toSorted();
}

async function catalogueHas(name: string): Promise<boolean> {
  return (await database.db.selectFrom("software").select("id").where("name", "=", name).execute()).length > 0;
}

async function sequenceOf(hostId: number): Promise<number> {
  const row = await database.db
    .selectFrom("hosts")
    .select("software_sequence")
    .where("id", "=", hostId)
    .executeTakeFirstOrThrow();
  return row.software_sequence;
}

/** Sessions of the server that do something; the test's own pool has the same name, so only running statements count. */
async function serverSessions(): Promise<number> {
  const { rows } = await database.pool.query<{ n: number }>(
    `SELECT count(*)::integer AS n FROM pg_stat_activity
     WHERE datname = current_database() AND pid <> pg_backend_pid() AND state IN ('active', 'idle in transaction')
       AND application_name = 'muster'`,
  );
  return rows[0]?.n ?? 0;
}
