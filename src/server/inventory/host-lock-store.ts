import { sql } from "kysely";
import type { Database } from "../database/tables.ts";

/**
 * Takes several hosts' rows for this transaction, in the order of their ids, so that two who take some of the same wait for each other
 * and never crosswise. Check-ins, deletion and membership changes of a host happen one after the other by this lock. Returns the hosts
 * that exist.
 */
export async function hostsLockInTx(tx: Database, hostIds: number[]): Promise<number[]> {
  const { rows } = await sql<{ id: number }>`
    SELECT id FROM hosts WHERE id = ANY (${hostIds}::bigint[]) ORDER BY id FOR NO KEY UPDATE`.execute(tx);
  return rows.map((row) => row.id);
}
