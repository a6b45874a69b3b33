import { Pool } from "pg";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { emptyDatabase } from "#test/support/postgres.ts";
import { migrate, readMigrations } from "./migrate.ts";

let database: Awaited<ReturnType<typeof emptyDatabase>>;
let pools: Pool[];

beforeEach(async () => {
  database = await emptyDatabase();
  pools = [];
});
afterEach(async () => {
  await Promise.all(pools.map((opened) => opened.end()));
  await database.drop();
});

function pool(url: string = database.url): Pool {
  const made = new Pool({ connectionString: url });
  // dropping the database cuts what the pool has not closed yet
  made.on("connect", (client) => client.on("error", () => undefined));
  made.on("error", () => undefined);
  pools.push(made);
  return made;
}

async function count(sql: string): Promise<number> {
  const { rows } = await pool().query<{ n: number }>(`SELECT count(*)::int AS n FROM ${sql}`);
  return rows[0]?.n ?? -1;
}

describe("migrate", () => {
  test("applies every migration to an empty database, and nothing the second time", async () => {
    const names = (await readMigrations()).map((migration) => migration.name);
    expect(names.length).toBeGreaterThan(0);
    expect(await migrate(pool())).toEqual(names);
    expect(await migrate(pool())).toEqual([]);
    expect(await count("migrations")).toBe(names.length);
  });

  test("several processes at once: each migration is applied exactly once", async () => {
    const results = await Promise.all(Array.from({ length: 6 }, () => migrate(pool())));
    const names = (await readMigrations()).map((migration) => migration.name);
    expect(results.flat().toSorted()).toEqual(names);
  });

  test("a failing migration leaves nothing behind", async () => {
    const broken = { number: 1, name: "0001_broken.sql", sql: "CREATE TABLE half (id int); SELECT nonsense", checksum: "x" };
    await expect(migrate(pool(), [broken])).rejects.toThrow("Migration 0001_broken.sql failed");
    expect(await count("pg_class WHERE relname = 'half'")).toBe(0);
    expect(await count("migrations")).toBe(0);
  });

  test("refuses a migration that was changed after it was applied", async () => {
    const original = { number: 1, name: "0001_a.sql", sql: "CREATE TABLE a (id int)", checksum: "1" };
    await migrate(pool(), [original]);
    await expect(migrate(pool(), [{ ...original, checksum: "2" }])).rejects.toThrow(
      "Migration 0001_a.sql differs from what was applied",
    );
  });

  test("refuses a schema that a newer program made", async () => {
    const newer = { number: 9999, name: "9999_future.sql", sql: "SELECT 1", checksum: "1" };
    await migrate(pool(), [newer]);
    await expect(migrate(pool())).rejects.toThrow("set up by a newer Muster (it has 9999_future.sql)");
  });

  test("says in one sentence that the database cannot be reached", async () => {
    const nobody = pool("postgres://muster:x@127.0.0.1:1/muster");
    await expect(migrate(nobody)).rejects.toThrow(
      /^The database cannot be reached \(.*\); check DATABASE_URL and that it runs\.$/,
    );
  });
});
