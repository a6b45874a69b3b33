import { afterAll, beforeAll, expect, test } from "vitest";
import { testServer, type TestServer } from "#test/support/server.ts";
import { titleOpeningsRebuildInTx } from "./opening-store.ts";

let server: TestServer;

beforeAll(async () => {
  server = await testServer();
  const { db } = server;
  const host = await db.insertInto("hosts").values({ hostname: "h" }).returning("id").executeTakeFirstOrThrow();
  const checksum = Buffer.alloc(16, 1);
  const title = await db
    .insertInto("software_titles")
    .values({ checksum, name: "T", source: "apps" })
    .returning("id")
    .executeTakeFirstOrThrow();
  const software = await db
    .insertInto("software")
    .values({ title_id: title.id, checksum, name: "T", version: "1", source: "apps" })
    .returning("id")
    .executeTakeFirstOrThrow();
  const long = new Date("2020-01-01T00:00:00Z");
  await db
    .insertInto("host_software")
    .values({ host_id: host.id, software_id: software.id, created_at: long, last_opened_at: long })
    .execute();
  const ended = { host_id: host.id, software_id: software.id, title_id: title.id, installed_at: long, removed_at: new Date() };
  await db
    .insertInto("host_software_history")
    .values({ ...ended, event: "removed" })
    .execute();
  await db.insertInto("software_daily_counts").values({ software_id: software.id, day: "2026-01-01", hosts_count: 1 }).execute();
  await db.transaction().execute((tx) => titleOpeningsRebuildInTx(tx, new Date()));
});
afterAll(() => server.stop());

/** Every answer passes the protocol's own check of answers only when it has all declared fields and no other. */
test.each([
  ["/hosts/1/software/history?event=removed,first_seen", "events", 1],
  ["/software/titles/1/history", "events", 1],
  ["/software/titles/1/hosts", "hosts", 1],
  ["/software/titles/1/adoption?days=800", "versions", 1],
  ["/software/unused?order_key=name&order_direction=desc&page=0", "unused_software", 1],
  ["/software/titles/1/hosts?query=H&order_key=display_name", "hosts", 1],
  ["/hosts/1/software?as_of=2025-01-01T00:00:00Z", "software", 1],
  ["/hosts/1/software?not_opened_for_days=90", "software", 1],
  ["/hosts?software_title_id=1&not_opened_for_days=90", "hosts", 1],
])("GET %s is answered as declared", async (path, key, least) => {
  const answer = await fetch(`${server.url}/api/v1/fleet${path}`, { headers: { authorization: `Bearer ${server.token}` } });
  const body = (await answer.json()) as Record<string, unknown[]>;
  expect([answer.status, body]).toEqual([200, expect.objectContaining({ [key]: expect.any(Array) as unknown })]);
  expect(body[key]!.length).toBeGreaterThanOrEqual(least);
});

test.each([
  ["/hosts?not_opened_for_days=90", 422],
  ["/hosts/1/software?as_of=2999-01-01T00:00:00Z", 400],
  ["/hosts/1/software/history?event=exploded", 400],
  ["/software/titles/1/hosts?after=x", 400],
  ["/software/titles/1/hosts?order_key=id&after=x", 400],
  ["/software/unused?order_key=hosts_count&after=x", 400],
  ["/software/unused?order_key=vendor", 400],
])("GET %s is refused with %i", async (path, status) => {
  const answer = await fetch(`${server.url}/api/v1/fleet${path}`, { headers: { authorization: `Bearer ${server.token}` } });
  expect(answer.status).toBe(status);
});
