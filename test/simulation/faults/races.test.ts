import { setTimeout as delay } from "node:timers/promises";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { api } from "#client/api.ts";
import { sweepOrphans } from "#server/inventory/sweep-orphans.ts";
import { testDatabase } from "#test/support/postgres.ts";
import type { TestDatabase } from "#test/support/postgres.ts";
import { deb, debs, holding } from "../support/entries.ts";
import { holdHost } from "../support/hold-host.ts";
import { localServer, SIMULATED_SECRET } from "../support/local-server.ts";
import type { LocalServer } from "../support/local-server.ts";
import { digestOf, MusterDevice, NotAnswered } from "../support/muster-device.ts";
import type { Holdings } from "../support/muster-device.ts";
import { storedHistory, storedSoftware, wrongStoredCounts } from "../support/stored.ts";
import { until } from "../support/until.ts";
import { countStatements, watchLocks } from "../support/watch-locks.ts";

let database: TestDatabase;
let server: LocalServer;
let second: LocalServer;

beforeAll(async () => {
  database = await testDatabase();
  server = await localServer({ databaseUrl: database.url });
  second = await localServer({ databaseUrl: database.url });
});
afterAll(async () => {
  await server.stop();
  await second.stop();
  await database.close();
});

const newDevice = (hostname: string): MusterDevice => new MusterDevice({ hostname, enrollSecret: SIMULATED_SECRET });
const lines = (entries: { source: string; name: string; version: string }[]): string[] =>
  entries.map((e) => `${e.source}|${e.name}|${e.version}`).toSorted();
/** Everything that nobody holds is an orphan at once. */
const sweep = (): Promise<number> =>
  sweepOrphans({ db: database.db, now: () => new Date(Date.now() + 60_000) }, new AbortController().signal, 0);

async function catalogueIds(name: string): Promise<number[]> {
  return (await database.db.selectFrom("software").select("id").where("name", "=", name).execute()).map(({ id }) => id);
}

describe("the clean-up of software that nobody holds", () => {
  test("takes new software away between the two phases of its first check-in, which starts over and brings it again", async () => {
    const device = newDevice("swept-between");
    await device.report(server.url, holding(...debs(3)));
    const held = await holdHost(database.url, device.hostId);
    const report = device.report(server.url, holding(...debs(3), deb("swept", "1"), deb("swept-too", "1")));
    await held.untilSomebodyWaits();
    const [before] = await catalogueIds("swept");
    expect(before).toBeGreaterThan(0);
    expect(await sweep()).toBeGreaterThanOrEqual(2);
    expect(await catalogueIds("swept")).toEqual([]);
    await held.release();
    await report;
    const [after] = await catalogueIds("swept");
    expect(after).not.toBe(before);
    expect(await storedSoftware(database.db, device.hostId)).toEqual(
      lines([...debs(3), deb("swept", "1"), deb("swept-too", "1")]),
    );
    expect(await wrongStoredCounts(database.db)).toEqual([]);
  });

  test("runs all the while software goes and comes back on many hosts: no link without software, no count that differs", async () => {
    const devices = Array.from({ length: 6 }, (_, i) => newDevice(`reappearing-${i}`));
    let running = true;
    const sweeping = (async () => {
      let swept = 0;
      while (running) {
        swept += await sweep().catch(() => 0); // a sweep that waits too long gives up, and the next one does it
        await delay(20);
      }
      return swept;
    })();
    try {
      for (let round = 0; round < 9; round++) {
        // each round's software is on nobody before and after, so it may be swept at every moment of its check-in
        const own = debs(15, `fleeting-${round % 3}`, String(round));
        const holdings = holding(deb("stays"), ...own);
        await Promise.all(devices.map((device, i) => reportUntilTaken(device, i % 2 === 0 ? server.url : second.url, holdings)));
      }
    } finally {
      running = false;
      await sweeping;
    }
    for (const device of devices) {
      expect(await storedSoftware(database.db, device.hostId)).toEqual(lines([deb("stays"), ...debs(15, "fleeting-2", "8")]));
    }
    expect(await wrongStoredCounts(database.db)).toEqual([]);
    await sweep();
    const { rows } = await sql`
      SELECT s.name FROM software s WHERE NOT EXISTS (SELECT 1 FROM host_software hs WHERE hs.software_id = s.id)
        AND NOT EXISTS (SELECT 1 FROM host_software_history h WHERE s.id IN (h.software_id, h.next_software_id))`.execute(
      database.db,
    );
    expect(rows).toEqual([]);
  });
});

