import { sql } from "kysely";
import type { RawBuilder } from "kysely";
import type { Database } from "../../database/tables.ts";
import type { Found } from "./check.ts";
import { historyOf, linksOf, wrongRowsByPartition } from "./look-store.ts";
import type { Look } from "./look.ts";

const WHERE_IT_IS = sql`'host ' || x.host_id || ', software ' || x.software_id`;

/** Rows that end before they begin. */
export async function historyBackwards(look: Look): Promise<Found> {
  return wrongRowsByPartition(
    look,
    (partition) => sql`SELECT x.host_id AS id, ${WHERE_IT_IS} || ': ended ' || x.removed_at || ', before it began' AS words
      FROM ${historyOf(partition)} x WHERE x.removed_at < x.installed_at`,
  );
}

export async function historyBackwardsMendInTx(tx: Database, hostIds: readonly number[]): Promise<void> {
  await sql`
    UPDATE host_software_history SET installed_at = removed_at
    WHERE host_id = ANY (${[...hostIds]}::bigint[]) AND removed_at < installed_at`.execute(tx);
}

/**
 * Rows of one software on one host that reach into the time of the one after, or of the link: held twice at one moment. History is
 * sorted by itself and then compared with the links, since most links have no history.
 */
const overlaps = (history: RawBuilder<unknown>, links: RawBuilder<unknown>, hosts: RawBuilder<unknown>) => sql`
  SELECT h.host_id, h.software_id, h.installed_at, h.removed_at, h.place, least(h.next_at, l.created_at) AS next_at FROM (
    SELECT r.host_id, r.software_id, r.installed_at, r.removed_at, (r.tableoid, r.ctid) AS place,
      lead(r.installed_at) OVER (PARTITION BY r.host_id, r.software_id ORDER BY r.installed_at, r.removed_at) AS next_at
    FROM ${history} r WHERE r.event <> 'installed' AND ${hosts}
  ) h LEFT JOIN ${links} l
    ON l.host_id = h.host_id AND l.software_id = h.software_id AND l.created_at >= h.installed_at AND l.created_at < h.removed_at
  WHERE h.removed_at > h.next_at OR l.created_at IS NOT NULL`;

export async function historyOverlaps(look: Look): Promise<Found> {
  return wrongRowsByPartition(
    look,
    (partition) => sql`
      SELECT x.host_id AS id, ${WHERE_IT_IS} || ': held until ' || x.removed_at || ', and again from ' || x.next_at AS words
      FROM (${overlaps(historyOf(partition), linksOf(partition), sql`true`)}) x`,
  );
}

/** Ends each of these where the next begins. */
export async function historyOverlapsMendInTx(tx: Database, hostIds: readonly number[]): Promise<void> {
  const hosts = sql`r.host_id = ANY (${[...hostIds]}::bigint[])`;
  await sql`
    UPDATE host_software_history t SET removed_at = o.next_at
    FROM (${overlaps(sql`host_software_history`, sql`host_software`, hosts)}) o
    WHERE t.host_id = o.host_id AND (t.tableoid, t.ctid) = o.place`.execute(tx);
}

/** Rows whose software or successor does not exist, or whose event asks for a successor and has none. */
const UNNAMED = sql`
  NOT EXISTS (SELECT 1 FROM software s WHERE s.id = x.software_id)
  OR (x.next_software_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM software s WHERE s.id = x.next_software_id))
  OR (x.next_software_id IS NULL AND x.event IN ('updated', 'renamed'))`;

export async function historyUnnamed(look: Look): Promise<Found> {
  return wrongRowsByPartition(
    look,
    (
      partition,
    ) => sql`SELECT x.host_id AS id, ${WHERE_IT_IS} || ': ' || x.event || coalesce(' to ' || x.next_software_id, '') || ' names what does not exist' AS words
      FROM ${historyOf(partition)} x WHERE ${UNNAMED}`,
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
