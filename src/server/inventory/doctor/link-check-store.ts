import { sql } from "kysely";
import type { RawBuilder } from "kysely";
import type { Database } from "../../database/tables.ts";
import type { Found } from "./check.ts";
import { linksOf, wrongRows, wrongRowsByPartition } from "./look-store.ts";
import type { Look } from "./look.ts";

/** Makes what these locked hosts say of themselves agree with their links. */
export async function hostsRecountInTx(tx: Database, hostIds: readonly number[]): Promise<void> {
  const ids = [...hostIds];
  await sql`
    UPDATE hosts h SET software_count = (SELECT count(*) FROM host_software hs WHERE hs.host_id = h.id)
    WHERE h.id = ANY (${ids}::bigint[])`.execute(tx);
  // an empty digest is no report's digest: the next check-in sends everything and is compared row by row
  await sql`
    INSERT INTO host_software_sources AS r (host_id, source, digest, rows_count)
    SELECT hs.host_id, s.source, '', count(*) FROM host_software hs JOIN software s ON s.id = hs.software_id
    WHERE hs.host_id = ANY (${ids}::bigint[]) GROUP BY 1, 2
    ON CONFLICT (host_id, source) DO UPDATE SET rows_count = EXCLUDED.rows_count, digest = '' WHERE r.rows_count <> EXCLUDED.rows_count`.execute(
    tx,
  );
  await sql`
    UPDATE host_software_sources r SET rows_count = 0, digest = ''
    WHERE r.host_id = ANY (${ids}::bigint[]) AND r.rows_count > 0 AND NOT EXISTS (
      SELECT 1 FROM host_software hs JOIN software s ON s.id = hs.software_id WHERE hs.host_id = r.host_id AND s.source = r.source)`.execute(
    tx,
  );
}

/** Deletes such links of these locked hosts; their next check-in sends everything again. */
export async function linksWithoutSoftwareDeleteInTx(tx: Database, hostIds: readonly number[]): Promise<void> {
  const ids = [...hostIds];
  const { rows } = await sql<{ host_id: number }>`
    DELETE FROM host_software hs WHERE hs.host_id = ANY (${ids}::bigint[])
      AND NOT EXISTS (SELECT 1 FROM software s WHERE s.id = hs.software_id) RETURNING hs.host_id`.execute(tx);
  await sql`
    UPDATE host_software_sources SET digest = '' WHERE host_id = ANY (${rows.map((row) => row.host_id)}::bigint[])`.execute(tx);
  await sql`
    UPDATE hosts SET software_sequence = software_sequence + 1 WHERE id = ANY (${rows.map((row) => row.host_id)}::bigint[])`.execute(
    tx,
  );
}

const HOST_TABLES = ["host_software", "host_software_history", "label_membership"] as const;

/**
 * Ids of hosts that do not exist and have links, history or labels, besides deleted hosts that wait to be cleared away. Looks only between
 * the ids that hosts have, by the indexes that begin with the host: what belongs to hosts is not read.
 */
export async function rowsWithoutHost({ db }: Look): Promise<Found> {
  return wrongRows(
    db,
    sql`WITH gaps AS MATERIALIZED (
        SELECT low, high FROM (
          SELECT id AS low, lead(id, 1, 9223372036854775807) OVER (ORDER BY id) AS high
          FROM (SELECT 0::bigint AS id UNION ALL SELECT id FROM hosts) ids
        ) g WHERE high > low + 1
      )
      SELECT n.id, n.of || ' of host ' || n.id || ', which does not exist' AS words
      FROM (${sql.join(HOST_TABLES.map(idsInGaps), sql` UNION ALL `)}) n
      WHERE NOT EXISTS (SELECT 1 FROM host_deletions d WHERE d.host_id = n.id)`,
  );
}

function idsInGaps(table: string): RawBuilder<unknown> {
  return sql`
    SELECT x.host_id::bigint AS id, ${table} AS of FROM gaps g CROSS JOIN LATERAL (
      SELECT DISTINCT r.host_id FROM ${sql.table(table)} r WHERE r.host_id > g.low AND r.host_id < g.high) x`;
}

