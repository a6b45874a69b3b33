import { sql } from "kysely";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { emptySoftwareEntry, type SoftwareEntry } from "#domain/software/software.ts";
import { testDatabase, type TestDatabase } from "#test/support/postgres.ts";
import { wrongCounts } from "#test/support/wrong-counts.ts";
import { readonly } from "../../database/pools.ts";
import { createLog } from "../../observe/log.ts";
import { createMetrics } from "../../observe/metrics.ts";
import { CatalogueIds } from "../catalogue-ids.ts";
import { labelCounted } from "../count-label.ts";
import { createIngestMetrics } from "../ingest-metrics.ts";
import { ingestReport, type IngestDeps } from "../ingest-report.ts";
import { holdHosts } from "../hold-hosts.ts";
import { forgetHostsSoftware } from "../remove-host-software.ts";
import { settleCounts } from "../settle-counts.ts";
import { CHECKS } from "./checks.ts";
import { PARTITIONS } from "./look-store.ts";
import { Look, type Progress } from "./look.ts";
import { runDoctor } from "./run-doctor.ts";
import { walkHosts } from "./walk-hosts.ts";

let database: TestDatabase;
let deps: IngestDeps;
let hosts: number[];
let label: number;
const now = () => new Date();

/** Five hosts with twenty versions of ten titles; two changed since, one label counted, one ledger row not folded yet. */
async function openHealthy(): Promise<void> {
  database = await testDatabase();
  const { db } = database;
  deps = {
    db,
    replica: readonly(db),
    log: createLog("silent"),
    metrics: createIngestMetrics(createMetrics()),
    catalogueIds: new CatalogueIds(),
  };
  const made = await db
    .insertInto("hosts")
    .values(Array.from({ length: 5 }, (_, i) => ({ hostname: `h${i}` })))
    .returning("id")
    .execute();
  hosts = made.map((host) => host.id);
  for (const [h, host] of hosts.entries()) await report(host, h, "1");
  await report(hosts[0]!, 0, "2");
  label = await newLabel("some", hosts.slice(0, 3));
  await settleCounts(db);
  await report(hosts[1]!, 1, "3");
}

/** A label with these members, counted. */
async function newLabel(name: string, members: number[]): Promise<number> {
  const { db } = database;
  const { id } = await db
    .insertInto("labels")
    .values({ name, label_membership_type: "manual", criteria: null as never })
    .returning("id")
    .executeTakeFirstOrThrow();
  await sql`INSERT INTO label_membership (host_id, label_id) SELECT unnest(${members}::bigint[]), ${id}`.execute(db);
  await sql`INSERT INTO software_count_changes (labels_added) VALUES (${members.map(() => id)}::bigint[])`.execute(db);
  await labelCounted(db, id);
  return id;
}

async function report(host: number, h: number, version: string): Promise<void> {
  const entries = Array.from({ length: 10 }, (_, i) =>
    entry({ name: `Soft ${i}`, version: i < h * 2 ? "0" : `${i}.${version}` }),
  );
  await ingestReport(deps, host, [{ source: "deb_packages", ok: true, entries }]);
}

function entry(fields: Partial<SoftwareEntry>): SoftwareEntry {
  return { ...emptySoftwareEntry("deb_packages"), ...fields };
}

async function findings(repair: boolean): Promise<Record<string, [found: number, left: number]>> {
  const { diagnoses } = await runDoctor({ db: database.db, now, repair });
  expect(diagnoses).toHaveLength(CHECKS.length);
  return Object.fromEntries(
    diagnoses.filter((one) => one.found.count > 0).map((one) => [one.check.name, [one.found.count, one.left]]),
  );
}

