import { readdirSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { api } from "#client/api.ts";
import { migrate } from "#server/database/migrate.ts";
import { openDatabase } from "#server/database/pools.ts";
import type { DatabaseHandles } from "#server/database/pools.ts";
import { createLog } from "#server/observe/log.ts";
import { deb, debs, holding } from "../support/entries.ts";
import { localServer, SIMULATED_SECRET } from "../support/local-server.ts";
import type { LocalServer } from "../support/local-server.ts";
import { MusterDevice } from "../support/muster-device.ts";
import { HAS_POSTGRES15, POSTGRES15_MISSING, startReplication } from "../support/postgres15.ts";
import type { Replication } from "../support/postgres15.ts";
import { storedHistory, storedSoftware, wrongStoredCounts } from "../support/stored.ts";
import { until } from "../support/until.ts";

/** A primary and its streaming replica, both real, and what happens when the replica lags, stops or hangs. */
describe.skipIf(!HAS_POSTGRES15)(`a replica (${HAS_POSTGRES15 ? "PostgreSQL 15" : POSTGRES15_MISSING})`, () => {
  let replication: Replication;
  let primary: DatabaseHandles;
  let server: LocalServer;

  beforeAll(async () => {
    replication = await startReplication();
    const { url } = replication.primary;
    primary = openDatabase({ url, replicaUrl: null, log: createLog("silent"), max: 4 });
    await migrate(primary.pool);
    await replication.replica.caughtUp();
    server = await localServer({ databaseUrl: url, replicaUrl: replication.replica.url });
  });
  afterAll(async () => {
    await server?.stop();
    await primary?.close();
    await replication?.close();
  });

  const newDevice = (hostname: string): MusterDevice => new MusterDevice({ hostname, enrollSecret: SIMULATED_SECRET });
  const behind = async (): Promise<number> => counter(await server.metrics.text(), "muster_inventory_replica_behind_total");
  const listed = async (query: string): Promise<string[]> => {
    const { hosts } = await server.client.call(api.listHosts, { query: { query } });
    return hosts.map(({ hostname }) => hostname);
  };

  test("that has caught up is what check-ins read from", async () => {
    const device = newDevice("fresh");
    await device.report(server.url, holding(...debs(20)));
    await replication.replica.caughtUp();
    const before = await behind();
    await device.report(server.url, holding(...debs(19), deb("new")));
    expect(await behind()).toBe(before);
    expect(await readsOnReplica(replication)).toBeGreaterThan(0);
    expect(await storedHistory(primary.primary, device.hostId)).toEqual(["removed deb_packages|package-19|1.0-1"]);
  });

  test("that stands still while a host changes there and back never makes a wrong difference", async () => {
    const device = newDevice("stale");
    const a = holding(...debs(20));
    const b = holding(...debs(10), deb("only-b"));
    await device.report(server.url, a);
    await replication.replica.caughtUp();
    await replication.replica.pause();
    const before = await behind();
    await device.report(server.url, b);
    // the replica still says `a`: compared with that, this report would be "nothing changed"
    await device.report(server.url, a);
    await device.report(server.url, b);
    expect(await behind()).toBeGreaterThanOrEqual(before + 2);
    expect(await storedSoftware(primary.primary, device.hostId)).toHaveLength(11);
    expect(await storedSoftware(primary.primary, device.hostId)).toContain("deb_packages|only-b|1.0-1");
    const history = await storedHistory(primary.primary, device.hostId);
    expect(history.filter((line) => line.includes("only-b"))).toEqual(["removed deb_packages|only-b|1.0-1"]);
    expect(history.filter((line) => line.includes("package-19"))).toHaveLength(2);
    expect(await wrongStoredCounts(primary.primary)).toEqual([]);
    await replication.replica.resume();
  });

  test("that applies everything minutes late shows old lists, and check-ins stay exact", async () => {
    await replication.replica.caughtUp();
    await replication.replica.delay(180_000);
    const device = newDevice("minutes-late");
    await device.report(server.url, holding(...debs(5)));
    await device.report(server.url, holding(...debs(6)));
    expect(await storedSoftware(primary.primary, device.hostId)).toHaveLength(6);
    expect(await listed("minutes-late")).toEqual([]);
    await replication.replica.delay(0);
    await until("the replica shows the host", async () => (await listed("minutes-late")).length === 1);
    expect(await wrongStoredCounts(primary.primary)).toEqual([]);
  });

  test("that is stopped is replaced by the primary, for check-ins and lists, and used again when it is back", async () => {
    const device = newDevice("without-replica");
    await device.report(server.url, holding(...debs(8)));
    await replication.replica.stop();
    await device.report(server.url, holding(...debs(9)));
    await device.report(server.url, holding(...debs(7)));
    expect(await storedSoftware(primary.primary, device.hostId)).toHaveLength(7);
    expect(await listed("without-replica")).toEqual(["without-replica"]);
    await replication.replica.start();
    await until("the replica is read from again", async () => {
      await listed("without-replica");
      return (await readsOnReplica(replication)) > 0;
    });
    expect(await wrongStoredCounts(primary.primary)).toEqual([]);
  });

  test("that is killed in the middle of reads costs no read", async () => {
    const device = newDevice("killed-replica");
    await device.report(server.url, holding(...debs(8)));
    await replication.replica.caughtUp();
    const reads = Array.from({ length: 40 }, () => listed("killed-replica"));
    await replication.replica.stop("immediate");
    expect(await Promise.all(reads)).toEqual(Array.from({ length: 40 }, () => ["killed-replica"]));
    await replication.replica.start();
  });

  test("that hangs without a word is given up, and its reads answered by the primary", async () => {
    const device = newDevice("hanging");
    await device.report(server.url, holding(...debs(8)));
    await until("the replica is read from", async () => {
      await listed("hanging");
      return (await readsOnReplica(replication)) > 0;
    });
    const frozen = processesOf(replication.replica.pid());
    signal(frozen, "SIGSTOP");
    await device.report(server.url, holding(...debs(9)));
    expect(await listed("hanging")).toEqual(["hanging"]);
    expect(await storedSoftware(primary.primary, device.hostId)).toHaveLength(9);
    signal(frozen, "SIGCONT");
  });
});

/** Sessions of the server on the replica. */
async function readsOnReplica({ replica }: Replication): Promise<number> {
  const rows = await replica.query<{ n: number }>(
    "SELECT count(*)::integer AS n FROM pg_stat_activity WHERE application_name = 'muster-replica'",
  );
  return rows[0]?.n ?? 0;
}

function counter(text: string, name: string): number {
  return Number(new RegExp(`^${name} (\\d+)`, "m").exec(text)?.[1] ?? 0);
}

/** A process and its children. */
function processesOf(pid: number): number[] {
  const children = readdirSync("/proc")
    .map(Number)
    .filter((n) => n > 0)
    .filter((n) => parentOf(n) === pid);
  return [pid, ...children];
}

/** To all that are still there. */
function signal(pids: number[], name: "SIGSTOP" | "SIGCONT"): void {
  for (const pid of pids) {
    try {
      process.kill(pid, name);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }
}

function parentOf(pid: number): number {
  try {
    return Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
  } catch {
    return 0;
  }
}
