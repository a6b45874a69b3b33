import { afterEach, beforeEach, expect, test, vi } from "vitest";
import * as software from "./translate/software.ts";
import { createSignals } from "#server/notify/signals.ts";
import type { Signals } from "#server/notify/signals.ts";
import { createIngestMetrics } from "#server/inventory/ingest-metrics.ts";
import { CatalogueIds } from "#server/inventory/catalogue-ids.ts";
import { ingestReport } from "#server/inventory/ingest-report.ts";
import { emptySoftwareEntry } from "#domain/software/software.ts";
import { readonly } from "#server/database/pools.ts";
import { NodeSessions } from "#server/devices/node-sessions.ts";
import { SeenBuffer } from "#server/devices/seen-buffer.ts";
import { requestRefetch } from "#server/devices/request-refetch.ts";
import { devicesFixture } from "#test/support/devices.ts";
import type { DevicesFixture } from "#test/support/devices.ts";
import type { OsqueryWriteRequest } from "#protocol/osquery/messages.ts";
import { PATIENT } from "#test/support/patience.ts";
import { osqueryMemories } from "./memories.ts";
import { scanWrite } from "./scan-write.ts";
import { takeResults } from "./take-results.ts";

vi.mock(import("./translate/software.ts"), { spy: true });

let fixture: DevicesFixture;
let signals: Signals;
let here: ReturnType<typeof startProcess>;
let there: ReturnType<typeof startProcess>;
let key: string;
let hostId: number;

beforeEach(async () => {
  fixture = await devicesFixture();
  signals = createSignals({ url: fixture.database.url, db: fixture.db, log: fixture.log });
  ({ node_key: key, host_id: hostId } = await fixture.enroll());
  here = startProcess();
  there = startProcess();
  await vi.waitUntil(() => listening(), PATIENT);
  vi.mocked(software.softwareReports).mockClear();
});
afterEach(async () => {
  await signals.close();
  await fixture.close();
});

function listening(): boolean {
  let now = false;
  signals.watch((state) => (now = state))();
  return now;
}

/** The memories of one server process, on the common database. */
function startProcess() {
  const { db, log, metrics, now } = fixture;
  const sessions = new NodeSessions(fixture, signals);
  const deps = {
    devices: { ...fixture, signals },
    ingest: { db, replica: readonly(db), log, metrics: createIngestMetrics(metrics), catalogueIds: new CatalogueIds() },
    seen: new SeenBuffer(fixture, 3_600_000),
    sessions,
    intervalSeconds: 3600,
    poolSize: 10,
    now,
    log,
    metrics,
    ...osqueryMemories({ sessions }),
  };
  return deps;
}

const deb = (name: string, version = "1") => ({ name, version, source: "deb_packages", arch: "amd64" });

/** Writes what a device says, as the plugin does. @returns whether it was parsed */
async function write(deps: typeof here, rows: object[], status = 0): Promise<boolean> {
  const body = {
    node_key: key,
    queries: { muster_software_deb_packages: rows },
    statuses: { muster_software_deb_packages: status },
  };
  const bytes = Buffer.from(JSON.stringify(body));
  const scanned = scanWrite(bytes);
  const whole = () => JSON.parse(bytes.toString()) as OsqueryWriteRequest;
  const session = await deps.sessions.read(key);
  if (session === null) throw new Error("not enrolled");
  const before = vi.mocked(software.softwareReports).mock.calls.length;
  await takeResults(deps, session, { body: scanned === null ? whole() : scanned.rest, scanned, whole }, "203.0.113.7");
  return vi.mocked(software.softwareReports).mock.calls.length > before;
}

async function held(): Promise<string[]> {
  const rows = await fixture.db
    .selectFrom("host_software as hs")
    .innerJoin("software as s", "s.id", "hs.software_id")
    .where("hs.host_id", "=", hostId)
    .select(["s.name", "s.version"])
    .orderBy("s.name")
    .execute();
  return rows.map(({ name, version }) => `${name} ${version}`);
}

test("the same bytes again are not parsed; other bytes are", async () => {
  expect(await write(here, [deb("a")])).toBe(true);
  expect(await write(here, [deb("a")])).toBe(false);
  expect(await write(here, [deb("a"), deb("b")])).toBe(true);
  expect(await held()).toEqual(["a 1", "b 1"]);
  expect(await write(here, [deb("a")])).toBe(true);
  expect(await held()).toEqual(["a 1"]);
});

test("what another process recorded in between is noticed by the first one's memory", async () => {
  await write(here, [deb("a")]);
  await write(there, [deb("b")]);
  expect(await held()).toEqual(["b 1"]);
  expect(await write(here, [deb("a")])).toBe(true);
  expect(await held()).toEqual(["a 1"]);
  expect(await write(there, [deb("b")])).toBe(true);
  expect(await held()).toEqual(["b 1"]);
});

test("what another agent reported of the same source in between is noticed", async () => {
  await write(here, [deb("a")]);
  const entries = [{ ...emptySoftwareEntry("deb_packages"), name: "other", version: "2" }];
  await ingestReport(here.ingest, hostId, [{ source: "deb_packages", ok: true, entries }]);
  expect(await write(here, [deb("a")])).toBe(true);
  expect(await held()).toEqual(["a 1"]);
});

test("a source that failed in between is reported in full again, and its error ends", async () => {
  await write(here, [deb("a")]);
  expect(await write(here, [], 1)).toBe(true);
  expect(await held()).toEqual(["a 1"]);
  expect(await write(here, [deb("a")])).toBe(true);
  const source = await fixture.db
    .selectFrom("host_software_sources")
    .where("host_id", "=", hostId)
    .select("error")
    .executeTakeFirst();
  expect(source?.error).toBeNull();
});

test("a failed query is never taken for what succeeded with the same rows", async () => {
  await write(here, [deb("a")]);
  expect(await write(here, [deb("a")], 1)).toBe(true);
  expect(await held()).toEqual(["a 1"]);
});

test("a refetch makes the report be read again", async () => {
  await write(here, [deb("a")]);
  await requestRefetch({ db: fixture.db, signals }, hostId);
  await vi.waitUntil(() => here.sessions.kept(key) === null, PATIENT);
  expect(await write(here, [deb("a")])).toBe(true);
});

test("reports in any order from two processes at once end with what one of them said, and its memory is right", async () => {
  for (let round = 0; round < 8; round++) {
    await Promise.all([write(here, [deb("a", `${round % 3}`)]), write(there, [deb("b", `${round % 2}`)])]);
    const [a, b] = [[`a ${round % 3}`], [`b ${round % 2}`]];
    expect([a, b]).toContainEqual(await held());
    await write(here, [deb("a", `${round % 3}`)]);
    expect(await held()).toEqual(a);
    await write(there, [deb("b", `${round % 2}`)]);
    expect(await held()).toEqual(b);
  }
});
