import { sql } from "kysely";
import type { Database } from "../../database/tables.ts";

/**
 * The epoch of the catalogue: it moves whenever software changes its title or its key. Whoever plans with title or software ids reads it
 * first and compares it under the catalogue's lock before writing.
 */
export async function titleEpoch(db: Database): Promise<number> {
  const row = await db.selectFrom("catalogue_state").select("title_epoch").executeTakeFirstOrThrow();
  return row.title_epoch;
}

/** Moves the epoch on. The caller holds the catalogue exclusively (`catalogueLockInTx`). */
export async function titleEpochAdvanceInTx(tx: Database): Promise<void> {
  await sql`UPDATE catalogue_state SET title_epoch = title_epoch + 1`.execute(tx);
}
