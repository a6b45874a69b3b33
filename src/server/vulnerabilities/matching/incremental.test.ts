import fc from "fast-check";
import { sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { AffectedRange } from "#domain/vulnerability/model.ts";
import { entryOf } from "#test/support/inventory.ts";
import { loadScores, openMatching, wrongExposures, type MatchingInventory } from "#test/support/matching.ts";
import { debRange } from "#test/support/vulnerability-ranges.ts";
import { requestRescan } from "./request-rescan.ts";
import { matchingStep } from "./run-matching.ts";

/** Whatever happens in whatever order: what was matched step by step is what matching everything anew comes to. */

let fleet: MatchingInventory;
let hosts: number[];

const SYSTEMS = ["12 (bookworm)", "11 (bullseye)", "13 (trixie)"];
const PACKAGES = ["openssh", "curl", "zlib"];

beforeAll(async () => {
  fleet = await openMatching();
  hosts = [await fleet.host(), await fleet.host(), await fleet.host({ os_version: SYSTEMS[1] ?? "" })];
});
afterAll(async () => fleet.database.close());

type Event =
  | { kind: "report"; host: number; software: { name: string; version: number; source: number }[] }
  | { kind: "system"; host: number; system: number }
  | { kind: "feed"; record: number; ranges: { pkg: number; system: number; range: AffectedRange }[] }
  | { kind: "reject"; record: number; rejected: boolean }
  | { kind: "scores"; scores: number[] }
  | { kind: "step" };

const cveOf = (record: number): string => `CVE-2024-${1000 + record}`;
const often = fc.nat(4).map((n) => n > 0);
const seldom = fc.nat(4).map((n) => n === 0);
const version = fc.integer({ min: 1, max: 4 });
const range = fc
  .record({
    fixed: fc.option(version, { nil: null }),
    introduced: fc.option(version, { nil: null, freq: 1 }),
    affected: often,
    hidden: seldom,
  })
  .map(({ fixed, introduced, affected, hidden }) =>
    debRange({
      status: affected ? "affected" : "not_affected",
      ...(fixed === null ? { fix: "unfixed" } : { fixed: String(fixed) }),
      ...(introduced === null ? {} : { introduced: String(introduced) }),
      ...(hidden ? { suppressed: "unimportant" } : {}),
    }),
  );
const place = { pkg: fc.nat(2), system: fc.nat(2), range };
const event: fc.Arbitrary<Event> = fc.oneof(
  fc.record({
    kind: fc.constant("report" as const),
    host: fc.nat(2),
    software: fc.uniqueArray(fc.record({ name: fc.constantFrom(...PACKAGES), version, source: version }), {
      selector: (s) => s.name,
      minLength: 1,
      maxLength: 3,
    }),
  }),
  fc.record({ kind: fc.constant("system" as const), host: fc.nat(2), system: fc.nat(2) }),
  fc.record({
    kind: fc.constant("feed" as const),
    record: fc.nat(3),
    ranges: fc.array(fc.record(place), { minLength: 2, maxLength: 6 }),
  }),
  fc.record({ kind: fc.constant("reject" as const), record: fc.nat(3), rejected: seldom }),
  fc.record({ kind: fc.constant("scores" as const), scores: fc.array(fc.nat(4), { minLength: 1, maxLength: 4 }) }),
  fc.constant({ kind: "step" as const }),
);

async function play(happened: Event): Promise<void> {
  switch (happened.kind) {
    case "report":
      return await fleet.report(
        hosts[happened.host] ?? 0,
        "deb_packages",
        happened.software.map(({ name, version: v, source }) =>
          entryOf("deb_packages", { name, version: String(v), facts: { source_package: name, source_version: String(source) } }),
        ),
      );
    case "system":
      return await fleet.system(hosts[happened.host] ?? 0, { os_version: SYSTEMS[happened.system] ?? "" });
    case "feed": {
      const packages: Record<string, AffectedRange[]> = {};
      for (const { pkg, system, range: said } of happened.ranges) {
        const key = `deb:debian:${12 - (system % 3) + (system === 2 ? 3 : 0)} ${PACKAGES[pkg] ?? ""}`;
        (packages[key] ??= []).push({ ...said, vulnerability: cveOf(happened.record) });
      }
      return await fleet.feed(`DSA-${happened.record}`, packages);
    }
    case "reject":
      return await fleet.feed(
        cveOf(happened.record),
        {},
        { facts: happened.rejected ? { rejected: true } : { severity: "low" } },
      );
    case "scores":
      return await loadScores(
        fleet.database.db,
        happened.scores.map((score, record) => ({ cve: cveOf(record), epss: score / 4 })),
      );
    default:
      await matchingStep(fleet.matching, { exposures: true });
  }
}

/** Forgets everything that was matched and matches all that hosts hold. */
async function fromScratch(): Promise<void> {
  const { db } = fleet.database;
  await sql`DELETE FROM match_subjects`.execute(db);
  await sql`DELETE FROM software_exposures`.execute(db);
  await sql`UPDATE operating_systems SET os_scope_id = NULL`.execute(db);
  await sql`INSERT INTO exposure_queue SELECT vulnerability_id FROM vulnerability_exposures ON CONFLICT DO NOTHING`.execute(db);
  await sql`INSERT INTO subject_changes (host_id) SELECT id FROM hosts`.execute(db);
  await fleet.settle();
}

/** Findings of hosts, whatever subjects are left over from before. */
async function held(): Promise<unknown[]> {
  const { rows } = await sql`
    SELECT h.id AS host, s.name, v.cve, f.state, f.resolved_in_version, f.suppressed FROM hosts h
      JOIN operating_systems o ON o.id = h.operating_system_id JOIN os_scopes c ON c.id = o.os_scope_id
      JOIN host_software hs ON hs.host_id = h.id JOIN software s ON s.id = hs.software_id
      JOIN match_subjects m ON m.software_id = hs.software_id AND m.facts_id = coalesce(hs.facts_id, 0) AND m.os_scope_id IN (0, c.id, c.family_id)
      JOIN findings f ON f.subject_id = m.id JOIN vulnerabilities v ON v.id = f.vulnerability_id
    ORDER BY 1, 2, 3`.execute(fleet.database.db);
  return rows;
}

test("after any check-ins, changes of system and feeds, findings are those of a full rescan and of a fleet matched from nothing", async () => {
  let findings = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(event, { minLength: 4, maxLength: 14 }), async (events) => {
      // oxlint-disable-next-line no-await-in-loop -- events happen one after the other
      for (const happened of events) await play(happened);
      await fleet.settle();
      const step = await held();
      expect(await wrongExposures(fleet.matching)).toEqual([]);
      await requestRescan(fleet.database.db);
      await fleet.settle();
      expect(await held()).toEqual(step);
      await fromScratch();
      expect(await held()).toEqual(step);
      expect(await wrongExposures(fleet.matching)).toEqual([]);
      findings += step.length;
    }),
    { numRuns: 15 },
  );
  expect(findings).toBeGreaterThan(0);
});

