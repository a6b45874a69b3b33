import { sql } from "kysely";
import { beforeEach, describe, expect, test } from "vitest";
import { accessApp } from "#test/support/access-app.ts";
import type { AccessApp } from "#test/support/access-app.ts";
import { testDatabase } from "#test/support/postgres.ts";
import type { TestDatabase } from "#test/support/postgres.ts";
import { recordActivity } from "./record-activity.ts";

const ADA = { user_id: 7, name: "Ada", email: "ada@example.org", api_only: false };
let database: TestDatabase;
let app: AccessApp;
let token: string;

beforeEach(async () => {
  database = await testDatabase();
  app = await accessApp(database.db);
  token = await app.setUp();
  await database.db.deleteFrom("activities").execute();
  return async () => {
    await app.app.close();
    await database.close();
  };
});

async function idsOf(query: string): Promise<number[]> {
  const { status, body } = await app.call("GET", `/activities${query}`, { token });
  expect(status).toBe(200);
  return body.activities.map((activity: { details: { n: number } }) => activity.details.n);
}

async function record(n: number, type: "fleet_enrolled" | "deleted_host", actor: typeof ADA | null, at: string): Promise<void> {
  await recordActivity(database.db, { type, actor, details: { n } });
  await sql`UPDATE activities SET created_at = ${at} WHERE (details->>'n')::int = ${n}`.execute(database.db);
}

