import fc from "fast-check";
import { sql } from "kysely";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { identityKey } from "#domain/software/identity.ts";
import { emptySoftwareEntry, type SoftwareEntry, type SourceReport } from "#domain/software/software.ts";
import { mergeDuplicates } from "#domain/inventory/difference.ts";
import { softwareEntry } from "#test/support/arbitraries.ts";
import { createLog } from "../observe/log.ts";
import { testDatabase, type TestDatabase } from "#test/support/postgres.ts";
import { wrongCounts } from "#test/support/wrong-counts.ts";
import { readonly } from "../database/pools.ts";
import { createMetrics } from "../observe/metrics.ts";
import { CatalogueIds } from "./catalogue-ids.ts";
import { createIngestMetrics } from "./ingest-metrics.ts";
import { ingestReport, type IngestDeps } from "./ingest-report.ts";
import { hostSoftwareOfSources } from "./host-software-store.ts";
import { clearForgottenHosts, forgetHostsSoftware } from "./remove-host-software.ts";
import { settleCounts } from "./settle-counts.ts";
import { sweepOrphans } from "./sweep-orphans.ts";
import { wantedSources } from "./wanted-sources.ts";

let database: TestDatabase;
let deps: IngestDeps;

beforeAll(async () => {
  database = await testDatabase();
  deps = {
    db: database.db,
    replica: readonly(database.db),
    log: createLog("silent"),
    metrics: createIngestMetrics(createMetrics()),
    // kept over all tests: what it remembers of one is wrong for the next, as after a sweep
    catalogueIds: new CatalogueIds(),
  };
});
afterAll(() => database.close());
beforeEach(async () => {
  await sql`TRUNCATE hosts, operating_systems, software_titles, software, software_facts, host_software, host_software_history,
    software_count_changes, software_counts, software_title_counts, host_software_sources, host_seen_times, host_enrollments`.execute(
    database.db,
  );
});

async function newHost(): Promise<number> {
  return (await database.db.insertInto("hosts").values({ hostname: "h" }).returning("id").executeTakeFirstOrThrow()).id;
}

function row(fields: Partial<SoftwareEntry>): SoftwareEntry {
  return { ...emptySoftwareEntry(fields.source ?? "deb_packages"), ...fields };
}

function good(source: string, entries: SoftwareEntry[]): SourceReport {
  return { source, ok: true, entries: entries.map((e) => ({ ...e, source })) };
}

async function held(hostId: number, sources = ["deb_packages", "rpm_packages", "apps", "programs"]): Promise<string[]> {
  const { links } = await hostSoftwareOfSources(readonly(database.db), hostId, sources);
  return links.map((link) => identityKey(link)).toSorted();
}

async function writeCounters(): Promise<unknown> {
  await sql`SELECT pg_stat_force_next_flush()`.execute(database.db);
  const { rows } = await sql`
    SELECT relname, n_tup_ins, n_tup_upd, n_tup_del FROM pg_stat_user_tables ORDER BY relname`.execute(database.db);
  return rows;
}

