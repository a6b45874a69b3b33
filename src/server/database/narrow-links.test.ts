import { readdirSync, readFileSync } from "node:fs";
import { Client } from "pg";
import { afterEach, beforeEach, expect, test } from "vitest";
import { emptyDatabase } from "#test/support/postgres.ts";

const DIRECTORY = new URL("migrations/", import.meta.url);
const MIGRATION = "0009_narrow_links.sql";

let database: Awaited<ReturnType<typeof emptyDatabase>>;
let client: Client;

beforeEach(async () => {
  database = await emptyDatabase();
  client = new Client({ connectionString: database.url });
  await client.connect();
});
afterEach(async () => {
  await client.end();
  await database.drop();
});

async function apply(name: string): Promise<void> {
  await client.query(readFileSync(new URL(name, DIRECTORY), "utf8"));
}

const COLUMNS = `host_id, software_id, facts_id, last_opened_at, created_at, installed_paths, signature_information::text, installed_by`;

async function links(): Promise<unknown[]> {
  const { rows } = await client.query<Record<string, unknown>>(
    `SELECT ${COLUMNS} FROM host_software ORDER BY host_id, software_id`,
  );
  return rows.map((row) => ({
    ...row,
    host_id: Number(row["host_id"]),
    software_id: Number(row["software_id"]),
    facts_id: Number(row["facts_id"]),
  }));
}

test("links keep every value when their table becomes narrower, in every partition", async () => {
  for (const name of readdirSync(DIRECTORY).toSorted()) if (name.endsWith(".sql") && name < MIGRATION) await apply(name);
  await client.query(`
    INSERT INTO host_software (${COLUMNS.replace("::text", "")})
    SELECT h, s, nullif(s % 3, 0), CASE WHEN s % 2 = 0 THEN '2026-01-01 00:00:00.123456Z'::timestamptz END, '2025-01-01 01:02:03.456789Z',
      CASE WHEN s % 5 = 0 THEN ARRAY['/a b', 'C:\\"x"'] END, CASE WHEN s % 7 = 0 THEN '[ {"installed_path" : "/x"} ]'::json END,
      CASE WHEN s % 4 = 0 THEN 'anna' END
    FROM generate_series(1, 100) h, generate_series(1, 20) s`);
  const before = await links();
  await apply(MIGRATION);
  expect(await links()).toEqual(before);
  const { rows } = await client.query<{ n: number }>("SELECT count(DISTINCT tableoid)::integer AS n FROM host_software");
  expect(rows[0]?.n).toBe(16);
  await expect(client.query("INSERT INTO host_software (host_id, software_id) VALUES (1, 1)")).rejects.toThrow("duplicate key");
});

test("whoever deletes software moves the epoch; whoever deletes none does not", async () => {
  for (const name of readdirSync(DIRECTORY).toSorted()) if (name.endsWith(".sql") && name <= MIGRATION) await apply(name);
  const epoch = async () =>
    Number((await client.query<{ e: string }>("SELECT title_epoch AS e FROM catalogue_state")).rows[0]?.e);
  await client.query(`WITH t AS (INSERT INTO software_titles (checksum, name, source) VALUES ('0123456789abcdef', 'a', 'apps') RETURNING id)
    INSERT INTO software (title_id, checksum, name, version, source) SELECT id, '0123456789abcdef', 'a', '1', 'apps' FROM t`);
  const before = await epoch();
  await client.query("DELETE FROM software WHERE name = 'b'");
  expect(await epoch()).toBe(before);
  await client.query("DELETE FROM software WHERE name = 'a'");
  expect(await epoch()).toBe(before + 1);
  await client.query("TRUNCATE software CASCADE");
  expect(await epoch()).toBe(before + 2);
});
