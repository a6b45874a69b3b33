import { Kysely, PostgresDialect } from "kysely";
import { expect, test } from "vitest";
import type { Tables } from "#server/database/tables.ts";
import { testDatabase } from "#test/support/postgres.ts";
import { authenticateToken } from "./authenticate-token.ts";
import { startSession } from "./sessions.ts";
import { userInsert } from "./user-store.ts";

test("a token costs one query, answered by two unique indexes", async () => {
  const database = await testDatabase();
  const queries: { text: string; parameters: readonly unknown[] }[] = [];
  const dialect = new PostgresDialect({ pool: database.pool });
  const log = ({ query }: { query: { sql: string; parameters: readonly unknown[] } }) =>
    void queries.push({ text: query.sql, parameters: query.parameters });
  const db = new Kysely<Tables>({ dialect, log });
  const now = (): Date => new Date();
  const user = await userInsert(db, { name: "Ada", email: "ada@example.org" });
  const token = await startSession(db, user?.id ?? 0, now(), { expires: true });
  queries.length = 0;

  expect(await authenticateToken({ db, now }, token)).toEqual({
    user_id: user?.id,
    session_id: expect.any(Number),
    name: "Ada",
    email: "ada@example.org",
    api_only: false,
    global_role: "admin",
  });
  expect(await authenticateToken({ db, now }, "nobody's")).toBeNull();
  expect(queries).toHaveLength(2);

  const client = await database.pool.connect();
  await client.query("SET enable_seqscan = off");
  const { rows } = await client.query<{ "QUERY PLAN": string }>(`EXPLAIN ${queries[0]?.text}`, [
    ...(queries[0]?.parameters ?? []),
  ]);
  client.release(true);
  const plan = rows.map((row) => row["QUERY PLAN"]).join("\n");
  expect(plan).toContain("sessions_token_hash_key");
  expect(plan).toContain("users_pkey");
  await database.close();
});
