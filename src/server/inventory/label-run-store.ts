import { sql } from "kysely";
import type { Database } from "../database/tables.ts";
import { countsTidyInTx, labelCountsApplied } from "./count-store.ts";

/** SQL of counting a label as a whole; count-label-run.ts says how it goes together. */

/** Any constant; held by the connection that counts labels, so that in all processes together one does. */
const COUNTING_LOCK = 7_303;

/** Takes the turn to count labels for as long as the connection lives; false when another one has it. */
export async function countingTurnTake(connection: Database): Promise<boolean> {
  const { rows } = await sql<{ taken: boolean }>`SELECT pg_try_advisory_lock(${COUNTING_LOCK}) AS taken`.execute(connection);
  return rows[0]?.taken ?? false;
}

export async function countingTurnGive(connection: Database): Promise<void> {
  await sql`SELECT pg_advisory_unlock(${COUNTING_LOCK})`.execute(connection);
}

/**
 * Begins a run, or begins anew one whose process died: from now on the ledger's rows are left out of this label's counts. False when
 * nobody asks for it any more. The caller has the turn to write counts.
 */
export async function runBeginInTx(tx: Database, labelId: number): Promise<boolean> {
  const { numAffectedRows } = await sql`
    UPDATE label_count_runs SET started_at = now(), snapshot = NULL, counted = 0, moved_titles = '{}',
      members = (SELECT count(*) FROM label_membership WHERE label_id = ${labelId})
    WHERE label_id = ${labelId}`.execute(tx);
  return (numAffectedRows ?? 0n) > 0n;
}

/** Deletes up to `limit` counts of each kind of a label; returns whether there may be more. The caller has the turn to write counts. */
export async function labelCountsDeleteInTx(tx: Database, labelId: number, limit: number): Promise<boolean> {
  const { rows } = await sql<{ software: number; titles: number }>`
    WITH software AS (
      DELETE FROM label_software_counts WHERE label_id = ${labelId} AND software_id IN (
        SELECT software_id FROM label_software_counts WHERE label_id = ${labelId} LIMIT ${limit}) RETURNING 1
    ), titles AS (
      DELETE FROM label_title_counts WHERE label_id = ${labelId} AND title_id IN (
        SELECT title_id FROM label_title_counts WHERE label_id = ${labelId} LIMIT ${limit}) RETURNING 1
    ) SELECT (SELECT count(*) FROM software) AS software, (SELECT count(*) FROM titles) AS titles`.execute(tx);
  return rows.some(({ software, titles }) => software >= limit || titles >= limit);
}

/** Marks members as counted: their check-ins' ledger rows name the label from now on. The caller holds the hosts' locks. */
export async function labelMembersMarkInTx(tx: Database, labelId: number, hostIds: number[]): Promise<void> {
  await sql`
    UPDATE label_membership SET counted = true
    WHERE label_id = ${labelId} AND host_id = ANY (${hostIds}::bigint[]) AND NOT counted`.execute(tx);
}

/** The moment that this transaction, which must be `repeatable read`, sees from its first statement (this one) on. */
export async function momentSeen(tx: Database): Promise<string> {
  const { rows } = await sql<{ moment: string }>`SELECT pg_current_snapshot()::text AS moment`.execute(tx);
  return rows[0]?.moment ?? "";
}

/** Ledger rows that this moment lacks count for the label from now on. The caller has had the turn to write counts since before it. */
export async function runMomentSetInTx(tx: Database, labelId: number, moment: string): Promise<void> {
  await sql`UPDATE label_count_runs SET snapshot = ${moment}::pg_snapshot, moved_titles = '{}' WHERE label_id = ${labelId}`.execute(
    tx,
  );
}

/** Whether a run goes on from this moment: it does not when its label was deleted. */
export async function runGoesOn(db: Database, labelId: number, moment: string): Promise<boolean> {
  const { rows } = await sql`
    SELECT FROM label_count_runs WHERE label_id = ${labelId} AND snapshot::text = ${moment}`.execute(db);
  return rows.length > 0;
}

export async function runProgressSet(db: Database, labelId: number, counted: number): Promise<void> {
  await sql`UPDATE label_count_runs SET counted = ${counted} WHERE label_id = ${labelId}`.execute(db);
}

/** Tables of this connection alone: sums of some hosts each, then sums of all of them. Nothing of them is in the log that replicas read. */
export async function sumTablesMake(connection: Database): Promise<void> {
  await sumTablesDrop(connection);
  await sql`CREATE TEMP TABLE label_software_parts (software_id bigint, hosts integer)`.execute(connection);
  await sql`CREATE TEMP TABLE label_title_parts (title_id bigint, hosts integer)`.execute(connection);
  await sql`CREATE TEMP TABLE label_software_sums (software_id bigint, title_id bigint, hosts integer)`.execute(connection);
  await sql`CREATE TEMP TABLE label_title_sums (title_id bigint PRIMARY KEY, hosts integer, batch integer)`.execute(connection);
}

export async function sumTablesDrop(connection: Database): Promise<void> {
  for (const table of ["label_software_parts", "label_title_parts", "label_software_sums", "label_title_sums"]) {
    // oxlint-disable-next-line no-await-in-loop -- one connection
    await sql`DROP TABLE IF EXISTS ${sql.table(`pg_temp.${table}`)}`.execute(connection);
  }
}

/** Plans that do not depend on what is known of these tables: a nested loop chosen for a label that looks empty would take hours. */
export async function plainPlansInTx(tx: Database): Promise<void> {
  await sql`SET LOCAL enable_nestloop = off`.execute(tx);
  await sql`SET LOCAL enable_mergejoin = off`.execute(tx);
  await sql`SET LOCAL max_parallel_workers_per_gather = 0`.execute(tx);
  await sql`SET LOCAL work_mem = '64MB'`.execute(tx);
}

