import { sql } from "kysely";
import type { Database } from "#server/database/tables.ts";

/** Where a statement fails: `software` is the first phase of a check-in, the others are in its second. */
export const FAULTY_TABLES = [
  "software",
  "software_titles",
  "host_software",
  "host_software_sources",
  "software_count_changes",
] as const;
export type FaultyTable = (typeof FAULTY_TABLES)[number];

/**
 * Prepares a database for {@link failNextWrites}: triggers that do nothing until told. They stay, because dropping one would wait for
 * every reader of its table.
 */
export async function installFaults(db: Database): Promise<void> {
  await sql`CREATE TABLE test_faults (table_name text NOT NULL, sql_state text NOT NULL, times integer NOT NULL)`.execute(db);
  await sql`CREATE SEQUENCE test_faults_happened`.execute(db);
  // counted by a sequence, which the rollback does not take back
  await sql`
    CREATE FUNCTION test_fault() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE fault test_faults;
    BEGIN
      SELECT * INTO fault FROM test_faults WHERE table_name = TG_TABLE_NAME;
      IF FOUND AND nextval('test_faults_happened') <= fault.times THEN
        RAISE EXCEPTION 'injected' USING ERRCODE = fault.sql_state;
      END IF;
      RETURN NULL;
    END $$`.execute(db);
  for (const table of FAULTY_TABLES) {
    await sql`
      CREATE TRIGGER test_fault BEFORE INSERT OR UPDATE OR DELETE ON ${sql.table(table)}
      FOR EACH STATEMENT EXECUTE FUNCTION test_fault()`.execute(db);
  }
}

/**
 * Lets the next `times` statements that write to a table fail as PostgreSQL itself would: `40001` serialization failure, `40P01`
 * deadlock, `55P03` lock not available, `53100` disk full.
 */
export async function failNextWrites(db: Database, table: FaultyTable, sqlState: string, times: number): Promise<void> {
  await endFaults(db);
  await sql`SELECT setval('test_faults_happened', 1, false)`.execute(db);
  await sql`INSERT INTO test_faults VALUES (${table}, ${sqlState}, ${times})`.execute(db);
}

/** Ends the faults; returns how many statements met one or came after them. */
export async function endFaults(db: Database): Promise<number> {
  await sql`DELETE FROM test_faults`.execute(db);
  const { rows } = await sql<{ n: number | null }>`
    SELECT last_value AS n FROM pg_sequences WHERE sequencename = 'test_faults_happened'`.execute(db);
  return rows[0]?.n ?? 0;
}
