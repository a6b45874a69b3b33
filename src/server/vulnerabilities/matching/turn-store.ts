import { sql } from "kysely";
import type { Database } from "#server/database/tables.ts";

/** Any constant; held for one batch by whoever writes findings. */
const MATCH_LOCK = 7_304;

/**
 * Takes the turn to write subjects and findings until the transaction ends. A batch reads what feeds and hosts say after that and writes the
 * difference, so that two processes never write from different moments. Feeds and check-ins do not take it: what they change meanwhile
 * they also queue, and the queue is looked at after the batch.
 */
export async function matchTurnInTx(tx: Database): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(${MATCH_LOCK})`.execute(tx);
}
