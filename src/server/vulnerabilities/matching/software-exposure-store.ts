import { sql } from "kysely";
import { OPEN_SOMEWHERE } from "#server/database/finding-sql.ts";
import type { Database } from "#server/database/tables.ts";

/** Counts anew what lists show of all software with findings (open or just closed) of these vulnerabilities. */
export async function softwareExposuresWriteInTx(tx: Database, ids: readonly number[]): Promise<void> {
  await sql`
    WITH touched AS MATERIALIZED (
      SELECT m.software_id FROM findings f JOIN match_subjects m ON m.id = f.subject_id
      WHERE f.vulnerability_id = ANY (${[...ids]}::integer[]) AND m.software_id IS NOT NULL
      UNION
      SELECT software_id FROM closed_findings
      WHERE vulnerability_id = ANY (${[...ids]}::integer[]) AND software_id IS NOT NULL AND closed_at > now() - interval '30 days'
    ), counted AS MATERIALIZED (
      SELECT m.software_id, count(DISTINCT f.vulnerability_id)::integer AS vulnerabilities_count, max(v.cvss_score) AS cvss_score_max,
        bool_or(v.kev IS NOT NULL) AS exploited,
        count(DISTINCT f.vulnerability_id) FILTER (WHERE f.state = 'affected')::integer AS fixable_count,
        max(v.epss) AS epss_max, max(v.published) AS cve_published_max
      FROM match_subjects m JOIN findings f ON f.subject_id = m.id JOIN vulnerabilities v ON v.id = f.vulnerability_id
      WHERE m.software_id IN (SELECT software_id FROM touched) AND ${OPEN_SOMEWHERE}
      GROUP BY m.software_id
    ), gone AS (
      DELETE FROM software_exposures e USING touched t
      WHERE e.software_id = t.software_id AND NOT EXISTS (SELECT FROM counted c WHERE c.software_id = e.software_id)
    )
    INSERT INTO software_exposures AS e (software_id, vulnerabilities_count, cvss_score_max, exploited, fixable_count, epss_max,
      cve_published_max)
    SELECT * FROM counted ORDER BY 1
    ON CONFLICT (software_id) DO UPDATE SET vulnerabilities_count = EXCLUDED.vulnerabilities_count,
      cvss_score_max = EXCLUDED.cvss_score_max, exploited = EXCLUDED.exploited, fixable_count = EXCLUDED.fixable_count,
      epss_max = EXCLUDED.epss_max, cve_published_max = EXCLUDED.cve_published_max
    WHERE (e.vulnerabilities_count, e.cvss_score_max, e.exploited, e.fixable_count, e.epss_max, e.cve_published_max) IS DISTINCT FROM
      (EXCLUDED.vulnerabilities_count, EXCLUDED.cvss_score_max, EXCLUDED.exploited, EXCLUDED.fixable_count, EXCLUDED.epss_max,
        EXCLUDED.cve_published_max)`.execute(tx);
}

/**
 * Brings the highest prediction of all software up to date, in one pass over the findings: about a second for a million. All scores move on a day,
 * and software by software the same findings would be read several times.
 */
export async function softwarePredictionsWriteInTx(tx: Database): Promise<void> {
  await sql`
    WITH counted AS MATERIALIZED (
      SELECT m.software_id, max(v.epss) AS epss_max
      FROM match_subjects m JOIN findings f ON f.subject_id = m.id JOIN vulnerabilities v ON v.id = f.vulnerability_id
      WHERE m.software_id IS NOT NULL AND ${OPEN_SOMEWHERE}
      GROUP BY m.software_id
    )
    UPDATE software_exposures e SET epss_max = c.epss_max FROM counted c
    WHERE e.software_id = c.software_id AND e.epss_max IS DISTINCT FROM c.epss_max`.execute(tx);
}
