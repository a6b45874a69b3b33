import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Pool, PoolClient } from "pg";
import { DatabaseError, reasonOf } from "./database-error.ts";

const MIGRATIONS = fileURLToPath(new URL("migrations/", import.meta.url));
/** `server_version_num` of the oldest PostgreSQL that Muster runs on. */
const VERSION_MIN = 150_000;
/** Codes that two processes creating the bookkeeping table at one moment may meet. */
const CREATED_MEANWHILE = new Set(["23505", "42P07", "42710"]);

/** One file of migrations/: `0001_access.sql`. */
export interface Migration {
  number: number;
  name: string;
  sql: string;
  /** SHA-256 of the file, in hex. */
  checksum: string;
}

interface AppliedMigration {
  number: number;
  name: string;
  checksum: string;
}

/** Reads a directory of migrations, in the order of their numbers. */
export async function readMigrations(directory: string = MIGRATIONS): Promise<Migration[]> {
  const names = (await readdir(directory)).filter((name) => name.endsWith(".sql")).toSorted();
  return await Promise.all(
    names.map(async (name) => {
      const number = Number(/^(\d{4})_[a-z0-9_]+\.sql$/.exec(name)?.[1]);
      if (!Number.isSafeInteger(number)) throw new TypeError(`migration ${name} is not named like 0001_access.sql`);
      const sql = await readFile(`${directory}/${name}`, "utf8");
      return { number, name, sql, checksum: createHash("sha256").update(sql).digest("hex") };
    }),
  );
}

/**
 * Brings the database to this program's schema.
 *
 * Each migration runs in a transaction of its own that first inserts the migration's row: processes that start at the same
 * moment meet at that row, one applies the migration, the others wait and find it done.
 *
 * @returns the names of the migrations that this call applied
 * @throws {DatabaseError} when PostgreSQL is unreachable or too old, the schema is newer than this program, or a migration was
 *   changed after it was applied
 */
export async function migrate(pool: Pool, given?: Migration[]): Promise<string[]> {
  const migrations = given ?? (await readMigrations());
  const client = await connect(pool);
  try {
    await checkVersion(client);
    await createBookkeeping(client);
    checkApplied(await appliedMigrations(client), migrations);
    const applied: string[] = [];
    for (const migration of migrations) {
      if (await applyMigration(client, migration)) applied.push(migration.name);
    }
    return applied;
  } finally {
    client.release();
  }
}

/**
 * Makes sure that the database has exactly this program's schema, for programs that must not change it.
 *
 * @throws {DatabaseError} when PostgreSQL is unreachable, or the schema is another version's
 */
export async function checkMigrated(pool: Pool): Promise<void> {
  const client = await connect(pool);
  try {
    const { rows } = await client.query<{ there: boolean }>("SELECT to_regclass('migrations') IS NOT NULL AS there");
    const migrations = await readMigrations();
    const applied = rows[0]?.there === true ? await appliedMigrations(client) : [];
    checkApplied(applied, migrations);
    const missing = migrations.find((migration) => !applied.some((row) => row.number === migration.number));
    if (missing === undefined) return;
    throw new DatabaseError(
      `The database lacks ${missing.name} of this Muster's schema: start this version's server once, which brings the database up to date.`,
    );
  } finally {
    client.release();
  }
}

async function connect(pool: Pool): Promise<PoolClient> {
  try {
    return await pool.connect();
  } catch (error) {
    throw new DatabaseError(`The database cannot be reached (${reasonOf(error)}); check DATABASE_URL and that it runs.`, error);
  }
}

async function checkVersion(client: PoolClient): Promise<void> {
  const { rows } = await client.query<{ number: number; version: string }>(
    "SELECT current_setting('server_version_num')::int AS number, current_setting('server_version') AS version",
  );
  const found = rows[0];
  if (found === undefined || found.number < VERSION_MIN) {
    throw new DatabaseError(`PostgreSQL ${found?.version} is too old; Muster needs version 15 or newer.`);
  }
}

async function createBookkeeping(client: PoolClient): Promise<void> {
  const statement = `CREATE TABLE IF NOT EXISTS migrations (
    number integer PRIMARY KEY,
    name text NOT NULL,
    checksum text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
  )`;
  try {
    await client.query(statement);
  } catch (error) {
    if (!CREATED_MEANWHILE.has((error as { code?: string }).code ?? "")) throw refusal(error);
  }
}

function refusal(error: unknown): DatabaseError {
  const remedy = "its user must be allowed to create tables in the database's schema";
  return new DatabaseError(`The database cannot be set up (${reasonOf(error)}); ${remedy}.`, error);
}

async function appliedMigrations(client: PoolClient): Promise<AppliedMigration[]> {
  const { rows } = await client.query<AppliedMigration>("SELECT number, name, checksum FROM migrations ORDER BY number");
  return rows;
}

function checkApplied(applied: AppliedMigration[], migrations: Migration[]): void {
  const known = new Map(migrations.map((migration) => [migration.number, migration]));
  for (const row of applied) {
    const migration = known.get(row.number);
    if (migration === undefined) {
      throw new DatabaseError(
        `The database was set up by a newer Muster (it has ${row.name}); start that version or a newer one.`,
      );
    }
    if (migration.checksum !== row.checksum) {
      const rule = "an applied migration never changes; undo the change and write a new migration instead";
      throw new DatabaseError(`Migration ${migration.name} differs from what was applied to this database: ${rule}.`);
    }
  }
}

/** @returns false when another process, or an earlier run, has applied it */
async function applyMigration(client: PoolClient, migration: Migration): Promise<boolean> {
  await client.query("BEGIN");
  try {
    const claim = await client.query(
      "INSERT INTO migrations (number, name, checksum) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
      [migration.number, migration.name, migration.checksum],
    );
    if (claim.rowCount === 1) await client.query(migration.sql);
    await client.query("COMMIT");
    return claim.rowCount === 1;
  } catch (error) {
    await client.query("ROLLBACK").catch(() => undefined); // the connection may be gone; the first error is the one to tell
    throw new DatabaseError(`Migration ${migration.name} failed (${reasonOf(error)}); nothing of it was applied.`, error);
  }
}
