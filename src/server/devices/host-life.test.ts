import { sql } from "kysely";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { emptySoftwareEntry } from "#domain/software/software.ts";
import { testDatabase, type TestDatabase } from "#test/support/postgres.ts";
import { readonly } from "../database/pools.ts";
import { createIngestMetrics } from "../inventory/ingest-metrics.ts";
import { ingestReport, type IngestDeps } from "../inventory/ingest-report.ts";
import { labelCounted } from "../inventory/count-label.ts";
import { clearForgottenHosts } from "../inventory/remove-host-software.ts";
import { settleCounts } from "../inventory/settle-counts.ts";
import { createLabel } from "../labels/create-label.ts";
import { createLog } from "../observe/log.ts";
import { createMetrics } from "../observe/metrics.ts";
import { readConfig, updateConfig } from "../settings/config.ts";
import { deleteHost, deleteHosts } from "./delete-hosts.ts";
import { endForeignSources } from "./end-foreign-sources.ts";
import { expireHosts } from "./expire-hosts.ts";
import { hostCount } from "./host-list-store.ts";
import type { HostStatus } from "./host-status-store.ts";

const NOW = new Date("2026-06-15T12:00:00Z");
const SECOND = 1000;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

let database: TestDatabase;
let ingest: IngestDeps;
let deps: { db: TestDatabase["db"]; signals: { publish(): Promise<void> }; now: () => Date };

beforeAll(async () => {
  database = await testDatabase();
  const { db } = database;
  deps = { db, signals: { publish: async () => undefined }, now: () => NOW };
  ingest = { db, replica: readonly(db), log: createLog("silent"), metrics: createIngestMetrics(createMetrics()) };
});
afterAll(() => database.close());
beforeEach(async () => {
  await sql`TRUNCATE hosts, software_titles, software, host_software, host_software_history, software_count_changes, software_counts,
    software_title_counts, label_membership, label_counts, label_software_counts, label_title_counts, host_deletions, activities, host_software_sources,
    server_settings CASCADE`.execute(database.db);
  await sql`DELETE FROM labels WHERE label_type = 'regular'`.execute(database.db);
});

interface Life {
  seenAgo?: number;
  createdAgo?: number;
  distributed_interval?: number;
  config_tls_refresh?: number;
  muster_version?: string;
}

async function newHost({ seenAgo, createdAgo = 90 * DAY, ...facts }: Life = {}): Promise<number> {
  const created = new Date(NOW.getTime() - createdAgo);
  const values = { hostname: "h", created_at: created, last_enrolled_at: created, ...facts };
  const { id } = await database.db.insertInto("hosts").values(values).returning("id").executeTakeFirstOrThrow();
  if (seenAgo !== undefined) {
    const seen_time = new Date(NOW.getTime() - seenAgo);
    await database.db.insertInto("host_seen_times").values({ host_id: id, seen_time }).execute();
  }
  return id;
}

async function report(hostId: number, names: string[]): Promise<void> {
  const entries = names.map((name) => ({ ...emptySoftwareEntry("deb_packages"), name, version: "1" }));
  await ingestReport(ingest, hostId, [{ source: "deb_packages", ok: true, entries }]);
}

async function rowsOf(...tables: string[]): Promise<Record<string, number>> {
  const counts = tables.map(async (table) => {
    const { rows } = await sql<{ n: number }>`SELECT count(*) AS n FROM ${sql.table(table)}`.execute(database.db);
    return [table, rows[0]?.n ?? -1] as const;
  });
  return Object.fromEntries(await Promise.all(counts));
}

describe("a host's status, at its borders", () => {
  test.each<[HostStatus, boolean, Life]>([
    // seen within min(distributed_interval, config_tls_refresh) + 60 s
    ["online", true, { seenAgo: 70 * SECOND, distributed_interval: 10, config_tls_refresh: 300 }],
    ["online", false, { seenAgo: 70 * SECOND + 1, distributed_interval: 10, config_tls_refresh: 300 }],
    ["online", true, { seenAgo: 120 * SECOND }],
    ["online", false, { seenAgo: 120 * SECOND + 1 }],
    ["online", true, { seenAgo: 120 * SECOND, distributed_interval: 10, muster_version: "1" }],
    ["online", false, { seenAgo: 120 * SECOND + 1, distributed_interval: 10, muster_version: "1" }],
    ["online", false, {}],
    ["offline", true, {}],
    ["offline", true, { seenAgo: 71 * SECOND, distributed_interval: 10 }],
    ["offline", false, { seenAgo: 70 * SECOND, distributed_interval: 10 }],
    ["mia", false, { seenAgo: 30 * DAY }],
    ["mia", true, { seenAgo: 30 * DAY + 1 }],
    ["missing", true, { seenAgo: 30 * DAY + 1 }],
    ["missing", true, {}],
    ["offline", true, { seenAgo: 31 * DAY }],
    ["new", true, { createdAgo: 24 * HOUR }],
    ["new", false, { createdAgo: 24 * HOUR + 1 }],
  ])("%s is %s of a host %o", async (status, expected, life) => {
    await newHost(life);
    expect(await hostCount(readonly(database.db), { status }, NOW)).toBe(expected ? 1 : 0);
  });
});

