import fc from "fast-check";
import { sql } from "kysely";
import { afterAll, beforeAll, expect, it } from "vitest";
import { identityKey } from "#domain/software/identity.ts";
import { emptySoftwareEntry, type SoftwareEntry, type SourceReport } from "#domain/software/software.ts";
import { softwareEntry } from "#test/support/arbitraries.ts";
import { testDatabase, type TestDatabase } from "#test/support/postgres.ts";
import { readonly } from "../../database/pools.ts";
import { createLog } from "../../observe/log.ts";
import { createMetrics } from "../../observe/metrics.ts";
import { createIngestMetrics } from "../ingest-metrics.ts";
import { ingestReport, type IngestDeps } from "../ingest-report.ts";
import { prepareReport } from "../prepare-report.ts";
import { hostSoftwareAsOf } from "./history-store.ts";
import { listTitleHosts } from "./list-title-hosts.ts";

let database: TestDatabase;
let deps: IngestDeps;

beforeAll(async () => {
  database = await testDatabase();
  const metrics = createIngestMetrics(createMetrics());
  deps = { db: database.db, replica: readonly(database.db), log: createLog("silent"), metrics };
});
afterAll(() => database.close());

async function newHost(): Promise<number> {
  return (await database.db.insertInto("hosts").values({ hostname: "h" }).returning("id").executeTakeFirstOrThrow()).id;
}

/** The database's own time, which links and history are written with; later than everything that was committed. */
async function databaseTime(): Promise<Date> {
  const { rows } = await sql<{ at: Date }>`
    SELECT date_trunc('milliseconds', clock_timestamp()) + interval '1 ms' AS at FROM pg_sleep(0.001)`.execute(database.db);
  await sql`SELECT pg_sleep(0.002)`.execute(database.db);
  return rows[0]!.at;
}

/** The keys of what a report says, cleaned as every report is. */
function keysOf(report: SourceReport): string[] {
  return prepareReport([report])
    .sources.flatMap((source) => source.entries.map((entry) => identityKey(entry)))
    .toSorted();
}

/** Compares the recorded past with what each host was known to hold at a moment. */
async function checkMoment(hosts: number[], at: Date, held: string[][]): Promise<void> {
  const links = await Promise.all(hosts.map((host) => hostSoftwareAsOf(database.db, host, at)));
  expect(links.map((list) => list.map((link) => identityKey(link)).toSorted())).toEqual(held);
  const titles = new Set(links.flat().map((link) => link.title_id));
  const of = { db: database.db, now: () => new Date(at.getTime() + 60_000) };
  await Promise.all(
    [...titles].map(async (title) => {
      const holding = hosts.filter((_, i) => links[i]!.some((link) => link.title_id === title));
      const answer = await listTitleHosts(of, title, { as_of: at.toISOString() });
      expect(answer.hosts.map((host) => host.id)).toEqual(holding);
      expect(answer.count).toBe(holding.length);
      const versions = links.flatMap((list) => list.filter((link) => link.title_id === title));
      expect(answer.versions.reduce((sum, version) => sum + version.hosts_count, 0)).toBe(versions.length);
    }),
  );
}

// rows at one path make renames common; few names and versions make updates and returns common
const atOnePath = fc
  .record({ name: fc.constantFrom("a", "b", "c"), version: fc.constantFrom("1", "2") })
  .map((e): SoftwareEntry => ({ ...emptySoftwareEntry("apps"), ...e, bundle_identifier: "x", installed_paths: ["/A.app"] }));
const entries = fc.array(fc.oneof(softwareEntry, atOnePath, atOnePath), { maxLength: 4 });
const reports = fc.array(fc.record({ host: fc.nat(1), entries }), { minLength: 1, maxLength: 6 });

it("the past is, at every moment, what was reported last before it: of a host, and of the holders of every title", async () => {
  let checked = 0;
  await fc.assert(
    fc
      .asyncProperty(reports, async (list) => {
        const hosts = [await newHost(), await newHost()];
        const moments = [{ at: await databaseTime(), held: [[], []] as string[][] }];
        for (const { host, entries: rows } of list) {
          const report = { source: "apps", ok: true as const, entries: rows.map((e) => ({ ...e, source: "apps" })) };
          // oxlint-disable-next-line no-await-in-loop -- one report after the other
          await ingestReport(deps, hosts[host]!, [report]);
          // oxlint-disable-next-line no-await-in-loop -- as above
          moments.push({ at: await databaseTime(), held: moments.at(-1)!.held.with(host, keysOf(report)) });
        }
        // oxlint-disable-next-line no-await-in-loop -- as above
        for (const { at, held } of moments) await checkMoment(hosts, at, held);
        checked += moments.length;
      })
      .afterEach(async () => {
        await sql`DELETE FROM host_software`.execute(database.db);
        await sql`DELETE FROM host_software_history`.execute(database.db);
      }),
    { numRuns: 15, endOnFailure: true },
  );
  expect(checked).toBeGreaterThan(15);
}, 180_000);