test("check-ins, a feed's changes, a rescan and two matchers at once end in what a rescan comes to", async () => {
  const { matching } = fleet;
  const report = async (host: number, v: number): Promise<void> =>
    await play({ kind: "report", host, software: PACKAGES.map((name) => ({ name, version: v, source: v })) });
  const load = async (fixed: number): Promise<void> => {
    const ranges = PACKAGES.map((_, pkg) => ({ pkg, system: 0, range: debRange({ fixed: String(fixed) }) }));
    await play({ kind: "feed", record: 9, ranges });
  };
  // oxlint-disable-next-line no-await-in-loop
  for (const host of [0, 1]) await play({ kind: "system", host, system: 0 });
  for (let round = 1; round <= 4; round++) {
    // oxlint-disable-next-line no-await-in-loop -- rounds of a race
    await Promise.all([
      report(0, round),
      report(1, 5 - round),
      load(round + 1),
      requestRescan(fleet.database.db),
      matchingStep(matching, { exposures: true }),
      matchingStep(matching, { exposures: true }),
    ]);
  }
  await fleet.settle();
  const step = await held();
  expect(step.length).toBeGreaterThan(0);
  await fromScratch();
  expect(await held()).toEqual(step);
  expect(await wrongExposures(matching)).toEqual([]);
});

test("whoever reads while a feed is swapped sees the findings of before or of after, never a part", async () => {
  const cves = Array.from({ length: 40 }, (_, i) => `CVE-2030-${1000 + i}`);
  const said = (fixed: string) => ({ "deb:debian:12 swap": cves.map((vulnerability) => debRange({ vulnerability, fixed })) });
  await fleet.feed("swap", said("2"));
  await fleet.report(hosts[0] ?? 0, "deb_packages", [entryOf("deb_packages", { name: "swap", version: "1" })]);
  await fleet.system(hosts[0] ?? 0, {});
  await fleet.settle();
  const seen = new Set<string>();
  const read = async (): Promise<void> => {
    const { rows } = await sql<{ fixes: string }>`
      SELECT string_agg(DISTINCT resolved_in_version, ',') || ':' || count(*) AS fixes FROM findings f
        JOIN vulnerabilities v ON v.id = f.vulnerability_id WHERE v.cve LIKE 'CVE-2030-%'`.execute(fleet.database.db);
    seen.add(rows[0]?.fixes ?? "");
  };
  let swapping = true;
  const reading = (async () => {
    // oxlint-disable-next-line no-await-in-loop -- reads until the swap is over
    while (swapping) await read();
  })();
  for (const fixed of ["3", "4", "5"]) {
    // oxlint-disable-next-line no-await-in-loop -- one swap after the other
    await fleet.feed("swap", said(fixed));
    // oxlint-disable-next-line no-await-in-loop
    await fleet.settle();
  }
  swapping = false;
  await reading;
  await read();
  const whole = new Set(["2:40", "3:40", "4:40", "5:40"]);
  expect([...seen].filter((s) => !whole.has(s))).toEqual([]);
  expect(seen.has("5:40")).toBe(true);
});
