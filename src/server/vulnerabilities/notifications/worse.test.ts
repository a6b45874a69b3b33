import { sql } from "kysely";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { VulnerabilityFacts } from "#domain/vulnerability/model.ts";
import { entryOf } from "#test/support/inventory.ts";
import { openMatching, type MatchingInventory } from "#test/support/matching.ts";
import { createDecision } from "../decisions/create-decision.ts";
import { sortEvents } from "./sort-events.ts";

/** Vulnerabilities that became worse after they were found. */

let inventory: MatchingInventory;
let host: number;
const db = () => inventory.database.db;
const deps = () => ({ db: db(), now: () => new Date() });
const KEV = { date_added: "2026-01-01", ransomware: false, source: "CISA" };

beforeAll(async () => {
  inventory = await openMatching();
  host = await inventory.host();
  const facts = { source_package: "zlib", source_version: "1", epoch: "" };
  await inventory.report(host, "deb_packages", [
    { ...entryOf("deb_packages", { name: "zlib1g", version: "1", arch: "amd64" }), facts },
  ]);
});
afterAll(() => inventory.database.close());
beforeEach(async () => {
  await sql`TRUNCATE findings, vulnerabilities, vulnerability_exposures, finding_events, notification_rules, feed_records, affected_packages,
    epss_scores CASCADE`.execute(db());
});

async function rule(conditions: object): Promise<number> {
  const row = {
    name: "r",
    channel: "email" as const,
    conditions: JSON.stringify(conditions),
    url: null,
    signing_secret: null,
    author_full_name: null,
  };
  const now = new Date();
  return (
    await db()
      .insertInto("notification_rules")
      .values({ ...row, created_at: now, updated_at: now, batch_seconds: 0 })
      .returning("id")
      .executeTakeFirstOrThrow()
  ).id;
}

async function say(facts: VulnerabilityFacts): Promise<void> {
  const range = {
    vulnerability: "CVE-2026-1",
    status: "affected",
    provider: "debian-tracker",
    name_kind: "source",
    scheme: "dpkg",
    fixed: "2",
    fix: "fixed",
  } as const;
  await inventory.feed("CVE-2026-1", { "deb:debian:12 zlib": [range] }, { facts });
  await inventory.settle();
}

async function predict(epss: number): Promise<void> {
  await sql`INSERT INTO epss_scores (cve, epss, percentile) VALUES ('CVE-2026-1', ${epss}, 0.5)
    ON CONFLICT (cve) DO UPDATE SET epss = EXCLUDED.epss`.execute(db());
  await sql`INSERT INTO merge_queue (cve) VALUES ('CVE-2026-1') ON CONFLICT DO NOTHING`.execute(db());
  await inventory.settle();
}

/** Rules that are to tell something, which is taken as told. */
async function told(): Promise<number[]> {
  await sortEvents(deps());
  const rows = await db().deleteFrom("notification_items").returning("rule_id").execute();
  return rows.map(({ rule_id }) => rule_id).toSorted((a, b) => a - b);
}

test("a rule tells once of what becomes exploited, more severe or more probable, and of nothing that it told before", async () => {
  const [exploited, severe, probable, all] = [
    await rule({ kev: true }),
    await rule({ min_severity: "critical" }),
    await rule({ min_epss: 0.5 }),
    await rule({}),
  ];
  await say({ severity: "high" });
  expect(await told()).toEqual([all]);
  await say({ severity: "high", title: "named otherwise" });
  expect(await told()).toEqual([]);
  await say({ severity: "high", kev: KEV });
  expect(await told()).toEqual([exploited]);
  await say({ severity: "critical", kev: KEV });
  expect(await told()).toEqual([severe]);
  await predict(0.2);
  expect(await told()).toEqual([]);
  await predict(0.7);
  expect(await told()).toEqual([probable]);
});

test("what crosses a limit again and again is told once; what is suppressed is not told", async () => {
  const probable = await rule({ min_epss: 0.5 });
  await say({ severity: "high" });
  await predict(0.1);
  expect(await told()).toEqual([]);
  for (const [epss, rules] of [
    [0.6, [probable]],
    [0.2, []],
    [0.7, []],
  ] as const) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other is what is tested
    await predict(epss);
    // oxlint-disable-next-line no-await-in-loop
    expect(await told()).toEqual(rules);
  }
  const exploited = await rule({ kev: true });
  await createDecision(deps(), { cve: "CVE-2026-1", kind: "accepted_risk", reason: "r", reopen_kev: false }, null);
  await say({ severity: "high", kev: KEV });
  expect(await told()).not.toContain(exploited);
});

test("a rule for a label tells only of what a host of the label has", async () => {
  const { id: label } = await db()
    .insertInto("labels")
    .values({ name: `l${Date.now()}`, label_membership_type: "manual" })
    .returning("id")
    .executeTakeFirstOrThrow();
  const labelled = await rule({ kev: true, label_id: label });
  await say({ severity: "high" });
  await say({ severity: "high", kev: KEV });
  expect(await told()).toEqual([]);
  await db().insertInto("label_membership").values({ label_id: label, host_id: host }).execute();
  await say({ severity: "high" });
  await say({ severity: "high", kev: KEV });
  expect(await told()).toEqual([labelled]);
});
