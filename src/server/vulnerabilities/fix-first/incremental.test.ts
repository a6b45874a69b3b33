import * as fc from "fast-check";
import { sql } from "kysely";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { AffectedRange } from "#domain/vulnerability/model.ts";
import { FIX_ORDER_KEYS } from "#protocol/rest/vulnerability-judgement.ts";
import { entryOf } from "#test/support/inventory.ts";
import { openMatching, type MatchingInventory, type Packages } from "#test/support/matching.ts";
import { pageOf } from "../../http/paging.ts";
import { readonly } from "../../database/pools.ts";
import { filteredHosts } from "../../devices/host-filter-store.ts";
import { createDecision } from "../decisions/create-decision.ts";
import { revokeDecision } from "../decisions/revoke-decision.ts";
import { recountFixes, wrongFixes } from "./check-fixes.ts";
import { countLabelFixes, labelFixesCounted } from "./count-label-fixes.ts";
import { listFixes } from "./list-fixes.ts";
import { refreshFixQueue, remakeFixQueue } from "./refresh-fix-queue.ts";

let inventory: MatchingInventory;
let hosts: number[] = [];
const db = () => inventory.database.db;
const deps = () => ({ db: db(), now: () => new Date() });
const page = pageOf({ per_page: 100 }, { orderKeys: FIX_ORDER_KEYS, defaultKey: "risk", defaultDirection: "desc" });

beforeAll(async () => {
  inventory = await openMatching();
});
afterAll(() => inventory.database.close());
beforeEach(async () => {
  await sql`TRUNCATE hosts, host_software, software, software_titles, software_facts, match_subjects, findings, vulnerabilities, feed_records,
    match_queue, merge_queue, subject_changes, exposure_queue, vulnerability_exposures, closed_exposures, closed_findings, software_exposures,
    vulnerability_decisions, suppressions, fix_queue, fix_findings, fix_queue_changes, labels, label_membership CASCADE`.execute(
    db(),
  );
  hosts = [];
  for (const release of ["12 (bookworm)", "12 (bookworm)", "11 (bullseye)"]) {
    // oxlint-disable-next-line no-await-in-loop -- their order is their place
    hosts.push(await inventory.host({ os_version: release }));
  }
});

const SOURCES = ["openssl", "zlib"];
/** Binaries of two source packages, and a package without one. */
const deb = (name: string, source_package: string, version: string) => ({
  ...entryOf("deb_packages", { name, version, arch: "amd64" }),
  facts: { source_package, source_version: version, epoch: "" },
});
const BINARIES = [
  ["libssl3", "openssl"],
  ["openssl", "openssl"],
  ["zlib1g", "zlib"],
] as const;

function range(vulnerability: string, fixed: string): AffectedRange {
  return {
    vulnerability,
    status: "affected",
    provider: "debian-tracker",
    name_kind: "source",
    scheme: "dpkg",
    fixed,
    fix: "fixed",
  };
}

/** Where a vulnerability is fixed, in both releases. */
function packagesOf(cve: string, source: string, fixed: string): Packages {
  return Object.fromEntries(["12", "11"].map((release) => [`deb:debian:${release} ${source}`, [range(cve, fixed)]]));
}

type Step =
  | { kind: "report"; host: number; held: { binary: number; version: string }[] }
  | { kind: "feed"; cve: number; source: number; fixed: string; kev: boolean }
  | { kind: "decide"; cve: number; host: number | null }
  | { kind: "revoke" }
  | { kind: "refresh" };

const version = fc.constantFrom("1.0-1", "1.1-1", "1.2-1");
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("report" as const),
      host: fc.nat(2),
      held: fc.uniqueArray(fc.record({ binary: fc.nat(2), version }), { selector: (one) => one.binary, maxLength: 3 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("feed" as const),
      cve: fc.integer({ min: 1, max: 4 }),
      source: fc.nat(1),
      fixed: fc.constantFrom("1.1-1", "1.2-1", "1.3-1"),
      kev: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("decide" as const),
      cve: fc.integer({ min: 1, max: 4 }),
      host: fc.option(fc.nat(2)),
    }),
  },
  { weight: 1, arbitrary: fc.constant<Step>({ kind: "revoke" }) },
  { weight: 2, arbitrary: fc.constant<Step>({ kind: "refresh" }) },
);