describe("the audit trail", () => {
  test("shows who did what, newest first; the server's and devices' own deeds have no actor", async () => {
    await record(1, "fleet_enrolled", null, "2026-01-01T00:00:00Z");
    await record(2, "deleted_host", ADA, "2026-01-02T00:00:00.000001Z");
    const { body } = await app.call("GET", "/activities", { token });
    expect(body).toEqual({
      activities: [
        {
          id: expect.any(Number),
          created_at: "2026-01-02T00:00:00.000Z",
          type: "deleted_host",
          actor_id: 7,
          actor_full_name: "Ada",
          actor_email: "ada@example.org",
          actor_gravatar: "",
          actor_api_only: false,
          fleet_initiated: false,
          details: { n: 2 },
        },
        expect.objectContaining({ actor_id: null, actor_full_name: null, fleet_initiated: true, details: { n: 1 } }),
      ],
      meta: { has_next_results: false, has_previous_results: false },
    });
  });

  test("is filtered by type, time and actor", async () => {
    await record(1, "fleet_enrolled", null, "2026-01-01T00:00:00Z");
    await record(2, "deleted_host", ADA, "2026-01-02T00:00:00Z");
    await record(3, "deleted_host", { ...ADA, name: "Eve_x", email: "eve@example.org" }, "2026-01-03T00:00:00.000999Z");
    expect(await idsOf("?activity_type=deleted_host")).toEqual([3, 2]);
    expect(await idsOf("?activity_type=nothing")).toEqual([]);
    expect(await idsOf("?start_created_at=2026-01-02T00:00:00Z")).toEqual([3, 2]);
    expect(await idsOf("?end_created_at=2026-01-02T01:00:00%2B01:00")).toEqual([2, 1]);
    expect(await idsOf("?start_created_at=2026-01-02T00:00:00.001Z&end_created_at=2026-01-03T00:00:00.000Z")).toEqual([3]);
    expect(await idsOf("?query=ADA")).toEqual([2]);
    expect(await idsOf("?query=eve@")).toEqual([3]);
    expect(await idsOf("?query=e_x")).toEqual([3]);
    expect(await idsOf("?query=_")).toEqual([3]);
    expect(await idsOf("?query=%25")).toEqual([]);
  });

  test("pages by offset and by cursor, without loss at equal times", async () => {
    for (let n = 1; n <= 7; n++)
      await record(n, "fleet_enrolled", null, n < 6 ? "2026-01-01T00:00:00.000005Z" : "2026-01-02T00:00:00Z");
    expect(await idsOf("?page=1&per_page=3")).toEqual([4, 3, 2]);
    const seen: number[] = [];
    let after = "";
    for (let pages = 0; pages < 4; pages++) {
      const { body } = await app.call("GET", `/activities?order_key=created_at&order_direction=asc&per_page=2${after}`, {
        token,
      });
      seen.push(...body.activities.map((activity: { details: { n: number } }) => activity.details.n));
      expect(body.meta.has_next_results).toBe(pages < 3);
      after = `&after=${encodeURIComponent(String(body.meta.next_cursor))}`;
    }
    expect(seen).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  test("refuses a cursor and a text that PostgreSQL cannot read, by name", async () => {
    const cursor = await app.call("GET", "/activities?order_key=created_at&after=yesterday,x", { token });
    expect([cursor.status, cursor.body.errors[0].name]).toEqual([400, "after"]);
    const number = await app.call("GET", "/activities?order_key=id&after=1e99", { token });
    expect([number.status, number.body.errors[0].name]).toEqual([400, "after"]);
    const text = await app.call("GET", "/activities?query=a%00b", { token });
    expect(text.status).toBe(400);
    const late = await app.call("GET", "/activities?start_created_at=0000-01-01T00:00:00Z", { token });
    expect(late.status).toBe(400);
  });

  test("lists what concerns one host, through an index", async () => {
    const { db } = database;
    for (const host_id of [1, 2, 1]) await recordActivity(db, { type: "fleet_enrolled", actor: null, details: { host_id } });
    await recordActivity(db, { type: "user_logged_in", actor: ADA, details: { public_ip: "192.0.2.1" } });
    const { body } = await app.call("GET", "/hosts/1/activities", { token });
    expect(body.activities.map((a: { details: unknown }) => a.details)).toEqual([{ host_id: 1 }, { host_id: 1 }]);
    const none = await app.call("GET", "/hosts/3/activities", { token });
    expect([none.status, none.body.activities]).toEqual([200, []]);
    await sql`SET enable_seqscan = off`.execute(db);
    const plan = await sql<Record<string, string>>`
      EXPLAIN SELECT * FROM activities WHERE details ? 'host_id' AND (details->>'host_id')::bigint = 1 ORDER BY id DESC LIMIT 10`.execute(
      db,
    );
    expect(JSON.stringify(plan.rows)).toContain("activities_host_id");
  });
});

describe("enroll secrets", () => {
  test("are read and replaced as a whole, with a line in the trail that names none", async () => {
    const secrets = [{ secret: "first-secret-of-many" }, { secret: "second-secret-of-many" }, { secret: "first-secret-of-many" }];
    const change = await app.call("POST", "/spec/enroll_secret", { token, body: { spec: { secrets } } });
    expect([change.status, change.body]).toEqual([200, {}]);
    const { body } = await app.call("GET", "/spec/enroll_secret", { token });
    expect(body.spec.secrets.map((one: { secret: string }) => one.secret)).toEqual([
      "first-secret-of-many",
      "second-secret-of-many",
    ]);
    // what was read can be sent back
    expect((await app.call("POST", "/spec/enroll_secret", { token, body })).status).toBe(200);
    const trail = await app.call("GET", "/activities?activity_type=edited_enroll_secrets", { token });
    expect(trail.body.activities).toMatchObject([{ details: { secrets_count: 2 } }, { details: { secrets_count: 2 } }]);
    expect(JSON.stringify(trail.body)).not.toContain("first-secret");
    expect(app.logged()).not.toContain("first-secret");
  });

  test("are at least 16 visible characters", async () => {
    for (const secret of ["short", "with spaces in between", "x".repeat(256)]) {
      const { status, body } = await app.call("POST", "/spec/enroll_secret", {
        token,
        body: { spec: { secrets: [{ secret }] } },
      });
      expect([status, body.errors[0].name]).toEqual([422, "spec.secrets.0.secret"]);
    }
    expect((await app.call("POST", "/spec/enroll_secret", { token, body: { spec: { secrets: [] } } })).status).toBe(422);
  });
});
