import fc from "fast-check";
import { sql } from "kysely";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { emptySoftwareEntry } from "#domain/software/software.ts";
import { testDatabase, type TestDatabase } from "#test/support/postgres.ts";
import { readonly } from "../database/pools.ts";
import { pageOf } from "../http/paging.ts";
import { createLog } from "../observe/log.ts";
import { createMetrics } from "../observe/metrics.ts";
import { createIngestMetrics } from "./ingest-metrics.ts";
import { ingestReport, type IngestDeps } from "./ingest-report.ts";
import { listTitles } from "./list-titles.ts";
import { settleCounts } from "./settle-counts.ts";
import { correctTitles } from "./titles/correct-titles.ts";
import { undoCorrection } from "./titles/undo-correction.ts";
import { TITLE_ORDER_KEYS } from "#protocol/rest/software.ts";

let database: TestDatabase;
let deps: IngestDeps;

beforeAll(async () => {
  database = await testDatabase();
  const { db } = database;
  deps = { db, replica: readonly(db), log: createLog("silent"), metrics: createIngestMetrics(createMetrics()) };
});
afterAll(() => database.close());
beforeEach(async () => {
  await sql`TRUNCATE hosts, host_software, host_software_history, host_software_sources, software, software_titles, software_counts,
    software_title_counts, software_count_changes CASCADE`.execute(database.db);
});

async function newHosts(count: number): Promise<number[]> {
  const values = Array.from({ length: count }, () => ({ hostname: "h" }));
  const rows = await database.db.insertInto("hosts").values(values).returning("id").execute();
  return rows.map((row) => row.id);
}

interface Held {
  name: string;
  version: string;
  vendor: string;
}

const report = (host: number, held: readonly Held[]) =>
  ingestReport(deps, host, [
    { source: "rpm_packages", ok: true, entries: held.map((h) => ({ ...emptySoftwareEntry("rpm_packages"), ...h })) },
  ]);

/** As the list shows it, by name. */
async function listed(): Promise<Record<string, string>> {
  const page = pageOf({}, { orderKeys: TITLE_ORDER_KEYS });
  const { software_titles } = await listTitles({ db: database.db, now: () => new Date() }, {}, page);
  return Object.fromEntries(software_titles.map((title) => [title.name, title.vendor]));
}

const version = (number: number, vendor: string): Held => ({ name: "bash", version: String(number), vendor });

test("a title has the vendor of most versions that hosts hold, of equally many that of the newest, else none", async () => {
  const [one = 0, two = 0] = await newHosts(2);
  await report(one, [version(1, "")]);
  expect(await listed()).toEqual({ bash: "" });
  await report(one, [version(1, ""), version(2, "Fedora"), version(3, "Fedora"), version(4, "Rocky")]);
  expect(await listed()).toEqual({ bash: "Fedora" });
  // how many hosts hold a version does not matter, which versions are held does
  await report(two, [version(4, "Rocky"), version(5, "Rocky")]);
  expect(await listed()).toEqual({ bash: "Rocky" });
  await report(two, []);
  expect(await listed()).toEqual({ bash: "Fedora" });
  await report(one, [version(4, "Rocky")]);
  expect(await listed()).toEqual({ bash: "Rocky" });
});

test("a merge and its undoing give titles the vendors of the software that they have then", async () => {
  const [host = 0] = await newHosts(1);
  await report(host, [
    { name: "bash", version: "1", vendor: "Rocky" },
    { name: "shell", version: "1", vendor: "Fedora" },
    { name: "shell", version: "2", vendor: "Fedora" },
  ]);
  await settleCounts(database.db);
  const titles = await database.db.selectFrom("software_titles").select(["id", "name"]).execute();
  const idOf = (name: string) => titles.find((title) => title.name === name)?.id ?? 0;
  const { id } = await correctTitles(deps, { type: "merge", title_ids: [idOf("shell")], into_title_id: idOf("bash") }, null);
  expect(await listed()).toEqual({ bash: "Fedora" });
  await undoCorrection(deps, id, null);
  expect(await listed()).toEqual({ bash: "Rocky", shell: "Fedora" });
});

test("whatever hosts report, in whatever order, stored vendors are those of the held versions", async () => {
  const hosts = await newHosts(3);
  const held = fc.record({
    name: fc.constantFrom("a", "b"),
    version: fc.constantFrom("1", "2", "3", "4"),
    vendor: fc.constantFrom("", "X", "Y"),
  });
  const step = fc.record({
    host: fc.nat(hosts.length - 1),
    held: fc.uniqueArray(held, { maxLength: 8, selector: (h) => JSON.stringify(h) }),
    settle: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 6 }), async (steps) => {
      for (const { host, held: entries, settle } of steps) {
        // oxlint-disable-next-line no-await-in-loop -- one report after the other
        await report(hosts[host] ?? 0, entries);
        // oxlint-disable-next-line no-await-in-loop
        if (settle) await settleCounts(database.db);
      }
      await settleCounts(database.db);
      expect(await stored()).toEqual(await byHand());
    }),
    { numRuns: 25 },
  );
});

async function stored(): Promise<Record<string, string>> {
  const rows = await database.db.selectFrom("software_titles").select(["name", "vendor"]).execute();
  return Object.fromEntries(rows.map((row) => [row.name, row.vendor]));
}

/** The rule once more, over the links themselves. */
async function byHand(): Promise<Record<string, string>> {
  const titles = await database.db.selectFrom("software_titles").select(["id", "name"]).execute();
  const rows = await database.db
    .selectFrom("host_software as hs")
    .innerJoin("software as s", "s.id", "hs.software_id")
    .select(["s.id", "s.title_id", "s.vendor"])
    .distinct()
    .execute();
  return Object.fromEntries(
    titles.map((title) => {
      const named = rows.filter((row) => row.title_id === title.id && row.vendor !== "");
      const byVendor = [...Map.groupBy(named, (row) => row.vendor)].map(([vendor, list]) => ({
        vendor,
        versions: list.length,
        newest: Math.max(...list.map((row) => row.id)),
      }));
      const [most] = byVendor.toSorted((a, b) => b.versions - a.versions || b.newest - a.newest);
      return [title.name, most?.vendor ?? ""];
    }),
  );
}
