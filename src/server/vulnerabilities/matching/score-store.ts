import { sql } from "kysely";
import type { Database } from "#server/database/tables.ts";

/** Takes vulnerabilities of which nothing but the score changed. */
export async function scoresTakeInTx(tx: Database, limit: number): Promise<string[]> {
  const { rows } = await sql<{ cve: string }>`
    DELETE FROM merge_queue q USING (
      SELECT cve FROM merge_queue WHERE scores_only ORDER BY queued_at, cve LIMIT ${limit} FOR UPDATE SKIP LOCKED
    ) t WHERE q.cve = t.cve RETURNING q.cve`.execute(tx);
  return rows.map(({ cve }) => cve);
}

/** Do more scores wait? */
export async function scoresLeft(db: Database): Promise<boolean> {
  const { rows } = await sql`SELECT FROM merge_queue WHERE scores_only LIMIT 1`.execute(db);
  return rows.length > 0;
}

/** Copies the scores that are loaded to these vulnerabilities; everything else that is merged of them stays. Returns those that differed. */
export async function scoresWriteInTx(tx: Database, cves: readonly string[]): Promise<{ id: number; cve: string }[]> {
  const { rows } = await sql<{ id: number; cve: string }>`
    UPDATE vulnerabilities v SET epss = s.epss, epss_percentile = s.percentile, merged_at = now()
    FROM (
      SELECT o.id, e.epss, e.percentile FROM vulnerabilities o LEFT JOIN epss_scores e ON e.cve = o.cve
      WHERE o.cve = ANY (${[...cves]}::text[]) AND (o.epss, o.epss_percentile) IS DISTINCT FROM (e.epss, e.percentile)
    ) s WHERE v.id = s.id RETURNING v.id, v.cve`.execute(tx);
  return rows;
}
