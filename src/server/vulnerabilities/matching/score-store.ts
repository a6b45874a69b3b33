import { sql } from "kysely";
import type { Database } from "#server/database/tables.ts";

/** A vulnerability whose EPSS score was written; null: it had or has none. */
export interface ScoreMove {
  id: number;
  cve: string;
  before: number | null;
  epss: number | null;
}

/** Takes vulnerabilities of which nothing but the score changed. */
export async function scoresTakeInTx(tx: Database, limit: number): Promise<string[]> {
  const { rows } = await sql<{ cve: string }>`
    DELETE FROM merge_queue q USING (
      SELECT cve FROM merge_queue WHERE scores_only ORDER BY queued_at, cve LIMIT ${limit} FOR UPDATE SKIP LOCKED
    ) t WHERE q.cve = t.cve RETURNING q.cve`.execute(tx);
  return rows.map(({ cve }) => cve);
}

/** Copies the scores that are loaded to these vulnerabilities; everything else that is merged of them stays. Returns those that differed. */
export async function scoresWriteInTx(tx: Database, cves: readonly string[]): Promise<ScoreMove[]> {
  const { rows } = await sql<ScoreMove>`
    UPDATE vulnerabilities v SET epss = s.epss, epss_percentile = s.percentile, merged_at = now()
    FROM (
      SELECT o.id, o.epss AS before, e.epss, e.percentile FROM vulnerabilities o LEFT JOIN epss_scores e ON e.cve = o.cve
      WHERE o.cve = ANY (${[...cves]}::text[]) AND (o.epss, o.epss_percentile) IS DISTINCT FROM (e.epss, e.percentile)
    ) s WHERE v.id = s.id RETURNING v.id, v.cve, s.before, v.epss`.execute(tx);
  return rows;
}
