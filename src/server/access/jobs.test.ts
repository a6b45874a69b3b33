import { expect, test } from "vitest";
import { createLog } from "#server/observe/log.ts";
import { testDatabase } from "#test/support/postgres.ts";
import { accessJobs } from "./jobs.ts";
import { takeAttempt, WINDOW_SECONDS } from "./limit-logins.ts";
import { SESSION_LIFETIME_MS, startSession } from "./sessions.ts";
import { userInsert } from "./user-store.ts";

test("the sweep deletes what is over, API tokens never", async () => {
  const database = await testDatabase();
  const { db } = database;
  let time = Date.now();
  const deps = { db, now: () => new Date(time) };
  const run = async (): Promise<void> => {
    const helpers = { signal: new AbortController().signal, log: createLog("silent") };
    for (const job of accessJobs(deps)) await job.run({}, helpers);
  };
  const count = async (table: "sessions" | "login_limits"): Promise<number> =>
    (await db.selectFrom(table).selectAll().execute()).length;

  const user = await userInsert(db, { name: "Ada", email: "ada@example.org", api_only: true });
  await startSession(db, user?.id ?? 0, deps.now(), { expires: true });
  await startSession(db, user?.id ?? 0, deps.now(), { expires: false });
  await takeAttempt(deps, { account: "ada@example.org", address: "192.0.2.1" });
  await run();
  expect([await count("sessions"), await count("login_limits")]).toEqual([2, 2]);
  time += WINDOW_SECONDS * 1000;
  await run();
  expect([await count("sessions"), await count("login_limits")]).toEqual([2, 0]);
  time += SESSION_LIFETIME_MS;
  await run();
  expect([await count("sessions"), await count("login_limits")]).toEqual([1, 0]);
  await database.close();
});