/** A check-in starts over a bounded number of times; then the agent is told to come again, and does. */
async function reportUntilTaken(device: MusterDevice, url: string, holdings: Holdings): Promise<void> {
  const taken = (): Promise<boolean> =>
    device.report(url, holdings).then(
      () => true,
      (error: unknown) => (error instanceof NotAnswered ? false : Promise.reject(error)),
    );
  await until(`${device.details.hostname} is heard`, taken);
}

describe("200 hosts that bring one new software at the same instant (fleetdm/fleet#48719)", () => {
  test("never queue behind each other, and insert it no more often than they came at once", async () => {
    const devices = Array.from({ length: 200 }, (_, i) => newDevice(`convoy-${i}`));
    const urls = [server.url, second.url];
    const all = (work: (device: MusterDevice, url: string) => Promise<void>): Promise<unknown> =>
      Promise.all(devices.map((device, i) => work(device, urls[i % 2] ?? server.url)));
    await all((device, url) => device.report(url, holding(...debs(5))));

    const counter = await countStatements(database.db, ["software", "software_titles"]);
    const locks = await watchLocks(database.url);
    const everybodys = [...debs(5), deb("new-everywhere", "1.0")];
    await all((device, url) => device.report(url, holding(...everybodys)));
    const seen = await locks.stop();
    expect(seen.samples).toBeGreaterThan(3);
    // a queue would show as waiters that wait for waiters; many that wait for one insert all go on when it commits
    expect(seen.longestChain).toBeLessThanOrEqual(1);
    const connections = 2 * 10;
    const first = await counter.read();
    expect(first["software"]).toBeLessThanOrEqual(connections);
    expect(first["software_titles"]).toBeLessThanOrEqual(connections);

    // what the catalogue has is not inserted again by anybody: Fleet's convoy was made of inserts that did nothing
    const known = [...everybodys, deb("package-0", "2.0-1")];
    await newDevice("knows-it").report(server.url, holding(...known));
    await counter.reset();
    await all((device, url) => device.report(url, holding(...known)));
    expect(await counter.read()).toEqual({ software: 0, software_titles: 0 });
    await counter.stop();

    expect(await catalogueIds("new-everywhere")).toHaveLength(1);
    const [id] = await catalogueIds("new-everywhere");
    const holders = await database.db
      .selectFrom("host_software")
      .select("host_id")
      .where("software_id", "=", id ?? 0)
      .execute();
    expect(holders).toHaveLength(201);
    expect(await wrongStoredCounts(database.db)).toEqual([]);
  });
});

