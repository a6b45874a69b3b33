import { sql } from "kysely";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { emptySoftwareEntry, type SourceReport } from "#domain/software/software.ts";
import { testDatabase, type TestDatabase } from "#test/support/postgres.ts";
import { readonly } from "../database/pools.ts";
import { membershipApplyInTx } from "../labels/label-membership-store.ts";
import { createLog } from "../observe/log.ts";
import { createMetrics } from "../observe/metrics.ts";
import { labelCounted } from "./count-label.ts";
import { countChangesFoldInTx, countChangesPending, FOLD_ROWS_MAX } from "./count-store.ts";
import { hostsLockInTx } from "./host-lock-store.ts";
import { createIngestMetrics } from "./ingest-metrics.ts";
import { ingestReport, type IngestDeps } from "./ingest-report.ts";
import { sweepLockShareInTx } from "./orphan-store.ts";
import { settleCounts } from "./settle-counts.ts";

let database: TestDatabase;
let deps: IngestDeps;

beforeAll(async () => {
  database = await testDatabase();
  const metrics = createIngestMetrics(createMetrics());
  deps = { db: database.db, replica: readonly(database.db), log: createLog("silent"), metrics };
});
afterAll(() => database.close());
beforeEach(async () => {
  await sql`TRUNCATE hosts, software_titles, software, software_facts, host_software, host_software_history, software_count_changes,
    software_counts, software_title_counts, host_software_sources, host_seen_times, host_enrollments, labels, label_membership,
    label_counts, label_software_counts, label_title_counts CASCADE`.execute(database.db);
});

async function newHosts(count: number): Promise<number[]> {
  const values = Array.from({ length: count }, (_, i) => ({ hostname: `h${i}` }));
  return (await database.db.insertInto("hosts").values(values).returning("id").execute()).map((row) => row.id);
}

async function newLabel(name: string): Promise<number> {
  const values = { name, label_membership_type: "manual" };
  return (await database.db.insertInto("labels").values(values).returning("id").executeTakeFirstOrThrow()).id;
}

async function setMembership(hostId: number, labelId: number, member: boolean): Promise<void> {
  await database.db.transaction().execute(async (tx) => {
    await hostsLockInTx(tx, [hostId]);
    await sweepLockShareInTx(tx);
    await membershipApplyInTx(tx, [hostId], [labelId], member ? [{ host_id: hostId, label_id: labelId }] : []);
  });
}

/** Versions 0 to 4 of packages a to f; which ones depends on `seed` alone. */
function report(seed: number): SourceReport[] {
  const entries = ["a", "b", "c", "d", "e", "f"]
    .filter((_, i) => (seed >> i) % 3 !== 0)
    .map((name, i) => ({ ...emptySoftwareEntry("deb_packages"), name, version: String((seed + i) % 5) }));
  return [{ source: "deb_packages", ok: true, entries }];
}

/** Every stored count within labels compared with the rows behind it; empty when all are right. */
async function wrongLabelCounts(): Promise<unknown[]> {
  await settleCounts(database.db);
  const { rows } = await sql`
    WITH real AS (
      SELECT m.label_id, hs.host_id, hs.software_id, s.title_id FROM label_membership m
      JOIN host_software hs ON hs.host_id = m.host_id JOIN software s ON s.id = hs.software_id WHERE m.counted
    )
    SELECT 'members' AS kind, label_id, 0 AS id, c.hosts_count AS stored, r.n AS real
      FROM (SELECT label_id, count(*) AS n FROM label_membership GROUP BY 1) r FULL JOIN label_counts c USING (label_id)
      WHERE coalesce(c.hosts_count, 0) <> coalesce(r.n, 0)
    UNION ALL SELECT 'software', label_id, software_id, c.hosts_count, r.n
      FROM (SELECT label_id, software_id, count(*) AS n FROM real GROUP BY 1, 2) r FULL JOIN label_software_counts c USING (label_id, software_id)
      WHERE c.hosts_count IS DISTINCT FROM r.n
    UNION ALL SELECT 'title', label_id, title_id, c.hosts_count * 1000 + c.versions_count, r.n
      FROM (SELECT label_id, title_id, count(DISTINCT host_id) * 1000 + count(DISTINCT software_id) AS n FROM real GROUP BY 1, 2) r
      FULL JOIN label_title_counts c USING (label_id, title_id)
      WHERE c.hosts_count * 1000 + c.versions_count IS DISTINCT FROM r.n`.execute(database.db);
  return rows;
}