export async function rowsWithoutHostDeleteInTx(tx: Database, hostIds: readonly number[]): Promise<void> {
  for (const table of HOST_TABLES) {
    // oxlint-disable-next-line no-await-in-loop -- a transaction has one connection
    await sql`
      DELETE FROM ${sql.table(table)} x WHERE x.host_id = ANY (${[...hostIds]}::bigint[])
        AND NOT EXISTS (SELECT 1 FROM hosts h WHERE h.id = x.host_id)
        AND NOT EXISTS (SELECT 1 FROM host_deletions d WHERE d.host_id = x.host_id)`.execute(tx);
  }
}

/** Hosts with links whose facts do not exist, or are of other software. */
export async function linksWithWrongFacts(look: Look): Promise<Found> {
  return wrongRowsByPartition(
    look,
    (
      partition,
    ) => sql`SELECT hs.host_id AS id, 'host ' || hs.host_id || ', software ' || hs.software_id || ': facts ' || hs.facts_id AS words
      FROM ${linksOf(partition)} hs LEFT JOIN software_facts f ON f.id = hs.facts_id
      WHERE hs.facts_id IS NOT NULL AND f.software_id IS DISTINCT FROM hs.software_id`,
  );
}

export async function wrongFactsForgetInTx(tx: Database, hostIds: readonly number[]): Promise<void> {
  const { rows } = await sql<{ host_id: number }>`
    UPDATE host_software hs SET facts_id = NULL
    WHERE hs.host_id = ANY (${[...hostIds]}::bigint[]) AND hs.facts_id IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM software_facts f WHERE f.id = hs.facts_id AND f.software_id = hs.software_id)
    RETURNING hs.host_id`.execute(tx);
  await sql`
    UPDATE host_software_sources SET digest = '' WHERE host_id = ANY (${rows.map((row) => row.host_id)}::bigint[])`.execute(tx);
}

/** Software older than `before` that nothing names, which a sweep should have taken. */
export async function orphans({ db }: Look, before: Date): Promise<Found> {
  return wrongRows(
    db,
    sql`SELECT s.id, 'software ' || s.id || ' (' || s.name || ' ' || s.version || ') is held by no host and named by no history' AS words
      FROM software s WHERE s.created_at < ${before} AND NOT EXISTS (SELECT 1 FROM software_counts c WHERE c.software_id = s.id)
        AND NOT EXISTS (SELECT 1 FROM host_software hs WHERE hs.software_id = s.id)
        AND NOT EXISTS (SELECT 1 FROM host_software_history hh WHERE hh.software_id = s.id)`,
  );
}

/** Searchable names that no software has; they have no number, so only one stands for all. */
export async function unusedNames({ db }: Look): Promise<Found> {
  return wrongRows(
    db,
    sql`SELECT 1::bigint AS id, 'the name ' || n.name AS words FROM software_names n
      WHERE NOT EXISTS (SELECT 1 FROM software s WHERE lower(s.name) = n.name)`,
  );
}

/** Names of software that a search does not know. */
export async function missingNames({ db }: Look): Promise<Found> {
  return wrongRows(
    db,
    sql`SELECT min(s.id) AS id, 'the name ' || lower(s.name) AS words FROM software s
      WHERE NOT EXISTS (SELECT 1 FROM software_names n WHERE n.name = lower(s.name)) GROUP BY lower(s.name)`,
  );
}

export async function unusedNamesDelete(db: Database): Promise<void> {
  await sql`DELETE FROM software_names n WHERE NOT EXISTS (SELECT 1 FROM software s WHERE lower(s.name) = n.name)`.execute(db);
}

/** Makes the names of this software known to searches. */
export async function namesAdd(db: Database, softwareIds: readonly number[]): Promise<void> {
  await sql`
    INSERT INTO software_names (name) SELECT DISTINCT lower(name) FROM software WHERE id = ANY (${[...softwareIds]}::bigint[]) ORDER BY 1
    ON CONFLICT DO NOTHING`.execute(db);
}
