import { sql } from "kysely";
import type { RawBuilder } from "kysely";
import type { Database } from "../../database/tables.ts";

/** Open vulnerabilities of the fleet by severity; suppressed ones are not among them. */
export interface ExposureCounts {
  critical: number;
  high: number;
  medium: number;
  low: number;
  unknown: number;
  exploited: number;
}

export interface ExposureDay extends ExposureCounts {
  /** YYYY-MM-DD in UTC. */
  day: string;
  hosts_count: number;
  opened: number;
  closed: number;
}

const COUNTS: RawBuilder<unknown> = sql`
  (count(*) FILTER (WHERE severity = 'critical'))::integer AS critical, (count(*) FILTER (WHERE severity = 'high'))::integer AS high,
  (count(*) FILTER (WHERE severity = 'medium'))::integer AS medium, (count(*) FILTER (WHERE severity = 'low'))::integer AS low,
  (count(*) FILTER (WHERE severity NOT IN ('critical', 'high', 'medium', 'low')))::integer AS unknown,
  (count(*) FILTER (WHERE kev))::integer AS exploited
  FROM vulnerability_exposures WHERE NOT suppressed`;

/** As of now. */
export async function exposureCounts(db: Database): Promise<ExposureCounts> {
  const { rows } = await sql<ExposureCounts>`SELECT ${COUNTS}`.execute(db);
  return rows[0] ?? { critical: 0, high: 0, medium: 0, low: 0, unknown: 0, exploited: 0 };
}

/**
 * Writes a day's row anew from what is open now. Counting hosts reads the holders of everything critical or exploited once, by index;
 * that is why it happens once an hour and not when somebody looks.
 */
export async function exposureDaySave(db: Database, day: string): Promise<void> {
  await sql`
    INSERT INTO exposure_days AS d (day, critical, high, medium, low, unknown, exploited, hosts_count)
    SELECT ${day}::date, c.critical, c.high, c.medium, c.low, c.unknown, c.exploited, (
      SELECT count(*) FROM (
        SELECT hs.host_id FROM (
          SELECT DISTINCT ms.software_id FROM vulnerability_exposures e JOIN findings f ON f.vulnerability_id = e.vulnerability_id
            JOIN match_subjects ms ON ms.id = f.subject_id
          WHERE (e.kev OR e.severity = 'critical') AND NOT e.suppressed AND f.suppressed IS NULL AND ms.software_id IS NOT NULL
        ) s JOIN host_software hs ON hs.software_id = s.software_id
        UNION
        SELECT h.id FROM vulnerability_exposures e JOIN findings f ON f.vulnerability_id = e.vulnerability_id
          JOIN match_subjects ms ON ms.id = f.subject_id JOIN hosts h ON h.operating_system_id = ms.operating_system_id
        WHERE (e.kev OR e.severity = 'critical') AND NOT e.suppressed AND f.suppressed IS NULL
      ) x)::integer
    FROM (SELECT ${COUNTS}) c
    ON CONFLICT (day) DO UPDATE SET critical = EXCLUDED.critical, high = EXCLUDED.high, medium = EXCLUDED.medium, low = EXCLUDED.low,
      unknown = EXCLUDED.unknown, exploited = EXCLUDED.exploited, hosts_count = EXCLUDED.hosts_count, noted_at = now()`.execute(
    db,
  );
}

/** The days that were noted since one, oldest first, with how many vulnerabilities came and went on each. */
export async function exposureDays(db: Database, since: string): Promise<ExposureDay[]> {
  const { rows } = await sql<ExposureDay>`
    WITH opened AS (
      SELECT day, count(*)::integer AS opened FROM (
        SELECT (first_seen AT TIME ZONE 'UTC')::date AS day FROM vulnerability_exposures WHERE first_seen >= ${since}::date
        UNION ALL SELECT (first_seen AT TIME ZONE 'UTC')::date FROM closed_exposures WHERE closed_at >= ${since}::date AND first_seen >= ${since}::date
      ) o GROUP BY day
    ), closed AS (
      SELECT (closed_at AT TIME ZONE 'UTC')::date AS day, count(*)::integer AS closed FROM closed_exposures
      WHERE closed_at >= ${since}::date GROUP BY 1
    )
    SELECT to_char(d.day, 'YYYY-MM-DD') AS day, d.critical, d.high, d.medium, d.low, d.unknown, d.exploited, d.hosts_count,
      coalesce(o.opened, 0) AS opened, coalesce(c.closed, 0) AS closed
    FROM exposure_days d LEFT JOIN opened o USING (day) LEFT JOIN closed c USING (day)
    WHERE d.day >= ${since}::date ORDER BY d.day`.execute(db);
  return rows;
}

/** Median days between first seen and closed, of the vulnerabilities that were closed since then; null: none was. */
export async function medianDaysToFix(db: Database, since: string): Promise<number | null> {
  const { rows } = await sql<{ median: number | null }>`
    SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM closed_at - first_seen) / 86400) AS median
    FROM closed_exposures WHERE closed_at >= ${since}::date`.execute(db);
  const median = rows[0]?.median ?? null;
  return median === null ? null : Math.round(median * 10) / 10;
}
