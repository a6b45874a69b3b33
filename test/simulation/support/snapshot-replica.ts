import { Kysely, PostgresDialect } from "kysely";
import type { Pool, PoolClient } from "pg";
import { openDatabase, readonly } from "#server/database/pools.ts";
import type { DatabaseHandles } from "#server/database/pools.ts";
import { ReplicaPool } from "#server/database/replica-pool.ts";
import type { ReadonlyDatabase, Tables } from "#server/database/tables.ts";
import { createLog } from "#server/observe/log.ts";

export type ReplicaMode = "following" | "standing" | "stopped";

/**
 * Stands in for a replica that lags as the simulation says: one connection with a snapshot of the primary that is as old as wanted. That
 * is what a replica is: a consistent state of the past. (Real replication is tested in faults/replica.test.ts.)
 */
export class SnapshotReplica {
  readonly #handles: DatabaseHandles;
  #mode: ReplicaMode = "following";
  #client: PoolClient | null = null;
  #opening: Promise<PoolClient> | null = null;
  /** Settles when the connection is free. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(url: string) {
    this.#handles = openDatabase({ url, replicaUrl: null, log: createLog("silent"), max: 1 });
  }

  /** What a server uses: Muster's own fallback over this replica. */
  databaseFor(primary: Pool): ReadonlyDatabase {
    const replica = { connect: () => this.#connect(), end: async () => undefined } as unknown as Pool;
    const pool = new ReplicaPool({ replica, primary, log: createLog("silent") });
    return readonly(new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) }));
  }

  async setMode(mode: ReplicaMode): Promise<void> {
    this.#mode = mode;
    await this.refresh();
  }

  /** Catches up, unless it stands still. */
  async refresh(): Promise<void> {
    if (this.#mode === "standing") return;
    await this.#turn;
    await this.#client?.query("ROLLBACK").catch(() => undefined);
    this.#client?.release(true);
    this.#client = null;
    this.#opening = null;
  }

  async close(): Promise<void> {
    this.#mode = "stopped";
    await this.refresh();
    await this.#handles.close();
  }

  async #connect(): Promise<unknown> {
    if (this.#mode === "stopped") throw Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
    // one promise for all who come at once: the pool has one connection
    this.#opening ??= this.#begin();
    const client = await this.#opening.catch((error: unknown) => {
      this.#opening = null;
      throw error;
    });
    this.#client = client;
    // all share the one connection, one after the other, so nobody gives it back
    return {
      query: (text: string, values: unknown[]) => {
        const result = this.#turn.then(() => client.query(text, values));
        this.#turn = result.catch(() => undefined);
        return result;
      },
      release: (isBroken: boolean) => {
        if (!isBroken || this.#client !== client) return;
        this.#client = null;
        this.#opening = null;
        client.release(true);
      },
    };
  }

  async #begin(): Promise<PoolClient> {
    const client = await this.#handles.pool.connect();
    await client.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    await client.query("SELECT 1 FROM hosts LIMIT 1"); // the snapshot is taken by the first statement
    return client;
  }
}
