import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { emptySoftwareEntry, type SoftwareEntry } from "#domain/software/software.ts";
import { testDatabase, type TestDatabase } from "#test/support/postgres.ts";
import { readonly } from "../database/pools.ts";
import { createLog } from "../observe/log.ts";
import { createMetrics } from "../observe/metrics.ts";
import { CatalogueIds } from "./catalogue-ids.ts";
import { createIngestMetrics } from "./ingest-metrics.ts";
import { ingestReport, type IngestDeps } from "./ingest-report.ts";
import { sweepOrphans } from "./sweep-orphans.ts";
import { titleEpochAdvanceInTx } from "./titles/epoch-store.ts";

let database: TestDatabase;
/** Two server processes: each remembers catalogue ids of its own. */
let here: ReturnType<typeof startProcess>;
let there: ReturnType<typeof startProcess>;

beforeEach(async () => {
  database = await testDatabase();
  here = startProcess();
  there = startProcess();
});
afterEach(() => database.close());

function startProcess() {
  const metrics = createIngestMetrics(createMetrics());
  const retried = vi.spyOn(metrics, "retried");
  const { db } = database;
  return { db, replica: readonly(db), log: createLog("silent"), metrics, catalogueIds: new CatalogueIds(), retried };
}

async function newHost(): Promise<number> {
  return (await database.db.insertInto("hosts").values({ hostname: "h" }).returning("id").executeTakeFirstOrThrow()).id;
}

const facts = { source_package: "p", source_version: "1", epoch: "", origin: "" };
const debs = (...names: string[]): SoftwareEntry[] =>
  names.map((name) => ({ ...emptySoftwareEntry("deb_packages"), name, version: "1", facts }));
const report = (deps: IngestDeps, host: number, ...names: string[]) =>
  ingestReport(deps, host, [{ source: "deb_packages", ok: true, entries: debs(...names) }]);

async function held(hostId: number): Promise<string[]> {
  const rows = await database.db
    .selectFrom("host_software as hs")
    .innerJoin("software as s", "s.id", "hs.software_id")
    .innerJoin("software_facts as f", "f.id", "hs.facts_id")
    .whereRef("f.software_id", "=", "s.id")
    .where("hs.host_id", "=", hostId)
    .select("s.name")
    .orderBy("s.name")
    .execute();
  return rows.map(({ name }) => name);
}

/** Ends all links and history, and sweeps what is left, as if an hour had passed. */
async function sweepEverything(): Promise<number> {
  for (const table of ["host_software", "host_software_history", "software_count_changes", "software_counts"] as const)
    await database.db.deleteFrom(table).execute();
  const later = (): Date => new Date(Date.now() + 60_000);
  return sweepOrphans({ db: database.db, now: later }, new AbortController().signal, 0);
}

test("software that other hosts brought before is linked without looking it up", async () => {
  await report(here, await newHost(), "a", "b");
  const host = await newHost();
  const queries = vi.spyOn(database.pool, "query");
  await report(here, host, "a", "b");
  expect(JSON.stringify(queries.mock.calls)).not.toContain("software_aliases");
  expect(await held(host)).toEqual(["a", "b"]);
});

test("rows that were swept since a process remembered them are made anew", async () => {
  await report(here, await newHost(), "a", "b");
  expect(await sweepEverything()).toBe(2);
  const host = await newHost();
  await report(here, host, "a", "b");
  expect(await held(host)).toEqual(["a", "b"]);
  // the sweep moved the epoch, so nothing wrong was even tried
  expect(here.retried).not.toHaveBeenCalled();
});

test("rows that one process swept and another made anew are linked by their new ids", async () => {
  await report(here, await newHost(), "a");
  await sweepEverything();
  await report(there, await newHost(), "a");
  const host = await newHost();
  await report(here, host, "a", "b");
  expect(await held(host)).toEqual(["a", "b"]);
  expect(await database.db.selectFrom("software").where("name", "=", "a").select("id").execute()).toHaveLength(1);
});

test("a title that changed since is read again: the epoch moved", async () => {
  await report(here, await newHost(), "a");
  const { title_id } = await database.db.selectFrom("software").select("title_id").executeTakeFirstOrThrow();
  const merged = await database.db
    .insertInto("software_titles")
    .values({ checksum: Buffer.alloc(16, 7), name: "merged", source: "deb_packages" })
    .returning("id")
    .executeTakeFirstOrThrow();
  await database.db.transaction().execute(async (tx) => {
    await tx.updateTable("software").set({ title_id: merged.id }).where("title_id", "=", title_id).execute();
    await titleEpochAdvanceInTx(tx);
  });
  await report(here, await newHost(), "a");
  const ledger = await database.db
    .selectFrom("software_count_changes")
    .select("titles_added")
    .orderBy("id", "desc")
    .executeTakeFirstOrThrow();
  expect(ledger.titles_added.map(Number)).toEqual([merged.id]);
});

test("hosts of two processes that bring the same software while it is swept again and again lose nothing", async () => {
  for (let round = 0; round < 5; round++) {
    const hosts = await Promise.all(Array.from({ length: 6 }, newHost));
    const names = ["a", "b", `new-${round}`];
    await Promise.all([
      ...hosts.map((host, i) => report(i % 2 === 0 ? here : there, host, ...names)),
      sweepOrphans({ db: database.db, now: () => new Date(Date.now() + 60_000) }, new AbortController().signal, 0).catch(() => 0),
    ]);
    for (const host of hosts) expect(await held(host)).toEqual(names);
    await sweepEverything();
  }
});
