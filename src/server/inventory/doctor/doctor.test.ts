import { sql } from "kysely";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { emptySoftwareEntry, type SoftwareEntry } from "#domain/software/software.ts";
import { testDatabase, type TestDatabase } from "#test/support/postgres.ts";
import { readonly } from "../../database/pools.ts";
import { createLog } from "../../observe/log.ts";
import { createMetrics } from "../../observe/metrics.ts";
import { CatalogueIds } from "../catalogue-ids.ts";
import { labelCounted } from "../count-label.ts";
import { createIngestMetrics } from "../ingest-metrics.ts";
import { ingestReport, type IngestDeps } from "../ingest-report.ts";
import { CHECKS } from "./checks.ts";
import { settleCounts } from "../settle-counts.ts";
import { runDoctor } from "./run-doctor.ts";

let database: TestDatabase;
let deps: IngestDeps;
let hosts: number[];
const now = () => new Date();

/** Five hosts with twenty versions of ten titles; two changed since, one label counted, one ledger row not folded yet. */
beforeEach(async () => {
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
  const label = await db
    .insertInto("labels")
    .values({ name: "some", label_membership_type: "manual", criteria: null as never })
    .returning("id")
    .executeTakeFirstOrThrow();
  await sql`INSERT INTO label_membership (host_id, label_id) SELECT unnest(${hosts.slice(0, 3)}::bigint[]), ${label.id}`.execute(
    db,
  );
  await sql`INSERT INTO software_count_changes (labels_added) SELECT ARRAY[${label.id}, ${label.id}, ${label.id}]::bigint[]`.execute(
    db,
  );
  await labelCounted(db, label.id);
  await settleCounts(db);
  await report(hosts[1]!, 1, "3");
});
afterEach(() => database.close());

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
  ["label-counts", "UPDATE label_counts SET hosts_count = 99"],
  ["label-version-counts", "UPDATE label_software_counts SET hosts_count = hosts_count + 2"],
  ["label-title-counts", "DELETE FROM label_title_counts"],
  ["host-counts", "UPDATE hosts SET software_count = 1000 WHERE id = (SELECT max(id) FROM hosts)"],
  ["source-counts", "UPDATE host_software_sources SET rows_count = 3 WHERE host_id = (SELECT max(id) FROM hosts)"],
  ["source-counts", "DELETE FROM host_software_sources WHERE host_id = (SELECT min(id) FROM hosts)"],
  ["hosts-exist", "INSERT INTO host_software (host_id, software_id) SELECT 999999, min(id) FROM software"],
  ["software-exists", "INSERT INTO host_software (host_id, software_id) SELECT min(id), 888888 FROM hosts"],
  ["titles-exist", "UPDATE software SET title_id = 555555 WHERE id IN (SELECT software_id FROM host_software LIMIT 1)"],
  [
    "titles-exist",
    "DELETE FROM software_titles WHERE id = (SELECT min(title_id) FROM software)",
  ],
  ["facts-exist", "UPDATE host_software SET facts_id = 777777 WHERE host_id = (SELECT min(id) FROM hosts)"],
  ["history-order", "UPDATE host_software_history SET installed_at = removed_at + interval '1 day' WHERE event <> 'installed'"],
  ["history-names", "UPDATE host_software_history SET next_software_id = 666666 WHERE event = 'updated'"],
  [
    "history-overlaps",
    "INSERT INTO host_software_history (host_id, software_id, title_id, installed_at, removed_at, event) SELECT hs.host_id, s.id, s.title_id, hs.created_at - interval '1 day', hs.created_at + interval '1 microsecond', 'removed' FROM host_software hs JOIN software s ON s.id = hs.software_id LIMIT 4",
  ],
  ["titles", "UPDATE software SET title_id = (SELECT max(id) FROM software_titles) WHERE id = (SELECT min(id) FROM software)"],
  ["search-names", "DELETE FROM software_names WHERE name = 'soft 1'"],
  ["unused-names", "INSERT INTO software_names VALUES ('nobody has this')"],
  [
    "orphans",
    "INSERT INTO software (title_id, checksum, name, version, source, created_at) SELECT min(title_id), decode(md5('x'), 'hex'), 'Soft 0', 'left behind', 'deb_packages', now() - interval '1 day' FROM software",
  ],
];

describe("what is broken is found, repaired, and then gone", () => {
  it.each(CORRUPTIONS)("%s: %s", async (name, statement) => {
    const { numAffectedRows = 0n } = await sql.raw(statement).execute(database.db);
    expect(Number(numAffectedRows)).toBeGreaterThan(0);
    const found = await findings(false);
    expect(found[name]?.[0]).toBeGreaterThan(0);
    const repaired = await findings(true);
    const left = Object.entries(repaired).filter(([check, [, rest]]) => rest > 0 && check !== "checksums");
    expect(left).toEqual([]);
    const after = await findings(false);
    delete after["checksums"];
    expect(after).toEqual({});
  });
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
