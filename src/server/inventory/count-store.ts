import { sql } from "kysely";
import type { Database } from "../database/tables.ts";

export interface CountChanges {
  software_added: number[];
  software_removed: number[];
  titles_added: number[];
  titles_removed: number[];
}

/** Appends one check-in's changes of the counts to the ledger: a single row, whatever the number of changes. */
export async function countChangesAppendInTx(tx: Database, changes: CountChanges): Promise<void> {
  if (Object.values(changes).every((ids: number[]) => ids.length === 0)) return;
  await tx.insertInto("software_count_changes").values(changes).execute();
}

export async function countChangesPending(db: Database): Promise<boolean> {
  const { rows } = await sql<{ pending: boolean }>`SELECT EXISTS (SELECT 1 FROM software_count_changes) AS pending`.execute(db);
  return rows[0]?.pending ?? false;
}

/** Ledger rows folded by one transaction: bounds its memory and its locks. */
export const FOLD_ROWS_MAX = 500;
/** Any constant; held while folding so that folders take turns instead of deadlocking on counters. */
const FOLD_LOCK = 7_301;

/**
 * Folds the oldest ledger rows into the stored counts, in the caller's transaction. Returns how many ledger rows were folded.
 * `versions_count` of a title counts its software that some host holds; it moves where a software's count leaves or reaches 0.
 */
export async function countChangesFoldInTx(tx: Database): Promise<number> {
  await sql`SELECT pg_advisory_xact_lock(${FOLD_LOCK})`.execute(tx);
  const { rows } = await sql<{ taken: number }>`
    WITH taken AS (
      DELETE FROM software_count_changes
      WHERE id IN (SELECT id FROM software_count_changes ORDER BY id LIMIT ${sql.lit(FOLD_ROWS_MAX)})
      RETURNING *
    ), changes AS (
      SELECT kind, id, sum(delta)::integer AS delta FROM (
        SELECT 'software' AS kind, unnest(software_added) AS id, 1 AS delta FROM taken
        UNION ALL SELECT 'software', unnest(software_removed), -1 FROM taken
        UNION ALL SELECT 'title', unnest(titles_added), 1 FROM taken
        UNION ALL SELECT 'title', unnest(titles_removed), -1 FROM taken
      ) c GROUP BY kind, id HAVING sum(delta) <> 0
    ), counted AS (
      INSERT INTO software_counts AS k (software_id, source, hosts_count)
      SELECT c.id, s.source, c.delta FROM changes c JOIN software s ON s.id = c.id WHERE c.kind = 'software' ORDER BY c.id
      ON CONFLICT (software_id) DO UPDATE SET hosts_count = k.hosts_count + EXCLUDED.hosts_count
      RETURNING k.software_id, k.hosts_count AS after
    ), versions AS (
      SELECT s.title_id, sum(CASE WHEN n.after > 0 THEN 1 ELSE -1 END)::integer AS delta
      FROM counted n JOIN changes c ON c.kind = 'software' AND c.id = n.software_id JOIN software s ON s.id = n.software_id
      WHERE (n.after > 0) <> (n.after - c.delta > 0) GROUP BY s.title_id
    ), title_changes AS (
      SELECT coalesce(c.id, v.title_id) AS id, coalesce(c.delta, 0) AS hosts, coalesce(v.delta, 0) AS versions
      FROM (SELECT id, delta FROM changes WHERE kind = 'title') c FULL JOIN versions v ON v.title_id = c.id
    ), title_counted AS (
      INSERT INTO software_title_counts AS k (title_id, source, hosts_count, versions_count)
      SELECT c.id, t.source, c.hosts, c.versions FROM title_changes c JOIN software_titles t ON t.id = c.id ORDER BY c.id
      ON CONFLICT (title_id) DO UPDATE
      SET hosts_count = k.hosts_count + EXCLUDED.hosts_count, versions_count = k.versions_count + EXCLUDED.versions_count
    )
    SELECT count(*)::integer AS taken FROM taken`.execute(tx);
  await tx.deleteFrom("software_counts").where("hosts_count", "=", 0).execute();
  await tx.deleteFrom("software_title_counts").where("hosts_count", "=", 0).execute();
  return rows[0]?.taken ?? 0;
}
