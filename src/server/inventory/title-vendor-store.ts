import { sql } from "kysely";
import type { RawBuilder } from "kysely";
import type { Database } from "../database/tables.ts";

/**
 * Sets the vendor of these titles: the one that most of their versions name, of those that some host holds; of equally many, that of the
 * newest version; "" where none is named. The caller has the turn to write counts, by which nobody else changes what is held.
 */
export async function titleVendorsKeepInTx(tx: Database, titleIds: readonly number[]): Promise<void> {
  if (titleIds.length === 0) return;
  // by id, as whoever names titles takes them: two who hold several never wait for each other crosswise
  await sql`
    WITH wrong AS MATERIALIZED (
      SELECT t.id, v.vendor FROM software_titles t JOIN (${vendorsOf(sql`unnest(${[...titleIds]}::bigint[])`)}) v ON v.title_id = t.id
      WHERE t.vendor <> v.vendor ORDER BY t.id FOR NO KEY UPDATE OF t
    )
    UPDATE software_titles t SET vendor = w.vendor FROM wrong w WHERE t.id = w.id`.execute(tx);
}

/**
 * The vendor that titles must have, as (title_id, vendor).
 *
 * @param titles a relation of one column, their ids
 */
export function vendorsOf(titles: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`
    SELECT given.id AS title_id, coalesce(most.vendor, '') AS vendor
    FROM ${titles} AS given (id) LEFT JOIN LATERAL (
      SELECT s.vendor FROM software s JOIN software_counts c ON c.software_id = s.id
      WHERE s.title_id = given.id AND s.vendor <> '' AND c.hosts_count > 0
      GROUP BY s.vendor ORDER BY count(*) DESC, max(s.id) DESC LIMIT 1
    ) most ON true`;
}