describe("one poisonous row among 2,000", () => {
  const poisons: [string, Parameters<typeof deb>[2]][] = [
    ["a NUL in the name", { name: "nul\u0000name" }],
    ["a lone surrogate", { name: "lone\ud800surrogate" }],
    ["no visible name", { name: " \t" }],
    ["a name of 65,000 characters", { name: "n".repeat(65_000) }],
    ["a version of 65,000 emoji halves", { version: "\ud83d".repeat(65_000) }],
    ["a time of opening past every calendar", { last_opened_at: Number.MAX_SAFE_INTEGER }],
    ["a time of opening in milliseconds", { last_opened_at: 1_760_000_000_000 }],
    ["a time of opening before every calendar", { last_opened_at: -Number.MAX_SAFE_INTEGER }],
    [
      "NULs in paths, facts and the installer",
      { installed_paths: ["/a\u0000b"], facts: { origin: "\u0000" }, installed_by: "\u0000x\udc00" },
    ],
    [
      "NULs in a signature",
      {
        installed_paths: ["/a"],
        signature_information: [
          {
            installed_path: "/a",
            team_identifier: "\u0000",
            hash_sha256: "\ud800",
            executable_sha256: "",
            executable_path: "\u0000",
          },
        ],
      },
    ],
    ["braces and quotes of an array literal", { installed_paths: ['{"a","b"}', "\\", '"'], vendor: "{}" }],
    ["an upgrade code that is none", { upgrade_code: "{" }],
  ];

  test.each(poisons)("%s: costs itself at most, and the report is the same when it is repeated", async (what, poison) => {
    const device = newDevice(`poison ${what}`);
    const good = debs(1999, "good");
    await device.report(server.url, holding(...good.slice(0, 1000), deb("bad", "1", poison), ...good.slice(1000)));
    const stored = await storedSoftware(database.db, device.hostId);
    expect(stored.filter((line) => line.startsWith("deb_packages|good-"))).toHaveLength(1999);
    expect(stored.length).toBeLessThanOrEqual(2000);
    await device.report(server.url, holding(...good, deb("bad", "1", poison)));
    expect(await storedHistory(database.db, device.hostId)).toEqual([]);
    // and it can be shown
    await server.client.call(api.listHostSoftware, { params: { id: device.hostId }, query: { per_page: 1000 } });
    expect(await wrongStoredCounts(database.db)).toEqual([]);
  });
});

describe("two reports of one host", () => {
  const older = [...debs(10), deb("only-older")];
  const newer = [...debs(10, "package", "2.0-1"), deb("only-newer")];

  test("in reverse order: the late one counts until the next check-in, whose digest tells, and nothing is mixed", async () => {
    const device = newDevice("reverse");
    await device.report(server.url, holding(...debs(3)));
    await device.report(server.url, holding(...newer));
    await device.inventory(second.url, ["deb_packages"], holding(...older)); // sent first, arrives last
    expect(await storedSoftware(database.db, device.hostId)).toEqual(lines(older));
    const now = { source: "deb_packages", digest: digestOf(newer) };
    expect(await device.checkIn(server.url, [now])).toMatchObject({ wanted: ["deb_packages"] });
    await device.report(server.url, holding(...newer));
    expect(await storedSoftware(database.db, device.hostId)).toEqual(lines(newer));
    expect(await wrongStoredCounts(database.db)).toEqual([]);
  });

  test("at the same moment, on two servers: one after the other, whole, and both in the history", async () => {
    const device = newDevice("same-moment");
    await device.report(server.url, holding(...debs(3)));
    const held = await holdHost(database.url, device.hostId);
    const reports = [
      device.inventory(server.url, ["deb_packages"], holding(...older)),
      device.inventory(second.url, ["deb_packages"], holding(...newer)),
    ];
    await held.untilSomebodyWaits(2);
    await held.release();
    await Promise.all(reports);
    const stored = await storedSoftware(database.db, device.hostId);
    expect([lines(older), lines(newer)]).toContainEqual(stored);
    // the one that came first ended within the other: its own package is in the history, so it was there
    const loser = stored.includes("deb_packages|only-newer|1.0-1") ? "only-older" : "only-newer";
    expect(await storedHistory(database.db, device.hostId)).toContain(`removed deb_packages|${loser}|1.0-1`);
    expect(await wrongStoredCounts(database.db)).toEqual([]);
  });

  test("the same report a hundred times at once is the same as once", async () => {
    const device = newDevice("hundred");
    await device.report(server.url, holding(...debs(3)));
    const urls = [server.url, second.url];
    await Promise.all(
      Array.from({ length: 100 }, (_, i) => device.inventory(urls[i % 2] ?? "", ["deb_packages"], holding(...newer))),
    );
    expect(await storedSoftware(database.db, device.hostId)).toEqual(lines(newer));
    expect(await storedHistory(database.db, device.hostId)).toHaveLength(3);
    expect(await wrongStoredCounts(database.db)).toEqual([]);
  });
});
