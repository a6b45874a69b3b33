import { sql } from "kysely";
import type { RawBuilder } from "kysely";
import type { Database } from "../../database/tables.ts";
import { foundOf, FOUND_MAX, type Found, type WrongRow } from "./check.ts";

/** Runs a statement that gives (id of the host, words) for each wrong row of history. */
async function wrong(db: Database, rows: RawBuilder<unknown>): Promise<Found> {
  const found = await sql<WrongRow>`
    SELECT w.id, w.words, count(*) OVER () AS total FROM (${rows}) w ORDER BY 1 LIMIT ${sql.lit(FOUND_MAX)}`.execute(db);
  return foundOf(found.rows);
}

const WHERE_IT_IS = sql`'host ' || x.host_id || ', software ' || x.software_id`;

/** Rows that end before they begin. */
export async function historyBackwards(db: Database): Promise<Found> {
  return wrong(
    db,
    sql`SELECT x.host_id AS id, ${WHERE_IT_IS} || ': ended ' || x.removed_at || ', before it began' AS words
      FROM host_software_history x WHERE x.removed_at < x.installed_at`,
  );
}

export async function historyBackwardsMendInTx(tx: Database, hostIds: readonly number[]): Promise<void> {
  await sql`
    UPDATE host_software_history SET installed_at = removed_at
    WHERE host_id = ANY (${[...hostIds]}::bigint[]) AND removed_at < installed_at`.execute(tx);
}

/** Rows of one software on one host that reach into the time of the one after: held twice at one moment. */
const OVERLAPS = sql`
  SELECT x.host_id, x.software_id, x.installed_at, x.removed_at, x.place, x.next_at FROM (
    SELECT h.host_id, h.software_id, h.installed_at, h.removed_at, (h.tableoid, h.ctid) AS place,
      lead(h.installed_at) OVER (PARTITION BY h.host_id, h.software_id ORDER BY h.installed_at, h.removed_at) AS next_at
    FROM (
      SELECT tableoid, ctid, host_id, software_id, installed_at, removed_at FROM host_software_history WHERE event <> 'installed'
      UNION ALL SELECT NULL::oid, NULL::tid, host_id, software_id, created_at, 'infinity' FROM host_software
    ) h
  ) x WHERE x.removed_at > x.next_at AND x.removed_at <> 'infinity'`;

export async function historyOverlaps(db: Database): Promise<Found> {
  return wrong(
    db,
    sql`SELECT x.host_id AS id, ${WHERE_IT_IS} || ': held until ' || x.removed_at || ', and again from ' || x.next_at AS words
      FROM (${OVERLAPS}) x`,
  );
}

/** Ends each of these where the next begins. */
export async function historyOverlapsMendInTx(tx: Database, hostIds: readonly number[]): Promise<void> {
  await sql`
    UPDATE host_software_history t SET removed_at = o.next_at FROM (${OVERLAPS}) o
    WHERE t.host_id = ANY (${[...hostIds]}::bigint[]) AND t.host_id = o.host_id AND (t.tableoid, t.ctid) = o.place`.execute(tx);
}

/** Rows whose software or successor does not exist, or whose event asks for a successor and has none. */
const UNNAMED = sql`
  NOT EXISTS (SELECT 1 FROM software s WHERE s.id = x.software_id)
  OR (x.next_software_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM software s WHERE s.id = x.next_software_id))
  OR (x.next_software_id IS NULL AND x.event IN ('updated', 'renamed'))`;

export async function historyUnnamed(db: Database): Promise<Found> {
  return wrong(
    db,
    sql`SELECT x.host_id AS id, ${WHERE_IT_IS} || ': ' || x.event || coalesce(' to ' || x.next_software_id, '') || ' names what does not exist' AS words
      FROM host_software_history x WHERE ${UNNAMED}`,
  );
}

/** Rows of software that is gone go too; a successor that is gone makes the event a removal. */
export async function historyUnnamedMendInTx(tx: Database, hostIds: readonly number[]): Promise<void> {
  await sql`
    DELETE FROM host_software_history x WHERE x.host_id = ANY (${[...hostIds]}::bigint[])
      AND NOT EXISTS (SELECT 1 FROM software s WHERE s.id = x.software_id)`.execute(tx);
  await sql`
    UPDATE host_software_history x SET event = 'removed', next_software_id = NULL
    WHERE x.host_id = ANY (${[...hostIds]}::bigint[]) AND (${UNNAMED})`.execute(tx);
}