/** The next counted members of a label after a host, by id. */
export async function labelMembersCountedAfter(db: Database, labelId: number, after: number, limit: number): Promise<number[]> {
  const { rows } = await sql<{ host_id: number }>`
    SELECT host_id FROM label_membership WHERE label_id = ${labelId} AND host_id > ${after} AND counted
    ORDER BY host_id LIMIT ${limit}`.execute(db);
  return rows.map((row) => row.host_id);
}

/** Sums up the software and the titles of these hosts: one row for each that any of them holds. */
export async function partsSumInTx(tx: Database, hostIds: number[]): Promise<void> {
  await sql`
    INSERT INTO label_software_parts (software_id, hosts)
    SELECT software_id, count(*) FROM host_software WHERE host_id = ANY (${hostIds}::integer[]) GROUP BY software_id`.execute(tx);
  await sql`
    INSERT INTO label_title_parts (title_id, hosts)
    SELECT title_id, count(*) FROM (
      SELECT DISTINCT hs.host_id, s.title_id FROM host_software hs JOIN software s ON s.id = hs.software_id
      WHERE hs.host_id = ANY (${hostIds}::integer[])
    ) held GROUP BY title_id`.execute(tx);
}

/** Sums up the parts, and divides the titles into batches of about `size` versions. Returns the number of batches. */
export async function sumsMakeInTx(tx: Database, size: number): Promise<number> {
  await sql`
    INSERT INTO label_software_sums (software_id, title_id, hosts)
    SELECT p.software_id, s.title_id, p.hosts
    FROM (SELECT software_id, sum(hosts) AS hosts FROM label_software_parts GROUP BY 1) p JOIN software s ON s.id = p.software_id`.execute(
    tx,
  );
  const { rows } = await sql<{ batches: number }>`
    WITH sums AS (
      INSERT INTO label_title_sums (title_id, hosts, batch)
      SELECT t.title_id, t.hosts, (sum(v.versions) OVER (ORDER BY t.title_id) - v.versions)::integer / ${sql.lit(size)}
      FROM (SELECT title_id, sum(hosts) AS hosts FROM label_title_parts GROUP BY 1) t
        JOIN (SELECT title_id, count(*) AS versions FROM label_software_sums GROUP BY 1) v ON v.title_id = t.title_id
      RETURNING batch
    ) SELECT coalesce(max(batch) + 1, 0) AS batches FROM sums`.execute(tx);
  return rows[0]?.batches ?? 0;
}

/** Once the moment is left: what the next statements read quickly. */
export async function sumsIndex(connection: Database): Promise<void> {
  await sql`ANALYZE label_software_sums, label_title_sums`.execute(connection);
}

/**
 * Adds one batch of the sums to the label's counts, each title together with its versions, so that the number of versions follows. Titles
 * whose software changed after the moment have their hosts already. The caller has the turn to write counts.
 */
export async function sumsApplyInTx(tx: Database, labelId: number, batch: number): Promise<void> {
  await sql`
    WITH label_changes AS (
      SELECT ${labelId}::bigint AS label_id, s.software_id AS id, s.hosts AS delta
      FROM label_software_sums s JOIN label_title_sums t ON t.title_id = s.title_id WHERE t.batch = ${batch}
    ), label_changes_of_titles AS (
      SELECT ${labelId}::bigint AS label_id, t.title_id AS id, t.hosts AS delta FROM label_title_sums t
      WHERE t.batch = ${batch}
        AND t.title_id NOT IN (SELECT unnest(moved_titles) FROM label_count_runs WHERE label_id = ${labelId})
    ), ${labelCountsApplied}
    SELECT`.execute(tx);
}

/** Whether the ledger still has rows of before the moment. */
export async function ledgerReachesBefore(db: Database, moment: string): Promise<boolean> {
  const { rows } = await sql`
    SELECT FROM software_count_changes WHERE pg_visible_in_snapshot(xid, ${moment}::pg_snapshot) LIMIT 1`.execute(db);
  return rows.length > 0;
}

/**
 * Ends a run whose sums are added: titles whose software changed meanwhile get their number of versions, and the label's counts are right
 * from now on. The caller has the turn to write counts, and the ledger has nothing of before the run's moment.
 */
export async function runEndInTx(tx: Database, labelId: number): Promise<void> {
  await sql`
    UPDATE label_title_counts k SET versions_count = (
      SELECT count(*) FROM software s JOIN label_software_counts c ON c.label_id = k.label_id AND c.software_id = s.id
      WHERE s.title_id = k.title_id AND c.hosts_count > 0)
    WHERE k.label_id = ${labelId}
      AND k.title_id IN (SELECT unnest(moved_titles) FROM label_count_runs WHERE label_id = ${labelId})`.execute(tx);
  // software that was held at the moment and has gone from the catalogue since: its sum had no row to go to
  await sql`
    DELETE FROM label_software_counts k WHERE label_id = ${labelId} AND hosts_count < 0
      AND NOT EXISTS (SELECT FROM software s WHERE s.id = k.software_id)`.execute(tx);
  await sql`
    DELETE FROM label_title_counts k WHERE label_id = ${labelId} AND hosts_count < 0
      AND NOT EXISTS (SELECT FROM software_titles t WHERE t.id = k.title_id)`.execute(tx);
  await countsTidyInTx(tx);
  await sql`DELETE FROM label_count_runs WHERE label_id = ${labelId}`.execute(tx);
  await sql`UPDATE labels SET counted_at = now() WHERE id = ${labelId}`.execute(tx);
}
