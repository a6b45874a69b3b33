import { sql } from "kysely";
import type { Severity } from "#domain/vulnerability/model.ts";
import type { Database } from "../../database/tables.ts";

/** What the clock of an exposure is made of. */
export interface ClockRow {
  vulnerability_id: number;
  severity: Severity;
  malware: boolean;
  exploited_since: string | null;
  first_seen: Date;
}

/** Exposures after `after` by vulnerability. */
export async function exposureClocks(db: Database, after: number, limit: number): Promise<ClockRow[]> {
  const { rows } = await sql<ClockRow>`
    SELECT e.vulnerability_id, v.severity, v.malware, v.kev ->> 'date_added' AS exploited_since, e.first_seen
    FROM vulnerability_exposures e JOIN vulnerabilities v ON v.id = e.vulnerability_id
    WHERE e.vulnerability_id > ${after} ORDER BY 1 LIMIT ${limit}`.execute(db);
  return rows;
}

/** Writes when exposures are due, where that differs from what is stored. */
export async function dueTimesWriteInTx(
  tx: Database,
  due: readonly { vulnerability_id: number; due_at: string | null }[],
): Promise<void> {
  await sql`
    UPDATE vulnerability_exposures e SET due_at = r.due_at
    FROM json_to_recordset(${JSON.stringify(due)}::json) AS r (vulnerability_id integer, due_at timestamptz)
    WHERE e.vulnerability_id = r.vulnerability_id AND e.due_at IS DISTINCT FROM r.due_at`.execute(tx);
}

export interface SlaCounts {
  severity: Severity;
  open_count: number;
  overdue_count: number;
  due_soon_count: number;
}

/** What is open, overdue and due within `soonDays` days, by severity. Reads exposures alone. */
export async function slaCounts(db: Database, now: Date, soonDays: number): Promise<SlaCounts[]> {
  const { rows } = await sql<SlaCounts>`
    SELECT severity, count(*)::integer AS open_count, (count(*) FILTER (WHERE due_at < ${now}))::integer AS overdue_count,
      (count(*) FILTER (WHERE due_at >= ${now} AND due_at < ${now}::timestamptz + make_interval(days => ${soonDays})))::integer AS due_soon_count
    FROM vulnerability_exposures WHERE NOT suppressed GROUP BY severity`.execute(db);
  return rows;
}

export async function fixTimes(db: Database) {
  return db.selectFrom("fix_times").selectAll().execute();
}

/** Days (`YYYY-MM-DD`, UTC) of the last `days` ones until now that are not counted, or were before they were over; the oldest first. */
export async function fixDaysToCount(db: Database, now: Date, days: number): Promise<string[]> {
  const { rows } = await sql<{ day: string }>`
    SELECT to_char(d.day, 'YYYY-MM-DD') AS day
    FROM generate_series((${now}::timestamptz AT TIME ZONE 'UTC')::date - ${days}::integer, (${now}::timestamptz AT TIME ZONE 'UTC')::date, '1 day') AS d (day)
    LEFT JOIN fix_time_days_counted c ON c.day = d.day::date
    WHERE c.counted_at IS NULL OR (c.counted_at AT TIME ZONE 'UTC')::date <= d.day ORDER BY 1`.execute(db);
  return rows.map(({ day }) => day);
}

/**
 * Counts how long the fixes of one day took: of the links that ended on it, those whose software had a finding at that moment, from when the
 * host had both until the link ended. Findings that are closed since count as long as they were open. Costs the links that ended that day.
 */
export async function fixDayCountInTx(tx: Database, day: string, now: Date): Promise<void> {
  const [from, until] = [sql`${`${day} 00:00:00+00`}::timestamptz`, sql`${`${day} 00:00:00+00`}::timestamptz + interval '1 day'`];
  await sql`LOCK TABLE fix_time_days IN SHARE ROW EXCLUSIVE MODE`.execute(tx);
  await sql`DELETE FROM fix_time_days WHERE day = ${day}::date`.execute(tx);
  await sql`
    WITH ended AS MATERIALIZED (
      SELECT h.host_id, h.software_id, h.installed_at, h.removed_at FROM host_software_history h
      WHERE h.removed_at >= ${from} AND h.removed_at < ${until} AND h.event IN ('updated', 'removed') AND h.removed_at > h.installed_at
    ), software AS MATERIALIZED (SELECT DISTINCT software_id FROM ended), opened AS MATERIALIZED (
      SELECT ms.software_id, f.vulnerability_id, f.opened_at, NULL::timestamptz AS closed_at
      FROM software s JOIN match_subjects ms ON ms.software_id = s.software_id JOIN findings f ON f.subject_id = ms.id
      UNION ALL
      SELECT c.software_id, c.vulnerability_id, c.opened_at, c.closed_at
      FROM closed_findings c WHERE c.reason = 'removed' AND c.software_id IN (SELECT software_id FROM software) AND c.closed_at >= ${from}
    )
    INSERT INTO fix_time_days (day, severity, hours, fixed_count)
    SELECT ${day}::date, v.severity, round(fixed.seconds / 3600)::integer, count(*)::integer
    FROM (
      SELECT e.host_id, o.vulnerability_id, min(extract(epoch FROM e.removed_at - greatest(e.installed_at, o.opened_at))) AS seconds
      FROM ended e JOIN opened o ON o.software_id = e.software_id
      WHERE o.opened_at <= e.removed_at
        -- the sweep closes a finding some time after its last host is gone
        AND (o.closed_at IS NULL OR e.removed_at <= o.closed_at)
      GROUP BY 1, 2
    ) fixed JOIN vulnerabilities v ON v.id = fixed.vulnerability_id GROUP BY 2, 3`.execute(tx);
  await sql`
    INSERT INTO fix_time_days_counted (day, counted_at) VALUES (${day}::date, ${now})
    ON CONFLICT (day) DO UPDATE SET counted_at = EXCLUDED.counted_at`.execute(tx);
}

/** Adds the days up: how many fixes, and the middle one's time. Days before the last `days` ones are forgotten. */
export async function fixTimesSumInTx(tx: Database, now: Date, days: number): Promise<void> {
  await sql`LOCK TABLE fix_times IN SHARE ROW EXCLUSIVE MODE`.execute(tx);
  const old = sql`day < (${now}::timestamptz AT TIME ZONE 'UTC')::date - ${days}::integer`;
  await sql`DELETE FROM fix_time_days WHERE ${old}`.execute(tx);
  await sql`DELETE FROM fix_time_days_counted WHERE ${old}`.execute(tx);
  await tx.deleteFrom("fix_times").execute();
  await sql`
    INSERT INTO fix_times (severity, fixed_count, median_seconds, counted_at)
    SELECT severity, max(total)::integer, 3600 * min(hours) FILTER (WHERE until * 2 >= total), ${now}
    FROM (
      SELECT severity, hours, sum(n) OVER (PARTITION BY severity ORDER BY hours) AS until, sum(n) OVER (PARTITION BY severity) AS total
      FROM (SELECT severity, hours, sum(fixed_count) AS n FROM fix_time_days GROUP BY 1, 2) h
    ) x GROUP BY severity`.execute(tx);
}
