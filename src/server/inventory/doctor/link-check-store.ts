import { sql } from "kysely";
import type { RawBuilder } from "kysely";
import type { Database } from "../../database/tables.ts";
import { foundOf, FOUND_MAX, type Found, type WrongRow } from "./check.ts";

/** Runs a statement that gives (id, words) for each wrong row. */
async function wrong(db: Database, rows: RawBuilder<unknown>): Promise<Found> {
  const found = await sql<WrongRow>`
    SELECT w.id, w.words, count(*) OVER () AS total FROM (${rows}) w ORDER BY 1 LIMIT ${sql.lit(FOUND_MAX)}`.execute(db);
  return foundOf(found.rows);
}

/** Hosts that say another number of software than they have links. */
export async function hostsMiscounted(db: Database): Promise<Found> {
  return wrong(
    db,
    sql`SELECT h.id, 'host ' || h.id || ': software_count is ' || h.software_count || ', links say ' || coalesce(l.n, 0) AS words
      FROM hosts h LEFT JOIN (SELECT host_id, count(*) AS n FROM host_software GROUP BY 1) l ON l.host_id = h.id
      WHERE h.software_count <> coalesce(l.n, 0)`,
  );
}

/** Hosts a source of which says another number of rows than it has links, or is missing. */
export async function sourcesMiscounted(db: Database): Promise<Found> {
  return wrong(
    db,
    sql`SELECT coalesce(r.host_id, l.host_id) AS id,
        'host ' || coalesce(r.host_id, l.host_id) || ', ' || coalesce(r.source, l.source) || ': rows_count is '
          || coalesce(r.rows_count::text, 'missing') || ', links say ' || coalesce(l.n, 0) AS words
      FROM host_software_sources r
      FULL JOIN (
        SELECT hs.host_id, s.source, count(*) AS n FROM host_software hs JOIN software s ON s.id = hs.software_id
        WHERE hs.host_id IN (SELECT id FROM hosts) GROUP BY 1, 2
      ) l ON l.host_id = r.host_id AND l.source = r.source
      WHERE coalesce(r.rows_count, -1) <> coalesce(l.n, 0) AND NOT (r.host_id IS NOT NULL AND r.rows_count = 0 AND l.n IS NULL)`,
  );
}

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

/** Hosts (some of which no longer exist) with links to software that does not exist. */
export async function linksWithoutSoftware(db: Database): Promise<Found> {
  return wrong(
    db,
    sql`SELECT hs.host_id AS id, 'host ' || hs.host_id || ' holds software ' || hs.software_id || ', which does not exist' AS words
      FROM host_software hs WHERE NOT EXISTS (SELECT 1 FROM software s WHERE s.id = hs.software_id)`,
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

/** Ids of hosts that do not exist and have links, history or labels. */
export async function rowsWithoutHost(db: Database): Promise<Found> {
  const tables = HOST_TABLES.map((table) => rowsOfNobody(table));
  return wrong(db, sql.join(tables, sql` UNION ALL `));
}

const HOST_TABLES = ["host_software", "host_software_history", "label_membership"] as const;

function rowsOfNobody(table: string): RawBuilder<unknown> {
  return sql`
    SELECT DISTINCT x.host_id AS id, ${`${table} of host `} || x.host_id || ', which does not exist' AS words
    FROM ${sql.table(table)} x WHERE NOT EXISTS (SELECT 1 FROM hosts h WHERE h.id = x.host_id)`;
}

export async function rowsWithoutHostDeleteInTx(tx: Database, hostIds: readonly number[]): Promise<void> {
  for (const table of HOST_TABLES) {
    // oxlint-disable-next-line no-await-in-loop -- a transaction has one connection
    await sql`
      DELETE FROM ${sql.table(table)} x WHERE x.host_id = ANY (${[...hostIds]}::bigint[])
        AND NOT EXISTS (SELECT 1 FROM hosts h WHERE h.id = x.host_id)`.execute(tx);
  }
}

/** Hosts with links whose facts do not exist, or are of other software. */
export async function linksWithWrongFacts(db: Database): Promise<Found> {
  return wrong(
    db,
    sql`SELECT hs.host_id AS id, 'host ' || hs.host_id || ', software ' || hs.software_id || ': facts ' || hs.facts_id AS words
      FROM host_software hs LEFT JOIN software_facts f ON f.id = hs.facts_id
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
export async function orphans(db: Database, before: Date): Promise<Found> {
  return wrong(
    db,
    sql`SELECT s.id, 'software ' || s.id || ' (' || s.name || ' ' || s.version || ') is held by no host and named by no history' AS words
      FROM software s WHERE s.created_at < ${before} AND NOT EXISTS (SELECT 1 FROM software_counts c WHERE c.software_id = s.id)
        AND NOT EXISTS (SELECT 1 FROM host_software hs WHERE hs.software_id = s.id)
        AND NOT EXISTS (SELECT 1 FROM host_software_history hh WHERE hh.software_id = s.id)`,
  );
}

/** Searchable names that no software has; they have no number, so only one stands for all. */
export async function unusedNames(db: Database): Promise<Found> {
  return wrong(
    db,
    sql`SELECT 1::bigint AS id, 'the name ' || n.name AS words FROM software_names n
      WHERE NOT EXISTS (SELECT 1 FROM software s WHERE lower(s.name) = n.name)`,
  );
}

/** Names of software that a search does not know. */
export async function missingNames(db: Database): Promise<Found> {
  return wrong(
    db,
    sql`SELECT min(s.id) AS id, 'the name ' || lower(s.name) AS words FROM software s
      WHERE NOT EXISTS (SELECT 1 FROM software_names n WHERE n.name = lower(s.name)) GROUP BY lower(s.name)`,
  );
}

export async function namesRestoreInTx(tx: Database): Promise<void> {
  await sql`DELETE FROM software_names n WHERE NOT EXISTS (SELECT 1 FROM software s WHERE lower(s.name) = n.name)`.execute(tx);
  await sql`INSERT INTO software_names (name) SELECT DISTINCT lower(name) FROM software ORDER BY 1 ON CONFLICT DO NOTHING`.execute(
    tx,
  );
}