describe("ingestReport", () => {
  it("records a first report and reads it back field by field", async () => {
    const host = await newHost();
    const entry = row({
      name: "libssl3",
      version: "3.0.15-1",
      facts: { source_package: "openssl", source_version: "3.0.15-1", epoch: "", origin: "Debian" },
      last_opened_at: 1_700_000_000,
      installed_paths: ["/b", "/a"].toSorted(),
    });
    expect(await ingestReport(deps, host, [good("deb_packages", [entry])])).toMatchObject({ changed: true, added: 1 });
    const { links } = await hostSoftwareOfSources(readonly(database.db), host, ["deb_packages"]);
    expect(links).toMatchObject([
      { ...entry, facts: { source_package: "openssl", source_version: "3.0.15-1", epoch: "", origin: "Debian" } },
    ]);
  });

  it("writes nothing, by the database's own counters, when the same is reported again", async () => {
    const host = await newHost();
    const report = [
      good(
        "deb_packages",
        Array.from({ length: 300 }, (_, i) => row({ name: `p${i}`, version: "1" })),
      ),
    ];
    await ingestReport(deps, host, report);
    await settleCounts(database.db);
    const before = await writeCounters();
    expect(await ingestReport(deps, host, report)).toEqual({ changed: false, added: 0, removed: 0, updated: 0, sequence: 1 });
    expect(
      await ingestReport(deps, host, [good("deb_packages", report[0]!.ok ? report[0]!.entries.toReversed() : [])]),
    ).toMatchObject({ changed: false });
    expect(await writeCounters()).toEqual(before);
  });

  it("leaves a source that failed or was not asked untouched, and records the failure", async () => {
    const host = await newHost();
    await ingestReport(deps, host, [good("deb_packages", [row({ name: "bash" })]), good("rpm_packages", [row({ name: "rpm" })])]);
    const before = await held(host);
    await ingestReport(deps, host, [{ source: "deb_packages", ok: false, error: "no such table: deb_packages" }]);
    expect(await held(host)).toEqual(before);
    const failed = await database.db
      .selectFrom("host_software_sources")
      .selectAll()
      .where("source", "=", "deb_packages")
      .executeTakeFirstOrThrow();
    expect(failed).toMatchObject({ error: "no such table: deb_packages", rows_count: 1 });
    await ingestReport(deps, host, [good("deb_packages", [row({ name: "bash" })])]);
    const healed = await database.db
      .selectFrom("host_software_sources")
      .select("error")
      .where("source", "=", "deb_packages")
      .executeTakeFirstOrThrow();
    expect(healed.error).toBeNull();
    expect(await held(host)).toEqual(before);
  });

  it("removes what an empty report of a source no longer has", async () => {
    const host = await newHost();
    await ingestReport(deps, host, [good("deb_packages", [row({ name: "bash" })])]);
    expect(await ingestReport(deps, host, [good("deb_packages", [])])).toMatchObject({ removed: 1 });
    expect(await held(host)).toEqual([]);
    expect(await wrongCounts(database.db)).toEqual([]);
  });

  it("keeps how each link ended", async () => {
    const host = await newHost();
    await ingestReport(deps, host, [good("deb_packages", [row({ name: "bash", version: "1" }), row({ name: "vim" })])]);
    await ingestReport(deps, host, [good("deb_packages", [row({ name: "bash", version: "2" })])]);
    const history = await database.db
      .selectFrom("host_software_history as h")
      .innerJoin("software as s", "s.id", "h.software_id")
      .leftJoin("software as n", "n.id", "h.next_software_id")
      .select(["s.name", "s.version", "h.event", "n.version as next_version"])
      .orderBy("s.name")
      .execute();
    expect(history).toEqual([
      { name: "bash", version: "1", event: "updated", next_version: "2" },
      { name: "vim", version: "", event: "removed", next_version: null },
    ]);
  });

  it("carries first-seen over a rename and makes no removal of it", async () => {
    const host = await newHost();
    const app = { source: "apps", version: "1", bundle_identifier: "com.x", installed_paths: ["/Applications/X.app"] };
    await ingestReport(deps, host, [good("apps", [row({ ...app, name: "X.app" })])]);
    await sql`UPDATE host_software SET created_at = '2020-01-01Z'`.execute(database.db);
    await ingestReport(deps, host, [good("apps", [row({ ...app, name: "X" })])]);
    const links = await database.db.selectFrom("host_software").select("created_at").execute();
    expect(links.map((l) => l.created_at.toISOString())).toEqual(["2020-01-01T00:00:00.000Z"]);
    const events = await database.db.selectFrom("host_software_history").select("event").execute();
    expect(events).toEqual([{ event: "renamed" }]);
    expect(await wrongCounts(database.db)).toEqual([]);
  });

  it("stores hostile rows harmlessly beside good ones", async () => {
    const host = await newHost();
    const hostile = [
      row({ name: "nul\u0000byte", version: "\ud800" }),
      row({ name: "x".repeat(10_000), version: "y".repeat(10_000) }),
      row({ name: "'; DROP TABLE hosts; --" }),
      row({ name: "\u202eevil\u001b[31m" }),
      row({ name: "" }),
      row({ name: "good", version: "1" }),
    ];
    expect(await ingestReport(deps, host, [good("deb_packages", hostile)])).toMatchObject({ added: 5 });
    const names = await database.db.selectFrom("software").select("name").where("name", "like", "good%").execute();
    expect(names).toEqual([{ name: "good" }]);
    expect(await ingestReport(deps, host, [good("deb_packages", hostile)])).toMatchObject({ changed: false });
  });

  it("takes a host with 20,000 rows and refuses the absurd by name", async () => {
    const host = await newHost();
    const many = Array.from({ length: 20_000 }, (_, i) => row({ name: `package-${i}`, version: `${i}` }));
    expect(await ingestReport(deps, host, [good("deb_packages", many)])).toMatchObject({ added: 20_000 });
    const absurd = Array.from({ length: 50_001 }, () => row({ name: "p" }));
    await expect(ingestReport(deps, host, [good("deb_packages", absurd)])).rejects.toThrow(
      /50001 rows in one report; at most 50000/,
    );
    expect(await wrongCounts(database.db)).toEqual([]);
  });

  it("tells which sources it wants by their digests", async () => {
    const host = await newHost();
    await ingestReport(deps, host, [good("deb_packages", [row({ name: "bash" })])]);
    const stored = await database.db.selectFrom("host_software_sources").selectAll().executeTakeFirstOrThrow();
    const digest = stored.digest.toString("hex");
    expect(await wantedSources(deps, host, [{ source: "deb_packages", digest }])).toEqual([]);
    expect(
      await wantedSources(deps, host, [
        { source: "deb_packages", digest: "0".repeat(64) },
        { source: "npm_packages", digest },
      ]),
    ).toEqual(["deb_packages", "npm_packages"]);
  });

  it("refuses the report of a host that does not exist", async () => {
    await expect(ingestReport(deps, 999_999, [good("deb_packages", [])])).rejects.toThrow(/was deleted/);
  });

  it("ends, for any sequence of reports, in exactly the last one of each source, with exact counts", async () => {
    const inventory = fc.array(softwareEntry, { maxLength: 8 });
    const step = fc.record({
      host: fc.nat(1),
      source: fc.constantFrom("apps", "programs"),
      entries: inventory,
      fails: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 8 }), async (steps) => {
        const hosts = [await newHost(), await newHost()];
        const expected = new Map<string, string[]>();
        for (const { host, source, entries, fails } of steps) {
          const report: SourceReport = fails ? { source, ok: false, error: "failed" } : good(source, entries);
          await ingestReport(deps, hosts[host]!, [report]);
          if (report.ok) expected.set(`${host} ${source}`, expectedKeys(report.entries));
        }
        for (const [i, id] of hosts.entries()) {
          const all = [...expected].filter(([k]) => k.startsWith(`${i} `)).flatMap(([, keys]) => keys);
          expect(await held(id)).toEqual(all.toSorted());
        }
        expect(await wrongCounts(database.db)).toEqual([]);
      }),
      { numRuns: 25 },
    );
  });
});