/** What to break, and which check must find it (others may as well, where one thing hangs on another). */
const CORRUPTIONS: [check: string, statement: string][] = [
  [
    "version-counts",
    "UPDATE software_counts SET hosts_count = hosts_count + 1 WHERE software_id IN (SELECT software_id FROM software_counts LIMIT 3)",
  ],
  ["version-counts", "DELETE FROM software_counts WHERE software_id = (SELECT min(software_id) FROM software_counts)"],
  [
    "version-counts",
    "INSERT INTO software_counts SELECT id, source, 7 FROM software WHERE id NOT IN (SELECT software_id FROM software_counts) LIMIT 1",
  ],
  [
    "title-counts",
    "UPDATE software_title_counts SET hosts_count = hosts_count - 1 WHERE title_id = (SELECT min(title_id) FROM software_title_counts)",
  ],
  ["title-counts", "UPDATE software_title_counts SET versions_count = versions_count + 5"],
  ["title-vendors", "UPDATE software_titles SET vendor = 'Nobody' WHERE id = (SELECT min(id) FROM software_titles)"],
  ["label-counts", "UPDATE label_counts SET hosts_count = 99"],
  ["label-version-counts", "UPDATE label_software_counts SET hosts_count = hosts_count + 2"],
  ["label-title-counts", "DELETE FROM label_title_counts"],
  ["host-counts", "UPDATE hosts SET software_count = 1000 WHERE id = (SELECT max(id) FROM hosts)"],
  ["source-counts", "UPDATE host_software_sources SET rows_count = 3 WHERE host_id = (SELECT max(id) FROM hosts)"],
  ["source-counts", "DELETE FROM host_software_sources WHERE host_id = (SELECT min(id) FROM hosts)"],
  ["hosts-exist", "INSERT INTO host_software (host_id, software_id) SELECT 999999, min(id) FROM software"],
  ["software-exists", "INSERT INTO host_software (host_id, software_id) SELECT min(id), 888888 FROM hosts"],
  ["titles-exist", "UPDATE software SET title_id = 555555 WHERE id IN (SELECT software_id FROM host_software LIMIT 1)"],
  ["titles-exist", "DELETE FROM software_titles WHERE id = (SELECT min(title_id) FROM software)"],
  ["facts-exist", "UPDATE host_software SET facts_id = 777777 WHERE host_id = (SELECT min(id) FROM hosts)"],
  ["history-order", "UPDATE host_software_history SET installed_at = removed_at + interval '1 day' WHERE event <> 'installed'"],
  ["history-names", "UPDATE host_software_history SET next_software_id = 666666 WHERE event = 'updated'"],
  [
    "history-overlaps",
    "INSERT INTO host_software_history (host_id, software_id, title_id, installed_at, removed_at, event) SELECT hs.host_id, s.id, s.title_id, hs.created_at - interval '1 day', hs.created_at + interval '1 microsecond', 'removed' FROM host_software hs JOIN software s ON s.id = hs.software_id LIMIT 4",
  ],
  ["titles", "UPDATE software SET title_id = (SELECT max(id) FROM software_titles) WHERE id = (SELECT min(id) FROM software)"],
  ["search-names", "DELETE FROM software_names WHERE name = 'soft 1'"],
  [
    "vulnerability-exposures",
    "WITH v AS (INSERT INTO vulnerabilities (cve) VALUES ('CVE-2024-1') RETURNING id) INSERT INTO vulnerability_exposures (vulnerability_id, cve, severity, first_seen, hosts_count) SELECT id, 'CVE-2024-1', 'high', now(), 3 FROM v",
  ],
  ["unused-names", "INSERT INTO software_names VALUES ('nobody has this')"],
  [
    "orphans",
    "INSERT INTO software (title_id, checksum, name, version, source, created_at) SELECT min(title_id), decode(md5('x'), 'hex'), 'Soft 0', 'left behind', 'deb_packages', now() - interval '1 day' FROM software",
  ],
];

describe("what is broken is found, repaired, and then gone", () => {
  // one database for all: what is repaired is as good as new for the next
  beforeAll(openHealthy);
  afterAll(() => database.close());

  it.each(CORRUPTIONS)("%s: %s", async (name, statement) => {
    const { numAffectedRows = 0n } = await sql.raw(statement).execute(database.db);
    expect(Number(numAffectedRows)).toBeGreaterThan(0);
    const repaired = await findings(true);
    expect(repaired[name]?.[0]).toBeGreaterThan(0);
    const left = Object.entries(repaired).filter(([, [, rest]]) => rest > 0);
    expect(left).toEqual([]);
    expect(await wrongCounts(database.db)).toEqual([]);
  });
});

