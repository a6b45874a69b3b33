import { sql } from "kysely";
import { preparedQuery } from "../../database/prepared-query.ts";
import type { Database } from "../../database/tables.ts";

/** Titles whose name follows from their software: they have an identifier, and no administrator named them. */
const NAMED_BY_SOFTWARE =
  "t.derived_name IS NULL AND (t.bundle_identifier <> '' OR t.upgrade_code <> '' OR t.application_id <> '')";

/** One index search a title; asked by every check-in that brings new software. */
const BY_NAME_SQL = `
  SELECT t.id, t.name FROM unnest($1::bigint[]) AS w (id)
  CROSS JOIN LATERAL (SELECT * FROM software_titles WHERE id = w.id LIMIT 1) t WHERE ${NAMED_BY_SOFTWARE}`;

export async function titlesByName(db: Database, titleIds: number[]): Promise<{ id: number; name: string }[]> {
  if (titleIds.length === 0) return [];
  const query = preparedQuery<{ id: number; name: string }>("titles-by-name", BY_NAME_SQL, [titleIds]);
  return (await db.executeQuery(query)).rows;
}

export interface TitleNames {
  id: number;
  name: string;
  source: string;
  /** First, last (in code point order) and shortest name of its software. */
  names: string[];
}

/**
 * Locks those of these titles whose name follows from their software, and reads what it follows from: two who bring new names take turns,
 * and the later one sees the names of both.
 */
export async function titleNamesInTx(tx: Database, titleIds: number[]): Promise<TitleNames[]> {
  const { rows: locked } = await sql<{ id: number }>`
    SELECT t.id FROM software_titles t WHERE t.id = ANY (${titleIds}::bigint[]) AND ${sql.raw(NAMED_BY_SOFTWARE)}
    ORDER BY t.id FOR NO KEY UPDATE`.execute(tx);
  if (locked.length === 0) return [];
  return titleNames(
    tx,
    locked.map((row) => row.id),
  );
}

/** What the names of these titles follow from; titles without software are absent. */
export async function titleNames(db: Database, titleIds: number[]): Promise<TitleNames[]> {
  const { rows } = await sql<TitleNames>`
    SELECT t.id, t.name, t.source, ARRAY[n.first, n.last, n.shortest] AS names
    FROM software_titles t
    CROSS JOIN LATERAL (
      SELECT min(s.name COLLATE "C") AS first, max(s.name COLLATE "C") AS last,
        (array_agg(s.name ORDER BY char_length(s.name), s.name COLLATE "C"))[1] AS shortest
      FROM software s WHERE s.title_id = t.id HAVING count(*) > 0
    ) n
    WHERE t.id = ANY (${titleIds}::bigint[])`.execute(db);
  return rows;
}

export async function titlesRenameInTx(tx: Database, titles: { id: number; name: string }[]): Promise<void> {
  await sql`
    UPDATE software_titles t SET name = r.name
    FROM json_to_recordset(${JSON.stringify(titles)}::json) AS r(id bigint, name text) WHERE t.id = r.id`.execute(tx);
}
