import fc from "fast-check";
import { sql } from "kysely";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { openMatching, type MatchingInventory } from "#test/support/matching.ts";
import { entryOf } from "#test/support/inventory.ts";
import { countExposures } from "../matching/count-exposures.ts";
import { createDecision } from "./create-decision.ts";
import { followLabels } from "./follow-labels.ts";
import { revokeDecision } from "./revoke-decision.ts";

/** Decisions for labels, whose members come and go while others decide and count. */

const HOSTS = 4;
const CVES = ["CVE-2026-1", "CVE-2026-2"];
let inventory: MatchingInventory;
let hosts: number[];
let labels: number[];
const db = () => inventory.database.db;
const deps = () => ({ db: db(), now: () => new Date() });

beforeAll(async () => {
  inventory = await openMatching();
  hosts = await Promise.all(Array.from({ length: HOSTS }, async () => inventory.host()));
  const zlib = {
    ...entryOf("deb_packages", { name: "zlib1g", version: "1", arch: "amd64" }),
    facts: { source_package: "zlib", source_version: "1", epoch: "" },
  };
  for (const host of hosts) {
    // oxlint-disable-next-line no-await-in-loop -- reports, one after the other
    await inventory.report(host, "deb_packages", [zlib]);
  }
  for (const cve of CVES) {
    const range = {
      vulnerability: cve,
      status: "affected",
      provider: "debian-tracker",
      name_kind: "source",
      scheme: "dpkg",
      fixed: "2",
      fix: "fixed",
    } as const;
    // oxlint-disable-next-line no-await-in-loop
    await inventory.feed(cve, { "deb:debian:12 zlib": [range] });
  }
  await inventory.settle();
  const rows = await db()
    .insertInto("labels")
    .values(["a", "b"].map((name) => ({ name, label_membership_type: "manual" as const })))
    .returning("id")
    .execute();
  labels = rows.map(({ id }) => id);
});
afterAll(() => inventory.database.close());
beforeEach(async () => {
  await sql`DELETE FROM label_membership`.execute(db());
});

async function member(label: number, host: number, joins: boolean): Promise<void> {
  await (joins
    ? sql`INSERT INTO label_membership (label_id, host_id) VALUES (${label}, ${host}) ON CONFLICT DO NOTHING`.execute(db())
    : sql`DELETE FROM label_membership WHERE label_id = ${label} AND host_id = ${host}`.execute(db()));
}

async function settle(): Promise<void> {
  await followLabels(deps());
  // oxlint-disable-next-line no-await-in-loop -- until nothing waits
  while ((await countExposures(db())) > 0);
}

async function stored() {
  const { rows } = await sql`SELECT cve, hosts_count, suppressed_hosts_count FROM vulnerability_exposures ORDER BY cve`.execute(
    db(),
  );
  return rows;
}

/** By the rows: each host has each vulnerability, unless a label that holds says otherwise. */
async function counted() {
  const { rows } = await sql`
    SELECT v.cve, (count(*) FILTER (WHERE NOT s.is))::integer AS hosts_count, (count(*) FILTER (WHERE s.is))::integer AS suppressed_hosts_count
    FROM vulnerabilities v CROSS JOIN hosts h CROSS JOIN LATERAL (SELECT EXISTS (
      SELECT FROM vulnerability_decisions d JOIN label_membership m ON m.label_id = d.label_id
      WHERE d.vulnerability_id = v.id AND d.ended_at IS NULL AND m.host_id = h.id) AS is) s
    GROUP BY v.cve ORDER BY v.cve`.execute(db());
  return rows;
}

const decide = async (cve: number, label: number) =>
  createDecision(deps(), { cve: CVES[cve] ?? "", kind: "accepted_risk", reason: "r", label_id: labels[label] ?? 0 }, null);

test("a host that joins or leaves a label counts at the next look; labels that nobody decided about cost nothing", async () => {
  const { id } = await decide(0, 0);
  await settle();
  expect(await stored()).toMatchObject([{ hosts_count: 4, suppressed_hosts_count: 0 }, { hosts_count: 4 }]);
  await member(labels[0] ?? 0, hosts[0] ?? 0, true);
  await member(labels[1] ?? 0, hosts[1] ?? 0, true);
  expect(await followLabels(deps())).toBe(2);
  expect((await db().selectFrom("exposure_queue").selectAll().execute()).length).toBe(1);
  await settle();
  expect(await stored()).toMatchObject([{ hosts_count: 3, suppressed_hosts_count: 1 }, { hosts_count: 4 }]);
  await member(labels[0] ?? 0, hosts[0] ?? 0, false);
  await settle();
  expect(await stored()).toMatchObject([{ hosts_count: 4, suppressed_hosts_count: 0 }, { hosts_count: 4 }]);
  await revokeDecision(deps(), id, undefined, null);
  await settle();
});

const act = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("member" as const),
      host: fc.nat(HOSTS - 1),
      label: fc.nat(1),
      joins: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("decide" as const), cve: fc.nat(1), label: fc.nat(1) }) },
  { weight: 1, arbitrary: fc.constant({ kind: "revoke" as const }) },
  { weight: 3, arbitrary: fc.constant({ kind: "settle" as const }) },
);

async function play(one: typeof act extends fc.Arbitrary<infer T> ? T : never): Promise<void> {
  if (one.kind === "member") return member(labels[one.label] ?? 0, hosts[one.host] ?? 0, one.joins);
  if (one.kind === "settle") return settle();
  if (one.kind === "decide") {
    await decide(one.cve, one.label);
    return;
  }
  const first = await db().selectFrom("vulnerability_decisions").where("ended_at", "is", null).select("id").executeTakeFirst();
  // two may revoke the same one: the second is told so
  if (first !== undefined) await revokeDecision(deps(), first.id, undefined, null).catch(() => null);
}

test("whatever happens at the same time, what is counted in the end is what the rows say", async () => {
  let suppressed = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(act, { minLength: 2, maxLength: 6 }), { minLength: 2, maxLength: 4 }), async (actors) => {
      await Promise.all(
        actors.map(async (acts) => {
          // oxlint-disable-next-line no-await-in-loop -- each actor one after the other, actors at the same time
          for (const one of acts) await play(one);
        }),
      );
      await settle();
      const found = await stored();
      expect(found).toEqual(await counted());
      suppressed += JSON.stringify(found).includes('"suppressed_hosts_count":0') ? 0 : 1;
    }),
    { numRuns: 25 },
  );
  expect(suppressed).toBeGreaterThan(0);
}, 60_000);
