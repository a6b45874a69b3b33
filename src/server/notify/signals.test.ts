import { sql } from "kysely";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createLog } from "#server/observe/log.ts";
import { PATIENT } from "#test/support/patience.ts";
import type { TestDatabase } from "#test/support/postgres.ts";
import { testDatabase } from "#test/support/postgres.ts";
import { createSignals } from "./signals.ts";
import type { Signals } from "./signals.ts";

let database: TestDatabase;
let sender: Signals;
let receiver: Signals;
let received: string[];

beforeEach(async () => {
  database = await testDatabase();
  const deps = { url: database.url, db: database.db, log: createLog("silent") };
  sender = createSignals(deps);
  receiver = createSignals(deps);
  received = [];
  receiver.subscribe("host", (payload) => received.push(payload));
  await vi.waitUntil(async () => (await listeners()) === 1, PATIENT);
});
afterEach(async () => {
  await Promise.all([sender.close(), receiver.close()]);
  await database.close();
});

async function listeners(): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    SELECT count(*)::int AS n FROM pg_stat_activity
    WHERE application_name = 'muster-signals' AND datname = current_database() AND query LIKE 'LISTEN%' AND state = 'idle'
  `.execute(database.db);
  return rows[0]?.n ?? -1;
}

test("a signal reaches the subscribers of its channel in another process, and no others", async () => {
  const others: string[] = [];
  receiver.subscribe("other", (payload) => others.push(payload));
  await sender.publish("host", 'with "quotes" and ü');
  await vi.waitFor(() => expect(received).toEqual(['with "quotes" and ü']), PATIENT);
  expect(others).toEqual([]);
});

test("within a transaction it is sent when that commits, never when it is rolled back", async () => {
  const undone = database.db.transaction().execute(async (tx) => {
    await sender.publish("host", "undone", tx);
    throw new Error("undo");
  });
  await expect(undone).rejects.toThrow("undo");
  await database.db.transaction().execute((tx) => sender.publish("host", "done", tx));
  await vi.waitFor(() => expect(received).toEqual(["done"]), PATIENT);
});

test("after the connection is lost it listens again", async () => {
  await sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE application_name = 'muster-signals' AND datname = current_database()`.execute(database.db);
  await vi.waitFor(async () => {
    await sender.publish("host", "again");
    expect(received).toContain("again");
  }, PATIENT);
});

test("a listener that throws does not keep the signal from the next one", async () => {
  const later: string[] = [];
  receiver.subscribe("host", () => {
    throw new Error("broken listener");
  });
  receiver.subscribe("host", (payload) => later.push(payload));
  await sender.publish("host", "x");
  await vi.waitFor(() => expect(later).toEqual(["x"]), PATIENT);
});

test("an over-long payload is refused instead of lost", async () => {
  await expect(sender.publish("host", "x".repeat(7001))).rejects.toThrow("too long");
});
