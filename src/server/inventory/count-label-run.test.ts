import { sql } from "kysely";
import type { RawBuilder } from "kysely";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { emptySoftwareEntry, type SourceReport } from "#domain/software/software.ts";
import { openDatabase, readonly } from "../database/pools.ts";
import { testDatabase, type TestDatabase } from "#test/support/postgres.ts";
import { isRetryable } from "../database/retry.ts";
import { deleteHosts } from "../devices/delete-hosts.ts";
import { membershipApplyInTx } from "../labels/label-membership-store.ts";
import { labelDelete } from "../labels/label-store.ts";
import { createSignals, type Signals } from "../notify/signals.ts";
import { createLog } from "../observe/log.ts";
import { createMetrics } from "../observe/metrics.ts";
import { labelCounted } from "./count-label.ts";
import { countLabels, type CountOptions } from "./count-labels.ts";
import { holdHosts } from "./hold-hosts.ts";
import { createIngestMetrics } from "./ingest-metrics.ts";
import { ingestReport, type IngestDeps } from "./ingest-report.ts";
import { settleCounts } from "./settle-counts.ts";
import { holdCatalogueInTx, moveSoftwareInTx } from "./titles/hold-catalogue.ts";

/** So small that a label of eight hosts takes many statements, each of which others come between. */
const SMALL: CountOptions = { whole: { members: 0, share: 0 }, sizes: { hostsMarked: 2, hostsSummed: 1, countsWritten: 2 } };
/** What a run waits for, while a test holds it, once it has marked two hosts, and once it has summed up two. */
const GATES = { marking: 98, summing: 99 };

let database: TestDatabase;
let deps: IngestDeps;
let signals: Signals;

beforeAll(async () => {
  database = await testDatabase();
  const log = createLog("silent");
  signals = createSignals({ url: database.url, db: database.db, log });
  deps = { db: database.db, replica: readonly(database.db), log, metrics: createIngestMetrics(createMetrics()) };
  // by statement: a row's lock would keep others waiting, which a run does not
  await gateBefore(GATES.marking, "label_membership", sql`EXISTS (SELECT FROM label_membership WHERE counted)`);
  await gateBefore(GATES.summing, "label_count_runs", sql`EXISTS (SELECT FROM label_count_runs WHERE counted = 1)`);
});
afterAll(async () => {
  await signals.close();
  await database.close();
});
beforeEach(async () => {
  await sql`TRUNCATE hosts, host_deletions, software_titles, software, software_facts, host_software, host_software_history,
    software_count_changes, software_counts, software_title_counts, host_software_sources, host_seen_times, host_enrollments, labels,
    label_membership, label_counts, label_count_runs, label_software_counts, label_title_counts CASCADE`.execute(database.db);
});

/** Updates of `counted` in this table wait for the gate when the condition holds. */
async function gateBefore(gate: number, table: string, when: RawBuilder<unknown>): Promise<void> {
  const name = sql.raw(`gate_${gate}`);
  await sql`
    CREATE FUNCTION ${name}() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF ${when} THEN PERFORM pg_advisory_xact_lock_shared(${sql.lit(gate)}); END IF;
      RETURN NULL;
    END $$`.execute(database.db);
  await sql`CREATE TRIGGER gate BEFORE UPDATE OF counted ON ${sql.table(table)} EXECUTE FUNCTION ${name}()`.execute(database.db);
}

async function newHosts(count: number): Promise<number[]> {
  const values = Array.from({ length: count }, (_, i) => ({ hostname: `h${i}` }));
  return (await database.db.insertInto("hosts").values(values).returning("id").execute()).map((row) => row.id);
}

async function newLabel(name: string): Promise<number> {
  const values = { name, label_membership_type: "manual" };
  return (await database.db.insertInto("labels").values(values).returning("id").executeTakeFirstOrThrow()).id;
}

async function setMembers(hostIds: number[], labelId: number, member: boolean): Promise<void> {
  await database.db.transaction().execute(async (tx) => {
    const held = await holdHosts(tx, hostIds);
    const members = member ? held.map((host_id) => ({ host_id, label_id: labelId })) : [];
    await membershipApplyInTx(tx, held, [labelId], members);
  });
}

/** Versions 0 to 4 of packages a to f; which ones depends on `seed` alone. */
async function report(hostId: number, seed: number): Promise<void> {
  const entries = ["a", "b", "c", "d", "e", "f"]
    .filter((_, i) => (seed >> i) % 3 !== 0)
    .map((name, i) => ({ ...emptySoftwareEntry("deb_packages"), name, version: String((seed + i) % 5) }));
  const sources: SourceReport[] = [{ source: "deb_packages", ok: true, entries }];
  await ingestReport(deps, hostId, sources).catch((error: unknown) => {
    // the host was deleted meanwhile
    if ((error as Error).name !== "HostGoneError") throw error;
  });
}