describe("a deleted host", () => {
  test("is gone from lists, labels and counts at once; its links and history go in bounded steps", async () => {
    const [a, b] = [await newHost(), await newHost()];
    const { label } = await createLabel({ ...deps, replica: readonly(database.db) }, { name: "both", host_ids: [a, b] }, null);
    await report(a, ["bash", "vim"]);
    await report(a, ["bash", "zsh"]);
    await report(b, ["bash"]);
    await labelCounted(database.db, label.id);
    await deleteHost(deps, a, null);
    await settleCounts(database.db);
    expect(await rowsOf("hosts", "label_membership", "software_counts", "label_software_counts")).toEqual({
      hosts: 1,
      label_membership: 1,
      software_counts: 1,
      label_software_counts: 1,
    });
    expect(await database.db.selectFrom("label_counts").select("hosts_count").execute()).toEqual([{ hosts_count: 1 }]);
    const left = await rowsOf("host_software", "host_software_history");
    expect(left["host_software"]).toBe(3);
    expect(left["host_software_history"]).toBeGreaterThan(0);
    expect(await clearForgottenHosts(database.db)).toBe(1);
    expect(await rowsOf("host_software", "host_software_history", "host_deletions")).toEqual({
      host_software: 1,
      host_software_history: 0,
      host_deletions: 0,
    });
    await expect(deleteHost(deps, a, null)).rejects.toMatchObject({ status: 404 });
  });

  test("is cleared to the end by the next run when one is stopped", async () => {
    const hosts = [await newHost(), await newHost(), await newHost()];
    for (const host of hosts) {
      // oxlint-disable-next-line no-await-in-loop
      await report(host, ["bash"]);
    }
    expect(await deleteHosts(deps, [...hosts, 999_999_999], null)).toBe(3);
    const stopped = AbortSignal.abort();
    expect(await clearForgottenHosts(database.db, stopped)).toBe(0);
    expect(await rowsOf("host_software")).toEqual({ host_software: 3 });
    await Promise.all([clearForgottenHosts(database.db), clearForgottenHosts(database.db)]);
    expect(await rowsOf("host_software", "host_deletions")).toEqual({ host_software: 0, host_deletions: 0 });
  });

  test("loses no count to a check-in that races with its deletion", async () => {
    for (let round = 0; round < 8; round++) {
      // oxlint-disable-next-line no-await-in-loop -- each round is a race of its own
      const host = await newHost();
      // oxlint-disable-next-line no-await-in-loop
      await Promise.allSettled([report(host, ["bash", "vim"]), deleteHosts(deps, [host], null), report(host, ["bash", "zsh"])]);
    }
    await settleCounts(database.db);
    await clearForgottenHosts(database.db);
    expect(await rowsOf("hosts", "host_software", "software_counts", "software_title_counts")).toEqual({
      hosts: 0,
      host_software: 0,
      software_counts: 0,
      software_title_counts: 0,
    });
  });
});

describe("a machine that is re-imaged", () => {
  test("keeps its host and its history; what only its former system reported ends", async () => {
    const host = await newHost();
    await sql`UPDATE hosts SET platform = 'windows' WHERE id = ${host}`.execute(database.db);
    const programs = [{ ...emptySoftwareEntry("programs"), name: "7-Zip", version: "24" }];
    const packages = [{ ...emptySoftwareEntry("python_packages"), name: "pip", version: "24" }];
    await ingestReport(ingest, host, [
      { source: "programs", ok: true, entries: programs },
      { source: "python_packages", ok: true, entries: packages },
    ]);
    expect(await endForeignSources(ingest)).toBe(0);
    await sql`UPDATE hosts SET platform = 'ubuntu' WHERE id = ${host}`.execute(database.db);
    await report(host, ["bash"]);
    expect(await endForeignSources(ingest)).toBe(1);
    const { rows } = await sql<{ name: string }>`
      SELECT s.name FROM host_software hs JOIN software s ON s.id = hs.software_id WHERE hs.host_id = ${host} ORDER BY s.name`.execute(
      database.db,
    );
    expect(rows.map((row) => row.name)).toEqual(["bash", "pip"]);
    const past = await database.db.selectFrom("host_software_history").select("event").where("host_id", "=", host).execute();
    expect(past.map((row) => row.event)).toContain("removed");
    expect(await endForeignSources(ingest)).toBe(0);
  });
});

describe("host expiry", () => {
  test("is off until it is switched on; then who was not seen within the window goes", async () => {
    const kept = [await newHost({ seenAgo: 10 * DAY }), await newHost({ createdAgo: 5 * DAY })];
    await newHost({ seenAgo: 10 * DAY + 1 });
    await newHost({ createdAgo: 11 * DAY });
    expect(await expireHosts(deps)).toBe(0);
    await updateConfig(deps, { host_expiry_settings: { host_expiry_window: 10 } }, null);
    expect(await expireHosts(deps)).toBe(0);
    await updateConfig(deps, { host_expiry_settings: { host_expiry_enabled: true } }, null);
    expect(await readConfig(deps)).toEqual({ host_expiry_settings: { host_expiry_enabled: true, host_expiry_window: 10 } });
    expect(await expireHosts(deps)).toBe(2);
    const left = await database.db.selectFrom("hosts").select("id").orderBy("id").execute();
    expect(left.map((host) => host.id)).toEqual(kept);
    const activities = await database.db.selectFrom("activities").select("type").where("type", "=", "expired_host").execute();
    expect(activities).toHaveLength(2);
  });
});