describe("a healthy database", () => {
  beforeEach(openHealthy);
  afterEach(() => database.close());

  it("finds nothing wrong in a healthy database", async () => {
    expect(await findings(false)).toEqual({});
  });

  it("finds nothing wrong while hosts report, whatever moment it looks at", async () => {
    const reports = (async () => {
      for (let round = 10; round < 30; round += 1) for (const [h, host] of hosts.entries()) await report(host, h, String(round));
    })();
    const found = [await findings(false), await findings(false)];
    await reports;
    expect([...found, await findings(false)]).toEqual([{}, {}, {}]);
  });

  it("repairs while hosts report, and all counts are right at the end", async () => {
    await sql`UPDATE software_counts SET hosts_count = hosts_count + 3`.execute(database.db);
    await sql`UPDATE software_title_counts SET hosts_count = hosts_count + 3`.execute(database.db);
    const reports = (async () => {
      for (let round = 40; round < 60; round += 1) for (const [h, host] of hosts.entries()) await report(host, h, String(round));
    })();
    await findings(true);
    await reports;
    expect(await findings(false)).toEqual({});
  });

  it("a wrong checksum is found and said to be beyond repair", async () => {
    await sql`UPDATE software SET checksum = decode(md5('y'), 'hex') WHERE id = (SELECT min(id) FROM software)`.execute(
      database.db,
    );
    const { diagnoses } = await runDoctor({ db: database.db, now, repair: true });
    const [diagnosis] = diagnoses.filter((one) => one.found.count > 0);
    expect(diagnosis).toMatchObject({ check: { name: "checksums" }, found: { count: 1 }, left: 1 });
  });

  it("looks without changing anything, and says how far it is", async () => {
    await sql`UPDATE software_counts SET hosts_count = hosts_count + 1`.execute(database.db);
    const far: Progress[] = [];
    const wrong = async () => {
      const { diagnoses, ...read } = await runDoctor({
        db: database.db,
        now,
        repair: false,
        onProgress: (_check, _index, _total, progress) => far.push(...(progress === null ? [] : [progress])),
      });
      return { read, found: diagnoses.map((one) => [one.check.name, one.found.count]) };
    };
    expect(await wrong()).toEqual(await wrong());
    expect((await wrong()).read).toEqual({ hosts: 5, links: 50 });
    expect(far).toContainEqual({ done: 5, of: 5, unit: "hosts" });
  });

  it("repairs more than one batch, and deletes counts of what nobody holds", async () => {
    await sql`
      INSERT INTO software (title_id, checksum, name, version, source)
      SELECT (SELECT min(id) FROM software_titles), decode(md5(n::text), 'hex'), 'Soft 0', n::text, 'deb_packages' FROM generate_series(1, 2500) n`.execute(
      database.db,
    );
    await sql`
      INSERT INTO software_counts (software_id, source, hosts_count)
      SELECT id, source, 3 FROM software WHERE version ~ '^[0-9]+$' AND id NOT IN (SELECT software_id FROM software_counts)`.execute(
      database.db,
    );
    expect((await findings(true))["version-counts"]).toEqual([2500, 0]);
    expect(await wrongCounts(database.db)).toEqual([]);
  });

  it("counts nothing of deleted hosts whose links wait to be cleared away", async () => {
    const { db } = database;
    await db.transaction().execute(async (tx) => {
      await holdHosts(tx, [hosts[0]!]);
      await forgetHostsSoftware(tx, [hosts[0]!]);
      await tx.deleteFrom("hosts").where("id", "=", hosts[0]!).execute();
    });
    expect(await findings(false)).toEqual({});
  });

  it("leaves out a label that is being counted, and says so", async () => {
    const { db } = database;
    await settleCounts(db);
    await sql`UPDATE label_software_counts SET hosts_count = -7`.execute(db);
    await sql`INSERT INTO label_count_runs (label_id) VALUES (${label})`.execute(db);
    const { diagnoses } = await runDoctor({ db, now, repair: true });
    expect(diagnoses.filter((one) => one.found.count > 0)).toEqual([]);
    expect(diagnoses.filter((one) => one.found.left_out.length > 0).map((one) => one.check.name)).toEqual([
      "label-version-counts",
      "label-title-counts",
    ]);
    const { rows } = await sql`SELECT DISTINCT hosts_count FROM label_software_counts`.execute(db);
    expect(rows).toEqual([{ hosts_count: -7 }]);
    await sql`DELETE FROM label_count_runs`.execute(db);
    expect(Object.keys(await findings(true))).toEqual(["label-version-counts"]);
    expect(await wrongCounts(db)).toEqual([]);
  });

  it("reads the links again for labels that do not fit into memory, with the same result", async () => {
    for (const name of ["more", "most"]) await newLabel(name, hosts.slice(1));
    await sql`UPDATE label_title_counts SET versions_count = versions_count + 1`.execute(database.db);
    const look = await Look.open(database.db, now(), () => undefined);
    try {
      const walks: Progress[] = [];
      const small = await walkHosts(
        { db: look.db, snapshot: look.snapshot, progress: (done, of, unit) => walks.push({ done, of, unit }) },
        1,
      );
      expect(small).toEqual(await look.walked());
      expect(small.labelTitleCounts.count).toBeGreaterThan(10);
      expect(walks.map((walk) => walk.done)).toEqual([5, 10, 15, 20]);
    } finally {
      await look.close();
    }
  });

  it("history and links of a host are in partitions of one number", async () => {
    const { rows } = await sql`
      SELECT n, r FROM generate_series(1, 200) n, generate_series(0, ${PARTITIONS - 1}) r
      WHERE satisfies_hash_partition('host_software'::regclass, ${PARTITIONS}, r, n)
        <> satisfies_hash_partition('host_software_history'::regclass, ${PARTITIONS}, r, n::bigint)`.execute(database.db);
    expect(rows).toEqual([]);
  });
});