async function decide(cve: number, host: number | null): Promise<void> {
  const known = await db().selectFrom("vulnerabilities").where("cve", "=", `CVE-2026-${cve}`).select("id").executeTakeFirst();
  if (known === undefined) return;
  const where = host === null ? {} : { host_id: hosts[host]! };
  await createDecision(deps(), { cve: `CVE-2026-${cve}`, kind: "accepted_risk", reason: "r", reopen_kev: false, ...where }, null);
}

/** @returns whether there was one */
async function revokeFirst(): Promise<boolean> {
  const first = await db().selectFrom("vulnerability_decisions").where("ended_at", "is", null).select("id").executeTakeFirst();
  if (first !== undefined) await revokeDecision(deps(), first.id, undefined, null);
  return first !== undefined;
}

async function play(one: Step): Promise<void> {
  switch (one.kind) {
    case "report": {
      const entries = one.held.map(({ binary, version: held }) => {
        const [name, source] = BINARIES[binary]!;
        return deb(name, source, held);
      });
      return await inventory.report(hosts[one.host]!, "deb_packages", entries);
    }
    case "feed": {
      const cve = `CVE-2026-${one.cve}`;
      const kev = { date_added: "2026-01-01", ransomware: false, source: "CISA" };
      const facts = one.kev ? { severity: "high" as const, kev } : { severity: "low" as const };
      return await inventory.feed(cve, packagesOf(cve, SOURCES[one.source]!, one.fixed), { facts });
    }
    case "decide":
      await inventory.settle();
      return await decide(one.cve, one.host);
    case "revoke":
      await revokeFirst();
      return;
    default:
      await inventory.settle();
      await refreshFixQueue(deps());
  }
}

async function differences() {
  const found = [];
  for await (const one of wrongFixes(db())) found.push(one);
  return found;
}

async function wrong(): Promise<string[]> {
  return (await differences()).map(({ words }) => words);
}

/** The queue without what may differ: ids. */
async function queue() {
  const { fixes } = await listFixes(deps(), {}, page);
  return fixes.map(({ id: _id, risk, ...fix }) => JSON.stringify({ ...fix, risk: risk.toPrecision(7) })).toSorted();
}

/** The hosts that the list of hosts shows for an update. */
async function needing(fix_id: number): Promise<number[]> {
  const rows = await filteredHosts(readonly(db()), { fix_id }, new Date()).select("h.id").orderBy("h.id").execute();
  return rows.map(({ id }) => id);
}

async function wronglyCounted(): Promise<string[]> {
  const { fixes } = await listFixes(deps(), {}, page);
  const found = await Promise.all(fixes.map(async (fix) => ({ ...fix, listed: (await needing(fix.id)).length })));
  return found.filter(({ listed, hosts_count }) => listed !== hosts_count).map(({ name, listed }) => `${name}: ${listed}`);
}

test("the queue that is kept change by change is the one that is made of everything at once", async () => {
  let cleared = 0;
  await fc.assert(
    fc
      .asyncProperty(fc.array(step, { minLength: 4, maxLength: 14 }), async (steps) => {
        // oxlint-disable-next-line no-await-in-loop -- one after the other is what is tested
        for (const one of steps) await play(one);
        await inventory.settle();
        await refreshFixQueue(deps());
        const kept = await queue();
        cleared += kept.length;
        expect(await wrong()).toEqual([]);
        expect(await wronglyCounted()).toEqual([]);
        await sql`TRUNCATE fix_queue, fix_findings CASCADE`.execute(db());
        await remakeFixQueue(deps());
        expect(await queue()).toEqual(kept);
      })
      .beforeEach(async () => {
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        while (await revokeFirst());
      }),
    { numRuns: 12 },
  );
  expect(cleared).toBeGreaterThan(0);
}, 120_000);