async function countedRows(labelId: number): Promise<number> {
  const { rows } = await sql<{ n: number }>`SELECT count(*) AS n FROM label_software_counts WHERE label_id = ${labelId}`.execute(
    database.db,
  );
  return rows[0]?.n ?? 0;
}

test("a label nobody asked about is not counted; asking counts it, once, and the ledger keeps it", async () => {
  const [a, b] = (await newHosts(2)) as [number, number];
  const label = await newLabel("one");
  await ingestReport(deps, a, report(7));
  await ingestReport(deps, b, report(11));
  await setMembership(a, label, true);
  await setMembership(b, label, true);
  expect(await wrongLabelCounts()).toEqual([]);
  expect(await countedRows(label)).toBe(0);
  expect(await labelCounted(database.db, label)).toBe(true);
  expect(await countedRows(label)).toBeGreaterThan(0);
  expect(await wrongLabelCounts()).toEqual([]);
  await ingestReport(deps, a, report(62));
  await setMembership(b, label, false);
  expect(await wrongLabelCounts()).toEqual([]);
  expect(await labelCounted(database.db, label + 1)).toBe(false);
});

test("counts within labels equal the rows, whatever check-ins, joins, leaves, counting and folds race", async () => {
  const hosts = await newHosts(8);
  const labels = [await newLabel("one"), await newLabel("two"), await newLabel("three")];
  let seed = 1;
  const next = (below: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return (seed >>> 8) % below;
  };
  const pick = (list: number[]): number => list[next(list.length)] ?? 0;
  const step = (): Promise<unknown> => {
    const kind = next(10);
    if (kind < 4) return ingestReport(deps, pick(hosts), report(next(64)));
    if (kind < 7) return setMembership(pick(hosts), pick(labels), next(3) > 0);
    return kind < 9 ? labelCounted(database.db, pick(labels)) : settleCounts(database.db);
  };
  for (let round = 0; round < 25; round++) {
    // oxlint-disable-next-line no-await-in-loop -- each round is a race of its own, looked at when it is over
    await Promise.all(Array.from({ length: 9 }, step));
    // oxlint-disable-next-line no-await-in-loop
    expect(await wrongLabelCounts()).toEqual([]);
  }
  await Promise.all(labels.map((id) => labelCounted(database.db, id)));
  expect(await wrongLabelCounts()).toEqual([]);
  const { rows } = await sql`SELECT FROM label_membership WHERE NOT counted`.execute(database.db);
  expect(rows).toEqual([]);
});

test("whoever settles waits for a fold under way, so that nothing is left that was there before", async () => {
  await sql`
    INSERT INTO software_titles (checksum, name, source) VALUES ('\\x00112233445566778899aabbccddeeff', 't', 'apps')`.execute(
    database.db,
  );
  await sql`
    INSERT INTO software_count_changes (titles_added)
    SELECT ARRAY[(SELECT id FROM software_titles)] FROM generate_series(1, ${sql.lit(FOLD_ROWS_MAX * 2 + 100)})`.execute(
    database.db,
  );
  let settled: Promise<number> | undefined;
  await database.db.transaction().execute(async (tx) => {
    expect(await countChangesFoldInTx(tx)).toBe(FOLD_ROWS_MAX);
    settled = settleCounts(database.db);
    await waitingForLock();
  });
  expect(await settled).toBe(FOLD_ROWS_MAX + 100);
  expect(await countChangesPending(database.db)).toBe(false);
  const { rows } = await sql`SELECT hosts_count FROM software_title_counts`.execute(database.db);
  expect(rows).toEqual([{ hosts_count: FOLD_ROWS_MAX * 2 + 100 }]);
});

/** Until some connection of this database waits for a lock. */
async function waitingForLock(): Promise<void> {
  for (;;) {
    // oxlint-disable-next-line no-await-in-loop
    const { rows } =
      await sql`SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`.execute(
        database.db,
      );
    if (rows.length > 0) return;
  }
}
