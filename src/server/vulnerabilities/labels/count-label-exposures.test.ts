import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CURL, KERNEL, LODASH, openAssessedFleet, SSH, type AssessedFleet } from "#test/support/assessed-fleet.ts";
import { countLabel, countLabelExposures, labelExposuresCounted } from "./count-label-exposures.ts";

/** A label's vulnerabilities: exact within it, whichever way they are counted. */

let fleet: AssessedFleet;
let label: number;
let everybody: number;

beforeAll(async () => {
  fleet = await openAssessedFleet();
  const { one, two } = fleet.hosts;
  label = await newLabel("one", [one]);
  everybody = await newLabel("all", [one, two]);
});
afterAll(async () => fleet.close());

async function newLabel(name: string, hosts: number[]): Promise<number> {
  const { db } = fleet.database;
  const { rows } = await sql<{ id: number }>`
    INSERT INTO labels (name, description, label_type, label_membership_type) VALUES (${name}, '', 'regular', 'manual') RETURNING id`.execute(
    db,
  );
  const id = rows[0]?.id ?? 0;
  await sql`INSERT INTO label_membership (label_id, host_id) SELECT ${id}, unnest(${hosts}::integer[])`.execute(db);
  return id;
}

async function listed(labelId: number, rest = ""): Promise<[string, number][]> {
  const { body, status } = await fleet.get<{ vulnerabilities: { cve: string; hosts_count: number }[]; count: number }>(
    `/vulnerabilities?label_id=${labelId}${rest}`,
  );
  expect([status, body.count]).toEqual([200, body.vulnerabilities.length]);
  return body.vulnerabilities.map(({ cve, hosts_count }) => [cve, hosts_count]);
}

async function stored(labelId: number): Promise<unknown[]> {
  const { rows } = await sql`SELECT vulnerability_id, hosts_count, suppressed_hosts_count FROM label_exposures
    WHERE label_id = ${labelId} ORDER BY 1`.execute(fleet.database.db);
  return rows;
}

describe("vulnerabilities within a label", () => {
  test("are counted and ordered within it", async () => {
    const order = "&order_key=hosts_count&order_direction=desc";
    expect(new Map(await listed(label, order))).toEqual(
      new Map([
        [LODASH, 1],
        [CURL, 1],
        [KERNEL, 1],
        [SSH, 1],
      ]),
    );
    expect((await listed(everybody, order)).map(([, hosts]) => hosts)).toEqual([2, 2, 1, 1]);
    expect(await listed(label, "&severity=critical")).toEqual([[CURL, 1]]);
  });

  test("are the same counted host by host and set by set", async () => {
    const deps = { db: fleet.database.db, now: () => new Date() };
    for (const id of [label, everybody]) {
      // oxlint-disable-next-line no-await-in-loop -- one label after the other
      await labelExposuresCounted(deps, id);
      // oxlint-disable-next-line no-await-in-loop
      const byHost = await stored(id);
      // oxlint-disable-next-line no-await-in-loop
      await sql`DELETE FROM label_exposures`.execute(deps.db);
      // oxlint-disable-next-line no-await-in-loop
      await countLabel(deps, id);
      // oxlint-disable-next-line no-await-in-loop
      expect(await stored(id)).toEqual(byHost);
      expect(byHost.length).toBeGreaterThan(0);
    }
  });

  test("a large label is counted in the background: 503 until then, again when it is old", async () => {
    const { db } = fleet.database;
    await sql`DELETE FROM label_exposure_counts`.execute(db);
    const deps = { db, now: () => new Date() };
    await expect(labelExposuresCounted(deps, everybody, 1)).rejects.toMatchObject({ status: 503 });
    await countLabelExposures(deps, new AbortController().signal);
    const counted = await labelExposuresCounted(deps, everybody, 1);
    const later = { db, now: () => new Date(Date.now() + 120_000) };
    expect(await labelExposuresCounted(later, everybody, 1)).toEqual(counted);
    await countLabelExposures(later, new AbortController().signal);
    expect((await labelExposuresCounted(later, everybody, 1)).getTime()).toBeGreaterThan(counted.getTime());
  });
});
