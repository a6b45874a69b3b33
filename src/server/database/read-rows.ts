import { sql } from "kysely";
import type { RawBuilder } from "kysely";
import type { Database, ReadonlyDatabase } from "./tables.ts";

/** Whatever can be read from: the primary, a transaction, a replica. */
export type Readable = Database | ReadonlyDatabase;

/** Rows of a query that is written as SQL, also from a replica, which takes nothing but selects. */
export async function readRows<R>(db: Readable, query: RawBuilder<R>): Promise<R[]> {
  // the type of a replica only forbids writing: both are the same builder
  const rows = await (db as Database)
    .selectFrom(sql<R>`(${query})`.as("r"))
    .selectAll()
    .execute();
  return rows as R[];
}
