import { execFile } from "node:child_process";
import { chown, mkdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { migrate } from "#server/database/migrate.ts";
import { openDatabase } from "#server/database/pools.ts";
import type { DatabaseHandles } from "#server/database/pools.ts";
import { createLog } from "#server/observe/log.ts";
import { testDatabase } from "#test/support/postgres.ts";
import type { TestDatabase } from "#test/support/postgres.ts";
import { deb, debs, holding } from "../support/entries.ts";
import { endFaults, failNextWrites, FAULTY_TABLES, installFaults } from "../support/fault-triggers.ts";
import { localServer, SIMULATED_SECRET } from "../support/local-server.ts";
import type { LocalServer } from "../support/local-server.ts";
import { MusterDevice, NotAnswered } from "../support/muster-device.ts";
import { HAS_POSTGRES15, POSTGRES15_MISSING, startCluster } from "../support/postgres15.ts";
import type { Cluster } from "../support/postgres15.ts";
import { storedHistory, storedSoftware, wrongStoredCounts } from "../support/stored.ts";
import { until } from "../support/until.ts";

const newDevice = (hostname: string): MusterDevice => new MusterDevice({ hostname, enrollSecret: SIMULATED_SECRET });

describe("PostgreSQL refuses a transaction because of others", () => {
  let database: TestDatabase;
  let server: LocalServer;

  beforeAll(async () => {
    database = await testDatabase();
    await installFaults(database.db);
    server = await localServer({ databaseUrl: database.url });
  });
  afterAll(async () => {
    await server.stop();
    await database.close();
  });

  const cases = FAULTY_TABLES.flatMap((table) => ["40001", "40P01", "55P03"].map((state) => [state, table] as const));

  test.each(cases)("three times with %s on %s: the check-in starts over, and nothing is written twice", async (state, table) => {
    const device = newDevice(`conflict-${state}-${table}`);
    await device.report(server.url, holding(...debs(5, `old-${state}-${table}`)));
    await failNextWrites(database.db, table, state, 3);
    await device.report(server.url, holding(...debs(5, `new-${state}-${table}`)));
    expect(await endFaults(database.db)).toBeGreaterThanOrEqual(3);
    const stored = await storedSoftware(database.db, device.hostId);
    expect(stored).toEqual(debs(5, `new-${state}-${table}`).map((e) => `deb_packages|${e.name}|1.0-1`));
    expect(await storedHistory(database.db, device.hostId)).toHaveLength(5);
    expect(await wrongStoredCounts(database.db)).toEqual([]);
  });

  test("again and again: the agent is told that it failed, and its next report is taken", async () => {
    const device = newDevice("conflict-for-ever");
    await device.report(server.url, holding(...debs(5)));
    await failNextWrites(database.db, "host_software", "40001", 1000);
    const refused = device.report(server.url, holding(...debs(6)));
    await expect(refused).rejects.toThrow(NotAnswered);
    const tries = await endFaults(database.db);
    expect(tries).toBeGreaterThan(1);
    expect(tries).toBeLessThanOrEqual(10); // bounded
    expect(await storedSoftware(database.db, device.hostId)).toHaveLength(5);
    await device.report(server.url, holding(...debs(6)));
    expect(await storedSoftware(database.db, device.hostId)).toHaveLength(6);
    expect(await wrongStoredCounts(database.db)).toEqual([]);
  });

  test("in a real deadlock with a transaction of somebody else: the check-in is chosen, starts over, and succeeds", async () => {
    const device = newDevice("deadlock");
    await device.report(server.url, holding(...debs(5)));
    const other = new Client({ connectionString: database.url });
    await other.connect();
    // PostgreSQL looks for deadlocks when somebody has waited this long: only the check-in looks, so only it can be chosen
    await other.query("SET deadlock_timeout = '1min'");
    await other.query("BEGIN");
    await other.query("SELECT 1 FROM host_software_sources WHERE host_id = $1 FOR UPDATE", [device.hostId]);
    const report = device.report(server.url, holding(...debs(4)));
    const blocked = "SELECT count(*)::integer AS n FROM pg_stat_activity WHERE pg_backend_pid() = ANY (pg_blocking_pids(pid))";
    await until("the check-in waits", async () => (await other.query<{ n: number }>(blocked)).rows[0]?.n === 1);
    await other.query("SELECT 1 FROM hosts WHERE id = $1 FOR UPDATE", [device.hostId]); // given when the check-in was rolled back
    await other.query("COMMIT");
    await other.end();
    await report;
    expect(await storedSoftware(database.db, device.hostId)).toHaveLength(4);
    expect(retries(await server.metrics.text())).toBeGreaterThan(0);
    expect(await wrongStoredCounts(database.db)).toEqual([]);
  });
});

describe.skipIf(!HAS_POSTGRES15)(`a database of its own (${HAS_POSTGRES15 ? "PostgreSQL 15" : POSTGRES15_MISSING})`, () => {
  let cluster: Awaited<ReturnType<typeof startCluster>>;
  let primary: DatabaseHandles;
  let server: LocalServer;

  beforeAll(async () => {
    cluster = await startCluster();
    primary = openDatabase({ url: cluster.url, replicaUrl: null, log: createLog("silent"), max: 4 });
    await migrate(primary.pool);
    server = await localServer({ databaseUrl: cluster.url });
  });
  afterAll(async () => {
    await server?.stop();
    await primary?.close();
    await cluster?.close();
  });

  test.each(["immediate", "fast"] as const)("that is restarted (%s) under load loses no acknowledged report", async (mode) => {
    const devices = Array.from({ length: 12 }, (_, i) => newDevice(`restart-${mode}-${i}`));
    let running = true;
    let acknowledged = 0;
    const last = new Map<MusterDevice, number>();
    const loops = devices.map(async (device) => {
      for (let round = 1; running; round++) {
        const outcome = await device.report(server.url, roundOf(round)).catch((error: unknown) => error);
        if (outcome !== undefined) continue; // lost or refused: the next one is another
        last.set(device, round);
        acknowledged += 1;
      }
    });
    try {
      await until("the devices report", () => acknowledged > 30);
      await cluster.stop(mode);
      const before = acknowledged;
      await cluster.start();
      await until("the devices report again", () => acknowledged > before + 30);
    } finally {
      running = false;
      await Promise.all(loops);
    }
    for (const device of devices) {
      const round = last.get(device) ?? 0;
      // what came after the last acknowledged one may have been taken all the same, but nothing older is there
      const stored = Number(
        (await storedSoftware(primary.primary, device.hostId)).find((l) => l.includes("|round|"))?.split("|")[2],
      );
      expect(stored).toBeGreaterThanOrEqual(round);
    }
    expect(await wrongStoredCounts(primary.primary)).toEqual([]);
  });

  const canMount = HAS_POSTGRES15 && process.getuid?.() === 0;
  test.skipIf(!canMount)(
    "whose disk is full refuses, keeps what it has, and takes the report when there is room (needs root)",
    async () => {
      const disk = await smallDisk();
      try {
        await moveTo(cluster, disk.path);
        const device = newDevice("disk-full");
        const before = debs(50, "before");
        await device.report(server.url, holding(...before));
        await disk.fill();
        const big = "CREATE TABLE big AS SELECT repeat('x', 1000) FROM generate_series(1, 100000)";
        await expect(primary.pool.query(big)).rejects.toMatchObject({ code: "53100" });
        const after = Array.from({ length: 4000 }, (_, i) =>
          deb(`after-${i}`, "1.0-1", { installed_paths: [`/opt/${"x".repeat(200)}/${i}`] }),
        );
        await expect(device.report(server.url, holding(...after))).rejects.toThrow(NotAnswered);
        expect(await storedSoftware(primary.primary, device.hostId)).toEqual(
          before.map((e) => `deb_packages|${e.name}|1.0-1`).toSorted(),
        );
        expect(await storedHistory(primary.primary, device.hostId)).toEqual([]);
        // the database answers reads, and an unchanged report is still taken
        await device.report(server.url, holding(...before));
        await disk.free();
        await device.report(server.url, holding(...after));
        expect(await storedSoftware(primary.primary, device.hostId)).toHaveLength(4000);
        expect(await wrongStoredCounts(primary.primary)).toEqual([]);
      } finally {
        await server.stop();
        await primary.close();
        await cluster.stop("immediate");
        await disk.remove();
      }
    },
  );
});

/** What a device holds in a round: the round's number as a version, and some packages that come and go. */
function roundOf(round: number): ReturnType<typeof holding> {
  return holding(deb("round", String(round)), ...debs(20 + (round % 7)));
}

function retries(metrics: string): number {
  return Number(/^muster_inventory_retries_total (\d+)/m.exec(metrics)?.[1] ?? 0);
}

interface SmallDisk {
  path: string;
  fill(): Promise<void>;
  free(): Promise<void>;
  remove(): Promise<void>;
}

const DISK_MEGABYTES = 64;

/** A real file system of a few megabytes, and a file on it that takes what is left. */
async function smallDisk(): Promise<SmallDisk> {
  const run = promisify(execFile);
  const place = join(tmpdir(), `muster-disk-${process.pid}`);
  await mkdir(place, { recursive: true });
  await run("mount", ["-t", "tmpfs", "-o", `size=${DISK_MEGABYTES}m,mode=0755`, "tmpfs", place]);
  const path = join(place, "tablespace");
  await mkdir(path, { mode: 0o700 });
  await chown(path, 65_534, 65_534);
  const filler = join(place, "filler");
  return {
    path,
    fill: () =>
      writeFile(filler, Buffer.alloc(DISK_MEGABYTES * 1024 * 1024)).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== "ENOSPC") throw error; // as many bytes as there was room for are written
      }),
    free: () => rm(filler),
    async remove() {
      await run("umount", ["-l", place]);
      await rm(place, { recursive: true, force: true });
    },
  };
}

/** Puts the tables and indexes onto the disk; the write-ahead log stays where it is. */
async function moveTo(cluster: Cluster, path: string): Promise<void> {
  await cluster.query(`CREATE TABLESPACE small LOCATION '${path}'`);
  const postgres = new Client({ connectionString: cluster.url.replace(/\/muster$/, "/postgres") });
  await postgres.connect();
  await postgres.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'muster'");
  await until("the database is on the small disk", () =>
    postgres.query("ALTER DATABASE muster SET TABLESPACE small").then(
      () => true,
      async () => {
        await postgres.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'muster'");
        return false;
      },
    ),
  );
  await postgres.end();
}
