import fc from "fast-check";
import { sql } from "kysely";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { emptySoftwareEntry, type SoftwareEntry, type SourceReport } from "#domain/software/software.ts";
import { identityKey } from "#domain/software/identity.ts";
import { softwareEntry } from "#test/support/arbitraries.ts";
import { testDatabase, type TestDatabase } from "#test/support/postgres.ts";
import { wrongCounts } from "#test/support/wrong-counts.ts";
import { readonly } from "../database/pools.ts";
import { createLog } from "../observe/log.ts";
import { createMetrics } from "../observe/metrics.ts";
import { CatalogueIds } from "./catalogue-ids.ts";
import { checksumOf } from "./checksum.ts";
import * as store from "./host-software-store.ts";
import { createIngestMetrics } from "./ingest-metrics.ts";
import { ingestReport, type IngestDeps } from "./ingest-report.ts";

vi.mock(import("./host-software-store.ts"), { spy: true });

let database: TestDatabase;
let deps: Omit<IngestDeps, "catalogueIds">;

beforeAll(async () => {
  database = await testDatabase();
  const { db } = database;
  deps = { db, replica: readonly(db), log: createLog("silent"), metrics: createIngestMetrics(createMetrics()) };
});
afterAll(() => database.close());
beforeEach(() => {
  vi.mocked(store.hostSoftwareOfSources).mockClear();
});

async function newHost(): Promise<number> {
  return (await database.db.insertInto("hosts").values({ hostname: "h" }).returning("id").executeTakeFirstOrThrow()).id;
}

function debs(...entries: Partial<SoftwareEntry>[]): SourceReport {
  const all = entries.map((fields) => ({ ...emptySoftwareEntry("deb_packages"), version: "1", ...fields }));
  return { source: "deb_packages", ok: true, entries: all };
}

/** All that is stored of a host's software but when it came. */
async function stored(hostId: number): Promise<unknown> {
  const { rows: links } = await sql`
    SELECT software_id, facts_id, last_opened_at, installed_paths, signature_information::text, installed_by
    FROM host_software WHERE host_id = ${hostId} ORDER BY software_id`.execute(database.db);
  const { rows: history } = await sql`
    SELECT software_id, title_id, event, next_software_id, installed_by, installed_at = removed_at AS moment
    FROM host_software_history WHERE host_id = ${hostId} ORDER BY removed_at, software_id, event, next_software_id`.execute(
    database.db,
  );
  const { rows: sources } = await sql`
    SELECT source, digest, rows_count FROM host_software_sources WHERE host_id = ${hostId} ORDER BY source`.execute(database.db);
  return { links, history, sources };
}

/** What the process read of links, call by call. */
async function linksRead(): Promise<number[]> {
  const results = await Promise.all(vi.mocked(store.hostSoftwareOfSources).mock.results.map((result) => result.value));
  return results.map(({ links }) => links.length);
}

test("what a process remembers changes nothing of what is stored", async () => {
  const detailed = fc
    .tuple(softwareEntry, fc.constantFrom("", "ada", "bob"), fc.constantFrom("", "T1", "T2"))
    .map(([entry, installed_by, team_identifier]): SoftwareEntry => ({
      ...entry,
      installed_by,
      signature_information: (team_identifier === "" ? [] : entry.installed_paths).map((installed_path) => ({
        installed_path,
        team_identifier,
        hash_sha256: "",
        executable_sha256: "",
        executable_path: "",
      })),
    }));
  const report = fc.record({ apps: fc.array(detailed, { maxLength: 6 }), programs: fc.array(detailed, { maxLength: 3 }) });
  await fc.assert(
    fc.asyncProperty(fc.array(report, { minLength: 2, maxLength: 5 }), async (reports) => {
      const [remembering, forgetful] = [await newHost(), await newHost()];
      const catalogueIds = new CatalogueIds();
      for (const sources of reports) {
        const told = Object.entries(sources).map(([source, entries]): SourceReport => ({
          source,
          ok: true,
          entries: entries.map((entry) => ({ ...entry, source })),
        }));
        await ingestReport({ ...deps, catalogueIds }, remembering, told);
        await ingestReport(deps, forgetful, told);
      }
      expect(await stored(remembering)).toEqual(await stored(forgetful));
    }),
    { numRuns: 20 },
  );
  expect(await wrongCounts(database.db)).toEqual([]);
});

test("of a host's links only those are read that are not as reported", async () => {
  const catalogueIds = new CatalogueIds();
  const [host, npm] = [
    await newHost(),
    { source: "npm_packages", ok: true, entries: [{ ...emptySoftwareEntry("npm_packages"), name: "n" }] },
  ];
  const before = Array.from({ length: 50 }, (_, i) => ({ name: `p${i}`, installed_paths: [`/p${i}`] }));
  await ingestReport({ ...deps, catalogueIds }, host, [debs(...before), npm as SourceReport]);
  const after = before.map((entry, i) =>
    i === 0 ? { ...entry, version: "2" } : i === 1 ? { ...entry, installed_paths: ["/q"] } : entry,
  );
  const changed = await ingestReport({ ...deps, catalogueIds }, host, [debs(...after), npm as SourceReport]);
  expect(changed).toMatchObject({ added: 1, removed: 1, updated: 1 });
  expect(await linksRead()).toEqual([2]);
});

test("a reported name that is an alias of another reported row joins that row", async () => {
  const catalogueIds = new CatalogueIds();
  const host = await newHost();
  await ingestReport({ ...deps, catalogueIds }, host, [debs({ name: "present", installed_paths: ["/a"] }, { name: "other" })]);
  const former = { ...emptySoftwareEntry("deb_packages"), name: "former", version: "1", installed_paths: ["/b"] };
  await sql`
    INSERT INTO software_aliases (checksum, software_id)
    SELECT ${checksumOf(identityKey(former))}, id FROM software WHERE name = 'present'`.execute(database.db);
  for (const ids of [catalogueIds, new CatalogueIds(), catalogueIds]) {
    await ingestReport({ ...deps, catalogueIds: ids }, host, [debs({ name: "present", installed_paths: ["/a"] }, former)]);
    const { rows } = await sql<{ name: string; installed_paths: string[] }>`
      SELECT s.name, hs.installed_paths FROM host_software hs JOIN software s ON s.id = hs.software_id
      WHERE hs.host_id = ${host}`.execute(database.db);
    expect(rows).toEqual([{ name: "present", installed_paths: ["/a", "/b"] }]);
    await sql`UPDATE host_software_sources SET digest = '\\x00' WHERE host_id = ${host}`.execute(database.db);
  }
});
