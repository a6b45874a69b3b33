import type { PostgresPool, PostgresPoolClient, PostgresQueryResult } from "kysely";
import type { Pool, PoolClient } from "pg";
import type { Log } from "#server/observe/log.ts";

/** After the replica could not be reached, reads go straight to the primary for this long. */
const PAUSE_MS = 5000;

interface ReplicaPoolDeps {
  replica: Pool;
  primary: Pool;
  log: Log;
}

/**
 * Reads from the replica, and from the primary whenever the replica cannot answer: it is stopped, being restarted, cut off, too far
 * behind to know a new table, or cancelled the statement because of what it replays. So a read never fails because of the replica
 * alone. Only single statements are asked again; a transaction that was begun on the replica fails with it.
 */
export class ReplicaPool implements PostgresPool {
  readonly options: object = {};
  readonly #deps: ReplicaPoolDeps;
  #pausedUntil = 0;
  #isLost = false;

  constructor(deps: ReplicaPoolDeps) {
    this.#deps = deps;
  }

  async connect(): Promise<PostgresPoolClient> {
    const { replica, primary } = this.#deps;
    if (performance.now() < this.#pausedUntil) return primary.connect();
    try {
      const client = await replica.connect();
      return new ReplicaClient(client, primary, this);
    } catch (error) {
      this.lost(error);
      return primary.connect();
    }
  }

  /** The replica's own pool; the primary's belongs to who made it. */
  async end(): Promise<void> {
    await this.#deps.replica.end();
  }

  /** Notes that the replica cannot be reached; said once, not at every read. */
  lost(error: unknown): void {
    this.#pausedUntil = performance.now() + PAUSE_MS;
    if (this.#isLost) return;
    this.#isLost = true;
    this.#deps.log.warn({ err: error }, "the replica does not answer; reading from the primary");
  }

  answered(): void {
    if (!this.#isLost) return;
    this.#isLost = false;
    this.#deps.log.info("the replica answers again");
  }
}

/** A connection to the replica whose statements the primary answers when the replica does not. */
class ReplicaClient implements PostgresPoolClient {
  readonly #client: PoolClient;
  readonly #primary: Pool;
  readonly #pool: ReplicaPool;
  #isInTransaction = false;
  #isBroken = false;

  constructor(client: PoolClient, primary: Pool, pool: ReplicaPool) {
    this.#client = client;
    this.#primary = primary;
    this.#pool = pool;
  }

  // Kysely's type has a second form, for cursors, which Muster does not use
  query = (async <R>(text: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<R>> => {
    const values = [...parameters];
    if (this.#isBroken) return this.#ask<R>(text, values);
    if (typeof text === "string" && /^\s*(begin|start transaction)\b/i.test(text)) this.#isInTransaction = true;
    try {
      const result = await this.#client.query(text, values);
      this.#pool.answered();
      return result as unknown as PostgresQueryResult<R>;
    } catch (error) {
      if (isConnectionLost(error)) {
        this.#isBroken = true;
        this.#pool.lost(error);
      }
      if (this.#isInTransaction) throw error;
      // a statement that is wrong fails there too, with the primary's words
      return this.#ask<R>(text, values);
    }
  }) as PostgresPoolClient["query"];

  async #ask<R>(text: string, values: unknown[]): Promise<PostgresQueryResult<R>> {
    if (this.#isInTransaction) throw new Error("the connection to the replica was lost within a transaction");
    return (await this.#primary.query(text, values)) as unknown as PostgresQueryResult<R>;
  }

  release(destroy = false): void {
    this.#client.release(destroy || this.#isBroken);
  }
}

/**
 * Is the connection itself of no more use? PostgreSQL's classes 08 (connection) and 57P (shut down, starting up); everything without
 * a SQLSTATE comes from the network or from pg's own time limit.
 */
function isConnectionLost(error: unknown): boolean {
  const code = typeof error === "object" && error !== null && "code" in error ? error.code : null;
  const isSqlState = typeof code === "string" && /^(?=.*\d)[0-9A-Z]{5}$/.test(code);
  return !isSqlState || /^(08|57P)/.test(code);
}