/** Identity keys that storing must yield, computed without the code under test's pipeline: only NULs and empty names matter here. */
function expectedKeys(entries: SoftwareEntry[]): string[] {
  const clean = entries.map((e) => {
    const fields = Object.fromEntries(
      Object.entries(e).map(([k, v]) => [k, typeof v === "string" ? v.replaceAll("\u0000", "") : v]),
    );
    return { ...(fields as unknown as SoftwareEntry), upgrade_code: "" };
  });
  return [...mergeDuplicates(clean.filter((e) => e.name !== "")).keys()];
}

describe("races on one database", () => {
  it("serialises two check-ins of one host: the state is one of the two reports, never a mix", async () => {
    for (let round = 0; round < 15; round++) {
      const host = await newHost();
      await ingestReport(deps, host, [good("deb_packages", [row({ name: "old" })])]);
      const a = good("deb_packages", [row({ name: "both" }), row({ name: `a${round}` })]);
      const b = good("deb_packages", [row({ name: "both" }), row({ name: `b${round}` })]);
      await Promise.all([ingestReport(deps, host, [a]), ingestReport(deps, host, [b]), ingestReport(deps, host, [a])]);
      const keys = await held(host);
      expect([expectedKeys(a.ok ? a.entries : []).toSorted(), expectedKeys(b.ok ? b.entries : []).toSorted()]).toContainEqual(
        keys,
      );
    }
    expect(await wrongCounts(database.db)).toEqual([]);
  });

  it("serialises two first reports of one host too, where neither removes anything", async () => {
    for (let round = 0; round < 15; round++) {
      const host = await newHost();
      const reports = ["a", "b"].map((name) => good("deb_packages", [row({ name: `${name}${round}` })]));
      await Promise.all(reports.map((report) => ingestReport(deps, host, [report])));
      expect(await held(host)).toHaveLength(1);
    }
    expect(await wrongCounts(database.db)).toEqual([]);
  });

  it("lets many hosts bring the same new software at once: one row each, no deadlock, exact counts", async () => {
    const hosts = await Promise.all(Array.from({ length: 20 }, () => newHost()));
    const software = Array.from({ length: 250 }, (_, i) =>
      row({ name: `new${i}`, version: "1", facts: { source_package: `s${i}` } }),
    );
    await Promise.all(
      hosts.map((host, i) => ingestReport(deps, host, [good("deb_packages", i % 2 ? software : software.toReversed())])),
    );
    const { rows } = await sql<{ software: number; titles: number; links: number; facts: number }>`
      SELECT (SELECT count(*) FROM software) AS software, (SELECT count(*) FROM software_titles) AS titles,
             (SELECT count(*) FROM host_software) AS links, (SELECT count(*) FROM software_facts) AS facts`.execute(database.db);
    expect(rows).toEqual([{ software: 250, titles: 250, links: 5000, facts: 250 }]);
    expect(await wrongCounts(database.db)).toEqual([]);
  });

  it("sweeps orphans against check-ins that want them back: nothing is lost and no link dangles", async () => {
    const software = Array.from({ length: 50 }, (_, i) => row({ name: `s${i}`, version: "1" }));
    const never = new AbortController().signal;
    for (let round = 0; round < 10; round++) {
      const host = await newHost();
      await ingestReport(deps, host, [good("deb_packages", software)]);
      await database.db.transaction().execute((tx) => forgetHostsSoftware(tx, [host]));
      await database.db.deleteFrom("hosts").where("id", "=", host).execute();
      await clearForgottenHosts(database.db);
      await settleCounts(database.db);
      const others = await Promise.all([newHost(), newHost(), newHost()]);
      const sweeps = [0, 1].map(() => sweepOrphans({ db: database.db, now: () => new Date(Date.now() + 60_000) }, never, 0));
      await Promise.all([...others.map((id) => ingestReport(deps, id, [good("deb_packages", software)])), ...sweeps]);
      for (const id of others) expect(await held(id)).toHaveLength(50);
      const dangling =
        await sql`SELECT 1 FROM host_software hs WHERE NOT EXISTS (SELECT 1 FROM software s WHERE s.id = hs.software_id)`.execute(
          database.db,
        );
      expect(dangling.rows).toEqual([]);
      for (const id of others) await database.db.transaction().execute((tx) => forgetHostsSoftware(tx, [id]));
      await sql`DELETE FROM hosts`.execute(database.db);
      await clearForgottenHosts(database.db);
    }
    expect(await wrongCounts(database.db)).toEqual([]);
  });

  it("folds counts from several processes at once without losing one", async () => {
    const hosts = await Promise.all(Array.from({ length: 10 }, () => newHost()));
    await Promise.all([
      ...hosts.map((host) =>
        ingestReport(deps, host, [good("deb_packages", [row({ name: "shared" }), row({ name: `own${host}` })])]),
      ),
      ...Array.from({ length: 10 }, () => settleCounts(database.db)),
    ]);
    expect(await wrongCounts(database.db)).toEqual([]);
  });

  it("does not believe a stale replica", async () => {
    const host = await newHost();
    const v1 = good("deb_packages", [row({ name: "bash", version: "1" })]);
    const v2 = good("deb_packages", [row({ name: "bash", version: "2" })]);
    await ingestReport(deps, host, [v1]);
    const stale = await testDatabase();
    try {
      // a replica that still shows the host as it was after v1
      await sql`INSERT INTO hosts (id, hostname, software_sequence) OVERRIDING SYSTEM VALUE VALUES (${host}, 'h', 1)`.execute(
        stale.db,
      );
      await ingestReport(deps, host, [v2]);
      const metrics = createMetrics();
      const behind: IngestDeps = { ...deps, replica: readonly(stale.db), metrics: createIngestMetrics(metrics) };
      await ingestReport(behind, host, [v1]);
      const counted = await metrics.text();
      expect(counted).toContain("muster_inventory_replica_behind_total 1");
      expect(counted).toContain("muster_inventory_retries_total 0");
      expect(await held(host)).toEqual([identityKey(row({ name: "bash", version: "1" }))]);
      expect(await wrongCounts(database.db)).toEqual([]);
    } finally {
      await stale.close();
    }
  });
});
