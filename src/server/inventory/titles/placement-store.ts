import type { PlacementRules, Split } from "#domain/software/title-placement.ts";
import { preparedQuery } from "../../database/prepared-query.ts";
import type { Database } from "../../database/tables.ts";

interface RuleRow {
  title_id: number;
  merged_into: number | null;
  splits: Split[] | null;
}

/** Prepared: to plan it takes longer than all else about it. */
const RULES_SQL = `
  WITH RECURSIVE reached (id) AS (
    (
      SELECT t.id FROM software_titles t WHERE t.merged_into IS NOT NULL AND t.id = ANY ($1::bigint[])
        AND (SELECT merged_into FROM software_titles WHERE merged_into IS NOT NULL ORDER BY merged_into LIMIT 1) IS NOT NULL
      UNION SELECT x.title_id FROM title_splits x WHERE x.title_id = ANY ($1::bigint[])
    )
    UNION
    SELECT next.id FROM reached r CROSS JOIN LATERAL (
      SELECT merged_into AS id FROM software_titles WHERE software_titles.id = r.id AND merged_into IS NOT NULL
      UNION ALL SELECT target_id FROM title_splits WHERE title_id = r.id
    ) next
  )
  SELECT r.id AS title_id, t.merged_into, s.splits
  FROM reached r
  JOIN software_titles t ON t.id = r.id
  LEFT JOIN LATERAL (
    SELECT json_agg(x ORDER BY x.correction_id) AS splits FROM title_splits x WHERE x.title_id = r.id
  ) s ON true
  WHERE t.merged_into IS NOT NULL OR s.splits IS NOT NULL`;

/**
 * The merges and splits that can lead on from these titles, as far as they lead. Where nothing was ever corrected, that is two looks
 * into empty indexes (in order, so that PostgreSQL takes the index even without statistics): new software is placed at every check-in.
 */
export async function placementRules(db: Database, titleIds: number[]): Promise<PlacementRules> {
  const { rows } = await db.executeQuery(preparedQuery<RuleRow>("placement-rules", RULES_SQL, [titleIds]));
  return {
    merged: new Map(rows.flatMap((row) => (row.merged_into === null ? [] : [[row.title_id, row.merged_into] as const]))),
    splits: new Map(rows.flatMap((row) => (row.splits === null ? [] : [[row.title_id, row.splits] as const]))),
  };
}
