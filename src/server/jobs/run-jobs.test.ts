import { sql } from "kysely";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createLog } from "#server/observe/log.ts";
import { createMetrics } from "#server/observe/metrics.ts";
import { PATIENT } from "#test/support/patience.ts";
import type { TestDatabase } from "#test/support/postgres.ts";
import { testDatabase } from "#test/support/postgres.ts";
import { enqueueJob, enqueueJobs } from "./enqueue-job.ts";
import type { Job } from "./job.ts";
import { runJobs } from "./run-jobs.ts";

let database: TestDatabase;
let stops: (() => Promise<void>)[];

beforeEach(async () => {
  database = await testDatabase();
  stops = [];
});
afterEach(async () => {
  await Promise.all(stops.map((stop) => stop()));
  await database.close();
});

async function start(jobs: Job[], alone = false): Promise<void> {
  const { db, pool } = database;
  const log = createLog("silent");
  const runner = await runJobs({ db, pool, jobs, log, metrics: createMetrics(), alone });
  stops.push(() => runner.stop());
}

async function waitingKeys(): Promise<(string | null)[]> {
  const { rows } = await sql<{ key: string | null }>`SELECT key FROM graphile_worker.jobs ORDER BY id`.execute(database.db);
  return rows.map((row) => row.key);
}

test("an enqueued job runs with its payload; one of a rolled-back transaction does not exist", async () => {
  const seen: number[] = [];
  await start([{ name: "note", run: async (payload) => void seen.push(payload.id ?? 0) }]);
  const rolledBack = database.db.transaction().execute(async (tx) => {
    await enqueueJob(tx, "note", { id: 1 });
    throw new Error("undo");
  });
  await expect(rolledBack).rejects.toThrow("undo");
  await database.db.transaction().execute((tx) => enqueueJob(tx, "note", { id: 2 }));
  await enqueueJobs(database.db, "note", [{ id: 3 }, { id: 4 }]);
  await vi.waitFor(() => expect(seen.toSorted((a, b) => a - b)).toEqual([2, 3, 4]), PATIENT);
});

test("a key keeps one waiting job", async () => {
  await enqueueJob(database.db, "absent", { id: 1 }, { key: "same" });
  await enqueueJob(database.db, "absent", { id: 2 }, { key: "same" });
  expect(await waitingKeys()).toEqual(["same"]);
});

test("a timer runs on its own, again and again, also after a failure, and waits once however many processes start", async () => {
  let runs = 0;
  const job: Job = {
    name: "tick",
    everySeconds: 0,
    run: async () => {
      runs += 1;
      if (runs === 1) throw new Error("first time lucky is not");
    },
  };
  await start([job]);
  await start([job]);
  await vi.waitFor(() => expect(runs).toBeGreaterThanOrEqual(3), PATIENT);
  const waiting = (await waitingKeys()).filter((key) => key === "timer:tick");
  expect(waiting.length).toBeLessThanOrEqual(1);
});

test("a job that fails is kept for another attempt", async () => {
  let attempts = 0;
  await start([{ name: "flaky", run: async () => Promise.reject(new Error(`attempt ${(attempts += 1)}`)) }]);
  await enqueueJob(database.db, "flaky", { id: 7 });
  await vi.waitFor(async () => {
    const { rows } = await sql<{ attempts: number; last_error: string | null }>`
      SELECT attempts, last_error FROM graphile_worker.jobs`.execute(database.db);
    expect(rows).toEqual([{ attempts: 1, last_error: "attempt 1" }]);
  }, PATIENT);
});

test("alone, jobs that a killed process held run at once", async () => {
  const seen: (number | undefined)[] = [];
  await enqueueJob(database.db, "held", { id: 5 });
  await sql`UPDATE graphile_worker._private_jobs SET locked_at = now(), locked_by = 'killed'`.execute(database.db);
  await start([{ name: "held", run: async (payload) => void seen.push(payload.id) }], true);
  await vi.waitFor(() => expect(seen).toEqual([5]), PATIENT);
});
