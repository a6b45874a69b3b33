import { sql } from "kysely";
import type { Database } from "../../database/tables.ts";

const HISTORY_SINCE = "history_since";

/** The moment before which history was deleted; null: it is complete since the beginning. */
export async function historySince(db: Database): Promise<Date | null> {
  const row = await db.selectFrom("server_settings").select("value").where("name", "=", HISTORY_SINCE).executeTakeFirst();
  return row === undefined ? null : new Date(row.value as string);
}

/** Moves the horizon forward, never back: what was deleted does not return when retention is made longer. */
export async function historySinceAdvance(db: Database, to: Date): Promise<void> {
  await sql`
    INSERT INTO server_settings AS k (name, value) VALUES (${HISTORY_SINCE}, to_jsonb(${to.toISOString()}::text))
    ON CONFLICT (name) DO UPDATE SET value = EXCLUDED.value, updated_at = now()
    WHERE (k.value #>> '{}')::timestamptz < (EXCLUDED.value #>> '{}')::timestamptz`.execute(db);
}

/** The partitions of the history; each is cleared on its own. */
export async function historyPartitions(db: Database): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    SELECT c.relname AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'host_software_history'::regclass ORDER BY 1`.execute(db);
  return rows.map((row) => row.name);
}

/** Has a partition rows that ended before `horizon`? */
export async function historyHasExpired(db: Database, partition: string, horizon: Date): Promise<boolean> {
  const { rows } = await sql`SELECT 1 FROM ${sql.table(partition)} WHERE removed_at < ${horizon} LIMIT 1`.execute(db);
  return rows.length > 0;
}

/** Deletes up to `limit` rows of a partition that ended before `horizon`; returns how many. By place, which is where the index finds them. */
export async function historyExpire(db: Database, partition: string, horizon: Date, limit: number): Promise<number> {
  const result = await sql`
    DELETE FROM ${sql.table(partition)} WHERE ctid = ANY (ARRAY(
      SELECT ctid FROM ${sql.table(partition)} WHERE removed_at < ${horizon} LIMIT ${limit}))`.execute(db);
  return Number(result.numAffectedRows ?? 0);
}
