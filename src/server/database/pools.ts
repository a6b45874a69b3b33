import { setTimeout as delay } from "node:timers/promises";
import { Kysely, PostgresDialect } from "kysely";
import { Pool, TypeOverrides } from "pg";
import type { ClientBase } from "pg";
import type { Log } from "#server/observe/log.ts";
import { ReplicaPool } from "./replica-pool.ts";
import type { Database, ReadonlyDatabase, Tables } from "./tables.ts";

/** Connections to the databases of one process. */
export interface DatabaseHandles {
  primary: Database;
  /** For reads that may lag behind; the primary itself when there is no replica. */
  replica: ReadonlyDatabase;
  /** The primary's pool, for what Kysely does not speak: migrations, the job queue. */
  pool: Pool;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  url: string;
  replicaUrl: string | null;
  log: Log;
  /** Connections to each database; default 20. */
  max?: number;
}

const INT8_OID = 20;
const CONNECTION_TIMEOUT_MS = 10_000;
/** A replica that hangs is given up before the agents, which wait 16 s, give up the server. */
const REPLICA_LIMITS = { connectionTimeoutMillis: 3000, query_timeout: 8000 };
/** A pool counts as unused after this many looks, this far apart, that found no work. */
const QUIET_STEPS = 3;
const QUIET_STEP_MS = 10;
const CLOSE_WAIT_MS = 5000;

/**
 * Opens pools to the primary and, if there is one, the replica. Connects lazily: an unreachable database shows at the first query.
 * `bigint` arrives as a number: identifiers and counters stay far below 2^53, and a larger value is an error, not a wrong number.
 */
export function openDatabase(options: DatabaseOptions): DatabaseHandles {
  const pool = openPool(options.url, "muster", options);
  const primary = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  if (options.replicaUrl === null) return { primary, replica: readonly(primary), pool, close: () => closePool(pool) };
  const replicaPool = openPool(options.replicaUrl, "muster-replica", options, REPLICA_LIMITS);
  const withFallback = new ReplicaPool({ replica: replicaPool, primary: pool, log: options.log });
  const replica = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: withFallback }) });
  return {
    primary,
    replica: readonly(replica),
    pool,
    close: async () => {
      await Promise.all([closePool(pool), closePool(replicaPool)]);
    },
  };
}

/** The same object under the type that refuses writes. */
export function readonly(db: Database): ReadonlyDatabase {
  return db as unknown as ReadonlyDatabase;
}

function openPool(url: string, name: string, options: DatabaseOptions, limits: Partial<typeof REPLICA_LIMITS> = {}): Pool {
  const pool = new Pool({
    connectionString: url,
    application_name: name,
    max: options.max ?? 20,
    connectionTimeoutMillis: CONNECTION_TIMEOUT_MS,
    idleTimeoutMillis: 30_000,
    ...limits,
    types: numericTypes(),
    // oxlint-disable-next-line typescript/no-misused-promises -- the pool waits for the promise, which its type does not say
    onConnect: prepareSession,
  });
  // a connection that the server closes (restart, failover) is replaced at the next query; without listeners it would end the process
  pool.on("error", (error) => options.log.warn({ reason: error.message }, "lost an idle database connection"));
  pool.on("connect", (client) => {
    client.on("error", (error) => {
      if (!pool.ending) options.log.warn({ reason: error.message }, "lost a database connection");
    });
  });
  return pool;
}

/** Our statements are short: compiling them costs more than it saves, and PostgreSQL has that on by default. */
async function prepareSession(client: ClientBase): Promise<void> {
  await client.query("SET jit = off");
}

/**
 * Closes a pool once nothing uses it: a request whose client went away is still being worked on, and its next statement should not
 * meet a closed pool. (Kysely's own `destroy` would leave a pool open that it never asked for a connection.)
 */
async function closePool(pool: Pool): Promise<void> {
  if (pool.ended) return;
  const startedAt = performance.now();
  for (let quiet = 0; quiet < QUIET_STEPS && performance.now() - startedAt < CLOSE_WAIT_MS;) {
    await delay(QUIET_STEP_MS);
    quiet = pool.idleCount === pool.totalCount && pool.waitingCount === 0 ? quiet + 1 : 0;
  }
  pool.removeAllListeners("error").on("error", () => undefined); // what is cut now is cut on purpose
  await pool.end();
}

function numericTypes(): TypeOverrides {
  const types = new TypeOverrides();
  types.setTypeParser(INT8_OID, parseBigint);
  return types;
}

function parseBigint(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`bigint ${text} does not fit a number`);
  return value;
}
