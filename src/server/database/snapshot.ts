import { CompiledQuery } from "kysely";
import type { Compilable, ControlledTransaction } from "kysely";
import type { Database, Tables } from "./tables.ts";

/** Rows read at once: a few hundred kilobytes, whatever the size of the result. */
const BATCH_ROWS = 1000;
/** A reader that stands still this long holds back the database's clean-up for everybody; its connection is cut. */
const IDLE_LIMIT = "120s";

/**
 * One moment of the database, read piece by piece: everything that is read sees the same rows, however long it takes, and memory stays
 * that of one batch (server-side cursors). It occupies a connection until it is closed.
 */
export class Snapshot {
  readonly #tx: ControlledTransaction<Tables>;
  #cursors = 0;

  private constructor(tx: ControlledTransaction<Tables>) {
    this.#tx = tx;
  }

  static async open(db: Database): Promise<Snapshot> {
    const tx = await db.startTransaction().setIsolationLevel("repeatable read").setAccessMode("read only").execute();
    const snapshot = new Snapshot(tx);
    try {
      // a cursor is planned to be read to its end, not for its first rows
      await tx.executeQuery(CompiledQuery.raw("SET LOCAL cursor_tuple_fraction = 1"));
      await tx.executeQuery(CompiledQuery.raw(`SET LOCAL idle_in_transaction_session_timeout = '${IDLE_LIMIT}'`));
    } catch (error) {
      await snapshot.close();
      throw error;
    }
    return snapshot;
  }

  /** For small reads of the same moment. */
  get db(): Database {
    return this.#tx;
  }

  /** The rows of a query in its order, batch by batch. */
  async *batches<R>(query: Compilable<R> & { execute(): Promise<R[]> }, size = BATCH_ROWS): AsyncGenerator<R[]> {
    const { sql, parameters } = query.compile();
    this.#cursors += 1;
    const cursor = `snapshot_${this.#cursors}`;
    await this.#tx.executeQuery(CompiledQuery.raw(`DECLARE ${cursor} NO SCROLL CURSOR FOR ${sql}`, [...parameters]));
    const fetch: CompiledQuery<R> = CompiledQuery.raw(`FETCH FORWARD ${size} FROM ${cursor}`);
    for (;;) {
      // oxlint-disable-next-line no-await-in-loop -- the next batch is asked for when this one was taken
      const { rows } = await this.#tx.executeQuery<R>(fetch);
      if (rows.length > 0) yield rows;
      if (rows.length < size) break;
    }
    await this.#tx.executeQuery(CompiledQuery.raw(`CLOSE ${cursor}`));
  }

  /** Gives the connection back. Nothing was written, so there is nothing to keep. */
  async close(): Promise<void> {
    await this.#tx.rollback().execute();
  }
}