test("hosts are distinct, and those on which something is suppressed do not count", async () => {
  for (const host of hosts) {
    // oxlint-disable-next-line no-await-in-loop -- reports of hosts, one after the other
    await inventory.report(host, "deb_packages", [deb("libssl3", "openssl", "1.0-1"), deb("openssl", "openssl", "1.1-1")]);
  }
  await inventory.feed("CVE-2026-1", packagesOf("CVE-2026-1", "openssl", "1.2-1"));
  await inventory.settle();
  await refreshFixQueue(deps());
  const { fixes } = await listFixes(deps(), { os_scope: "debian:12" }, page);
  expect(fixes).toMatchObject([{ name: "openssl", hosts_count: 2, software_count: 2, vulnerabilities_count: 1 }]);
  const { id } = fixes[0]!;
  expect(await needing(id)).toEqual([hosts[0], hosts[1]]);
  await createDecision(deps(), { cve: "CVE-2026-1", kind: "accepted_risk", reason: "r", host_id: hosts[0]! }, null);
  await inventory.settle();
  const done = await refreshFixQueue(deps());
  expect(done.changes).toBe(1);
  expect((await listFixes(deps(), { os_scope: "debian:12" }, page)).fixes).toMatchObject([{ id, hosts_count: 1 }]);
  expect(await needing(id)).toEqual([hosts[1]]);
  expect(await wrong()).toEqual([]);
});

test("a label's updates are counted and ordered within it, at once or in the background", async () => {
  for (const [place, host] of hosts.entries()) {
    // oxlint-disable-next-line no-await-in-loop -- reports of hosts, one after the other
    await inventory.report(host, "deb_packages", [
      deb("openssl", "openssl", "1.0-1"),
      ...(place < 2 ? [deb("zlib1g", "zlib", "1.0-1")] : []),
    ]);
  }
  await inventory.feed("CVE-2026-1", packagesOf("CVE-2026-1", "openssl", "1.2-1"));
  await inventory.feed("CVE-2026-2", packagesOf("CVE-2026-2", "zlib", "1.2-1"), { facts: { severity: "critical" } });
  await inventory.settle();
  await refreshFixQueue(deps());
  const { id } = await db()
    .insertInto("labels")
    .values({ name: "Lab", label_membership_type: "manual" })
    .returning("id")
    .executeTakeFirstOrThrow();
  const members = [hosts[0], hosts[2]].map((host_id) => ({ label_id: id, host_id: host_id! }));
  await db().insertInto("label_membership").values(members).execute();
  const listed = async () =>
    (await listFixes(deps(), { label_id: id }, page)).fixes.map(({ name, os_scope, hosts_count, vulnerabilities_count }) => [
      name,
      os_scope,
      hosts_count,
      vulnerabilities_count,
    ]);
  const expected = [
    ["zlib", "debian:12", 1, 1],
    ["openssl", "debian:12", 1, 1],
    ["openssl", "debian:11", 1, 1],
  ];
  expect(new Set((await listed()).map(String))).toEqual(new Set(expected.map(String)));
  await sql`DELETE FROM label_fix_counts`.execute(db());
  await expect(labelFixesCounted(deps(), id, 1)).rejects.toMatchObject({ status: 503 });
  await sql`DELETE FROM label_fixes`.execute(db());
  await countLabelFixes(deps(), new AbortController().signal);
  const { rows } = await sql`SELECT hosts_count, vulnerabilities_count, risk > 0 AS risky FROM label_fixes`.execute(db());
  expect(rows).toEqual([1, 2, 3].map(() => ({ hosts_count: 1, vulnerabilities_count: 1, risky: true })));
  await expect(listFixes(deps(), { label_id: 999_999 }, page)).rejects.toMatchObject({ status: 404 });
});

test("doctor finds what is wrong in the queue, and mends it", async () => {
  await inventory.report(hosts[0]!, "deb_packages", [deb("zlib1g", "zlib", "1.0-1")]);
  await inventory.feed("CVE-2026-1", packagesOf("CVE-2026-1", "zlib", "1.2-1"));
  await inventory.settle();
  await refreshFixQueue(deps());
  await sql`UPDATE fix_queue SET hosts_count = 7`.execute(db());
  expect(await wrong()).toHaveLength(1);
  await sql`UPDATE fix_findings SET hosts_count = 9`.execute(db());
  const found = await differences();
  expect(found.map(({ words }) => words).join()).toMatch(/are 9 hosts with .*there are 1\b/);
  await recountFixes(
    db(),
    found.map(({ vulnerability_id }) => vulnerability_id),
  );
  expect(await wrong()).toEqual([]);
});
