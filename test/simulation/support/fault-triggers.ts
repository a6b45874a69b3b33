import { sql } from "kysely";
import type { Database } from "#server/database/tables.ts";

/** Where a statement fails: `software` is the first phase of a check-in, the others are in its second. */
export type FaultyTable = "software" | "software_titles" | "host_software" | "host_software_sources" | "software_count_changes";

/**
 * Lets the next `count` statements that write to a table fail as PostgreSQL itself would: `40001` serialization failure, `40P01`
 * deadlock, `55P03` lock not available, `53100` disk full. Counted by a sequence, which the rollback does not take back.
 */
export async function failNextWrites(db: Database, table: FaultyTable, sqlState: string, count: number): Promise<void> {
  await removeFaults(db);
  await sql`CREATE SEQUENCE test_faults`.execute(db);
  await sql
    .raw(
      `CREATE FUNCTION test_fault() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN
         IF nextval('test_faults') <= ${count} THEN RAISE EXCEPTION 'injected' USING ERRCODE = '${sqlState}'; END IF;
         RETURN NULL;
       END $$`,
    )
    .execute(db);
  await sql
    .raw(`CREATE TRIGGER test_fault BEFORE INSERT OR UPDATE OR DELETE ON ${table} FOR EACH STATEMENT EXECUTE FUNCTION test_fault()`)
    .execute(db);
}

/** How many of the injected faults have happened, and ends them. */
export async function removeFaults(db: Database): Promise<number> {
  const { rows } = await sql<{ n: number | null }>`
    SELECT last_value AS n FROM pg_sequences WHERE sequencename = 'test_faults'`.execute(db);
  await sql`DROP FUNCTION IF EXISTS test_fault CASCADE`.execute(db);
  await sql`DROP SEQUENCE IF EXISTS test_faults`.execute(db);
  return rows[0]?.n ?? 0;
}