/** Moves some software to the titles of other software, as corrections and new rules do. */
async function moveSoftware(next: (below: number) => number): Promise<void> {
  await database.db.transaction().execute(async (tx) => {
    await holdCatalogueInTx(tx);
    const software = await tx.selectFrom("software").select(["id", "title_id"]).orderBy("id").execute();
    if (software.length === 0) return;
    const moves = [1, 2].flatMap(() => {
      const [one, other] = [software[next(software.length)], software[next(software.length)]];
      return one === undefined || other === undefined ? [] : [{ software_id: one.id, from: one.title_id, to: other.title_id }];
    });
    await moveSoftwareInTx(tx, [...new Map(moves.map((move) => [move.software_id, move])).values()]);
  });
}

async function ask(labelIds: number[]): Promise<void> {
  await sql`INSERT INTO label_count_runs (label_id) SELECT unnest(${labelIds}::bigint[]) ON CONFLICT DO NOTHING`.execute(
    database.db,
  );
}

/** Every stored count within labels that is not what the rows of all members say; empty when all is right. */
async function wrongLabelCounts(): Promise<unknown[]> {
  await settleCounts(database.db);
  const { rows } = await sql`
    WITH real AS (
      SELECT m.label_id, hs.host_id, hs.software_id, s.title_id FROM label_membership m
      JOIN host_software hs ON hs.host_id = m.host_id JOIN software s ON s.id = hs.software_id
    )
    SELECT 'software' AS kind, label_id, software_id AS id, c.hosts_count AS stored, r.n AS real
      FROM (SELECT label_id, software_id, count(*) AS n FROM real GROUP BY 1, 2) r FULL JOIN label_software_counts c USING (label_id, software_id)
      WHERE c.hosts_count IS DISTINCT FROM r.n
    UNION ALL SELECT 'title', label_id, title_id, c.hosts_count * 1000 + c.versions_count, r.n
      FROM (SELECT label_id, title_id, count(DISTINCT host_id) * 1000 + count(DISTINCT software_id) AS n FROM real GROUP BY 1, 2) r
      FULL JOIN label_title_counts c USING (label_id, title_id)
      WHERE c.hosts_count * 1000 + c.versions_count IS DISTINCT FROM r.n
    UNION ALL SELECT 'run', label_id, 0, 0, 0 FROM label_count_runs
    UNION ALL SELECT 'uncounted', label_id, host_id, 0, 0 FROM label_membership WHERE NOT counted`.execute(database.db);
  return rows;
}

/** Counts, and does something while that stands at a gate. */
async function whileHeld(gate: keyof typeof GATES, work: () => Promise<unknown>, options: CountOptions = SMALL): Promise<void> {
  let run: Promise<unknown> | undefined;
  await database.db.connection().execute(async (holder) => {
    await sql`SELECT pg_advisory_lock(${GATES[gate]})`.execute(holder);
    try {
      run = countLabels(database.db, options).then(
        (counted) => counted,
        (error: unknown) => error,
      );
      await waitingAt(gate);
      await work();
    } finally {
      await sql`SELECT pg_advisory_unlock(${GATES[gate]})`.execute(holder);
    }
  });
  await run;
}

async function waitingAt(gate: keyof typeof GATES): Promise<void> {
  for (;;) {
    // oxlint-disable-next-line no-await-in-loop
    const { rows } = await sql`
      SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = ${GATES[gate]} AND NOT granted
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`.execute(database.db);
    if (rows.length > 0) return;
  }
}

function randomFrom(start: number): (below: number) => number {
  let seed = start;
  return (below) => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return (seed >>> 8) % below;
  };
}

test("a label is right after a run, whatever check-ins, joins, leaves, deletions and moves of software race with it", async () => {
  const hosts = await newHosts(8);
  const labels = [await newLabel("one"), await newLabel("two")];
  const next = randomFrom(7);
  const pick = (list: number[]): number => list[next(list.length)] ?? 0;
  const step = async (): Promise<void> => {
    const kind = next(20);
    if (kind < 9) await report(pick(hosts), next(64));
    else if (kind < 15) await setMembers([pick(hosts)], pick(labels), next(3) > 0);
    else if (kind < 17) await settleCounts(database.db);
    else if (kind < 19) await moveSoftware(next);
    else {
      await deleteHosts({ db: database.db, signals }, [hosts.splice(next(hosts.length), 1)[0] ?? 0], null);
      hosts.push(...(await newHosts(1)));
    }
  };
  const steps = async (count: number): Promise<void> => {
    // oxlint-disable-next-line no-await-in-loop -- one after the other, beside others like it
    for (let i = 0; i < count; i++) await step().catch(unlessRetryable);
  };
  for (let round = 0; round < 8; round++) {
    // oxlint-disable-next-line no-await-in-loop -- each round is a race of its own, looked at when it is over
    await ask(labels);
    // oxlint-disable-next-line no-await-in-loop
    await Promise.all([countLabels(database.db, SMALL), steps(6), steps(6), steps(6)]);
    // oxlint-disable-next-line no-await-in-loop -- newcomers
    await countLabels(database.db, SMALL);
    // oxlint-disable-next-line no-await-in-loop
    expect(await wrongLabelCounts(), `round ${round}`).toEqual([]);
  }
});

