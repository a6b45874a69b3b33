import { randomUUID } from "node:crypto";
import { Client } from "pg";
import type { Pool } from "pg";
import { inject } from "vitest";
import { openDatabase } from "#server/database/pools.ts";
import type { Database } from "#server/database/tables.ts";
import { createLog } from "#server/observe/log.ts";
import { databaseAddress, databaseName, TEMPLATE } from "./postgres-setup.ts";

export interface TestDatabase {
  db: Database;
  pool: Pool;
  url: string;
  /** Closes the pool and drops the database. */
  close(): Promise<void>;
}

/**
 * A database of one's own, cloned from the migrated template (about 50 ms).
 *
 * @param serverUrl the test server's maintenance database; Vitest's global set-up provides it when left out
 */
export async function testDatabase(serverUrl: string = inject("postgresUrl")): Promise<TestDatabase> {
  const name = databaseName(randomUUID());
  await maintain(serverUrl, `CREATE DATABASE ${name} TEMPLATE ${TEMPLATE} STRATEGY file_copy`);
  const url = databaseAddress(serverUrl, name);
  const handles = openDatabase({ url, replicaUrl: null, log: createLog("silent"), max: 10 });
  return {
    db: handles.primary,
    pool: handles.pool,
    url,
    async close() {
      await handles.close();
      await maintain(serverUrl, `DROP DATABASE ${name} WITH (FORCE)`);
    },
  };
}

/** An empty database without the schema, for tests of the migrations themselves. */
export async function emptyDatabase(serverUrl: string = inject("postgresUrl")): Promise<{ url: string; drop(): Promise<void> }> {
  const name = databaseName(randomUUID());
  await maintain(serverUrl, `CREATE DATABASE ${name}`);
  return { url: databaseAddress(serverUrl, name), drop: () => maintain(serverUrl, `DROP DATABASE ${name} WITH (FORCE)`) };
}

async function maintain(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