/** A move of software gave way to check-ins, or a deletion to another one: nothing of it was done. */
function unlessRetryable(error: unknown): void {
  if (!isRetryable(error)) throw error;
}

test("what happens between the moment of a run and its end is counted once", async () => {
  const [a, b, c, d] = (await newHosts(4)) as [number, number, number, number];
  const label = await newLabel("one");
  for (const [i, host] of [a, b, c, d].entries()) await report(host, 7 + 4 * i);
  await setMembers([a, b, c], label, true);
  await report(a, 62); // in the ledger, and in what the run sees
  await ask([label]);
  await whileHeld("summing", async () => {
    await report(a, 11); // summed up already
    await report(c, 5); // not yet
    await setMembers([b], label, false);
    await setMembers([d], label, true);
    await settleCounts(database.db);
    await moveSoftware(randomFrom(3));
    await report(d, 33);
    await deleteHosts({ db: database.db, signals }, [c], null);
    await expect(labelCounted(database.db, label, { waitMs: 0 })).rejects.toMatchObject({ status: 503 });
  });
  expect(await wrongLabelCounts()).toEqual([]);
  expect(await labelCounted(database.db, label)).toBe(true);
});

test("a check-in of a marked host before the moment is in what the run sees, though its ledger row is folded later", async () => {
  const hosts = await newHosts(4);
  const label = await newLabel("one");
  for (const [i, host] of hosts.entries()) await report(host, 7 + 4 * i);
  await setMembers(hosts, label, true);
  await ask([label]);
  await whileHeld("marking", async () => {
    await report(hosts[0] ?? 0, 62);
    await setMembers(hosts.slice(1, 2), label, false);
  });
  expect(await wrongLabelCounts()).toEqual([]);
});

test("a run whose connection is cut begins anew, and counts nothing twice", async () => {
  const hosts = await newHosts(4);
  const label = await newLabel("one");
  for (const [i, host] of hosts.entries()) await report(host, 7 + 4 * i);
  await setMembers(hosts, label, true);
  await ask([label]);
  await whileHeld("summing", async () => {
    await report(hosts[0] ?? 0, 62);
    await settleCounts(database.db);
    await sql`SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objid = 7303`.execute(database.db);
  });
  expect(await sql`SELECT FROM label_count_runs`.execute(database.db).then(({ rows }) => rows.length)).toBe(1);
  await report(hosts[1] ?? 0, 33);
  expect(await countLabels(database.db, SMALL)).toBe(1);
  expect(await wrongLabelCounts()).toEqual([]);
});

test("of two processes one counts; the other leaves it to it", async () => {
  const hosts = await newHosts(3);
  const label = await newLabel("one");
  for (const [i, host] of hosts.entries()) await report(host, 7 + 4 * i);
  await setMembers(hosts, label, true);
  await ask([label]);
  const other = openDatabase({ url: database.url, replicaUrl: null, log: createLog("silent") });
  try {
    await whileHeld("summing", async () => expect(await countLabels(other.primary, SMALL)).toBe(0));
  } finally {
    await other.close();
  }
  expect(await wrongLabelCounts()).toEqual([]);
});

test("a run that is stopped leaves its label asked for; of one that is deleted nothing is left", async () => {
  const hosts = await newHosts(4);
  const labels = [await newLabel("kept"), await newLabel("deleted")] as [number, number];
  for (const [i, host] of hosts.entries()) await report(host, 7 + 4 * i);
  for (const label of labels) await setMembers(hosts, label, true);
  const stop = new AbortController();
  await ask([labels[0]]);
  await whileHeld("summing", async () => stop.abort(), { ...SMALL, signal: stop.signal });
  await ask([labels[1]]);
  await sql`UPDATE label_count_runs SET started_at = now() - interval '1 day' WHERE label_id = ${labels[1]}`.execute(database.db);
  await whileHeld("summing", async () => database.db.transaction().execute(async (tx) => labelDelete(tx, labels[1])));
  expect(await wrongLabelCounts()).toEqual([]);
  expect(await database.db.selectFrom("label_software_counts").where("label_id", "=", labels[1]).selectAll().execute()).toEqual(
    [],
  );
});

test("who asks for a label that is being counted is told how far it is, and when to ask again", async () => {
  const hosts = await newHosts(5);
  const label = await newLabel("Large");
  for (const [i, host] of hosts.entries()) await report(host, 7 + 4 * i);
  await setMembers(hosts, label, true);
  const limits = { membersInRequest: 2, waitMs: 150, whole: { members: 2, share: 0 } };
  await expect(labelCounted(database.db, label, limits)).rejects.toMatchObject({
    status: 503,
    retryAfterSeconds: 2,
    errors: [{ name: "label_id", reason: expect.stringContaining("“Large” is being counted: 0 of 5 devices") }],
  });
  await whileHeld("summing", async () => {
    await expect(labelCounted(database.db, label, limits)).rejects.toMatchObject({
      errors: [{ reason: expect.stringContaining(": 1 of 5 devices so far") }],
    });
  });
  expect(await labelCounted(database.db, label, limits)).toBe(true);
  expect(await wrongLabelCounts()).toEqual([]);
});
